/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which allocations are sampled: a Poisson process over bytes meets one of 'size' bytes with
 * probability 1 - e^(-size / rate). Each is decided by itself, so that there is no countdown to share
 * between threads and no first one that is different.
 */
#ifndef EBPROF_BPF_CHANCE_H
#define EBPROF_BPF_CHANCE_H

#include <linux/types.h>

#define CHANCE_ONE   (1ull << 32)
#define CHANCE_SMALL (1ull << 28) /* 1/16: what the series is good for */
#define CHANCE_HALVE 9            /* 22 / 2^9 is small */

/* 1 - e^-x to 2^-32 for x below 1/16; both in units of 2^-32. */
static __always_inline __u64 chance_small(__u64 x)
{
	__u64 x2 = x * x >> 32, x3 = x2 * x >> 32, x4 = x3 * x >> 32;

	return x - x2 / 2 + x3 / 6 - x4 / 24;
}

/* In units of 2^-32; the rate is below 2^32. */
static __always_inline __u64 chance_of(__u64 size, __u64 rate)
{
	__u64 x, rest;
	int i;

	if (rate <= 1 || size / 22 >= rate)
		return CHANCE_ONE;
	x = (size / rate << 32) + (size % rate << 32) / rate;
	if (x < CHANCE_SMALL)
		return chance_small(x);
	rest = CHANCE_ONE - chance_small(x >> CHANCE_HALVE);
#pragma unroll
	for (i = 0; i < CHANCE_HALVE; i++)
		rest = rest * rest >> 32;
	return CHANCE_ONE - rest;
}

#endif
