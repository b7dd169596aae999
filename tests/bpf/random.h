/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that are the same in every run: a test sets the seed (not 0). */
#ifndef TESTS_BPF_RANDOM_H
#define TESTS_BPF_RANDOM_H

#include <stdint.h>

static uint64_t seed;

/* xorshift64* (Vigna 2016), the upper half */
static uint32_t next_random(void)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return (uint32_t)(seed * 0x2545f4914f6cdd1dull >> 32);
}

#endif
