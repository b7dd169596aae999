/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compilers do not say in the CFI that an epilogue has popped a register: its slot, which is below the
 * stack pointer then and so in no copy of the stack, counts on as the place of its value. But that is
 * the register itself.
 */
#ifndef EBPROF_TESTS_POPPED_H
#define EBPROF_TESTS_POPPED_H

#include "image.h"

/* The word at 'at', below the stack pointer, if the leaf's CFI says that a register was saved there. */
bool popped_read(struct image *image, const struct check_sample *s, uint64_t at, uint64_t *word);

#endif
