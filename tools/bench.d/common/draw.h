/* SPDX-License-Identifier: Apache-2.0 */
/* The same random numbers on every machine. */
#ifndef EBPROF_BENCH_DRAW_H
#define EBPROF_BENCH_DRAW_H

#include <stdint.h>

/* The next number below 'below' of the sequence that 'state' is in; it begins with any number but 0. */
uint64_t draw(uint64_t *state, uint64_t below);

#endif
