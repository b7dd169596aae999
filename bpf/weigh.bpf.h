/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which waits are kept, and what those weigh (Horvitz and Thompson): one of length d with probability
 * p = min(1, d / t), and then each of its values divided by p. 't' is the threshold; it and every d
 * that is below it are below 2^32.
 */
#ifndef EBPROF_BPF_WEIGH_H
#define EBPROF_BPF_WEIGH_H

#include "abi.h"

/* Kept with probability d / threshold, by a random number of 32 bits. */
static __always_inline bool wait_kept_by(__u64 luck, __u64 d, __u64 t)
{
	return d >= t || luck * t < d << 32;
}

static __always_inline bool wait_kept(__u64 d, __u64 t)
{
	return wait_kept_by(bpf_get_prandom_u32(), d, t);
}

/* n × threshold / d, with threshold and d below 2^32. */
static __always_inline __u64 scaled(__u64 n, __u64 d, __u64 t)
{
	return n / d * t + n % d * t / d;
}

/*
 * One that was kept with probability d / threshold stands for the others too: its values are divided
 * by that.
 */
static __always_inline void wait_weigh(__u64 d, __u64 t, struct sample_value *v)
{
	if (d >= t)
		return;
	if (!d)
		d = 1;
	v->v[WAIT_BLOCKED] = scaled(v->v[WAIT_BLOCKED], d, t);
	v->v[WAIT_RUNNABLE] = scaled(v->v[WAIT_RUNNABLE], d, t);
	/* The count is rounded up as often as its fraction says. */
	v->v[WAIT_CNT] = v->v[WAIT_CNT] ? (t + bpf_get_prandom_u32() % d) / d : 0;
}

/*
 * Of a wait that was kept by 'luck', and woken after 'woken' of it: its two parts are kept and weighed
 * each by itself. What it was blocked by the length until the wake, for that is when its waker was
 * kept or not; so that part never lacks one.
 */
static __always_inline void wait_weigh_woken(__u64 luck, __u64 woken, __u64 d, __u64 t,
                                             struct sample_value *v)
{
	__s64 runnable = v->v[WAIT_RUNNABLE];

	if (wait_kept_by(luck, woken, t))
		wait_weigh(woken, t, v);
	else
		v->v[WAIT_CNT] = v->v[WAIT_BLOCKED] = 0;
	v->v[WAIT_RUNNABLE] = d < t ? scaled(runnable, d ? d : 1, t) : runnable;
}

#endif
