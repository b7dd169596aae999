/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How long the waiters of one lock have waited in all: the integral of their number. One word holds the
 * sum of (end - start) over its waits, where one that goes on has no end yet, and in its low bits how
 * many go on; n × now more is the integral. So it changes by one addition where a wait begins or ends,
 * in any order and on any CPU, and no lock is taken (old kernels refuse them in programs, and additions
 * that return what was there). Times are in ticks, modulo 2^48: differences of up to 208 days are right.
 */
#ifndef EBPROF_BPF_LOCK_H
#define EBPROF_BPF_LOCK_H

#include "abi.h"

enum {
	LOCK_TICK = 8,   /* a tick is 2^8 ns */
	LOCK_COUNT = 16, /* bits of the number of waiters: no more fit in the map lock_waits */
};

struct lock {
	__u64 tag;      /* which lock it is; 0 = none yet */
	__u64 sum;      /* see above */
	__u64 charged;  /* ticks of the integral that releases have been charged with */
	__u64 releaser; /* the thread that woke several waiters of it last, */
	__u64 released; /* and when: CLOCK_MONOTONIC, ns */
	__u64 waiter;   /* the user stack of a waiter: its id, */
	__u64 seen;     /* and when it was taken */
};

static __always_inline void lock_start(struct lock *l, __u64 ns)
{
	__sync_fetch_and_add(&l->sum, 1 - ((ns >> LOCK_TICK) << LOCK_COUNT));
}

static __always_inline void lock_end(struct lock *l, __u64 ns)
{
	__sync_fetch_and_add(&l->sum, ((ns >> LOCK_TICK) << LOCK_COUNT) - 1);
}

static __always_inline bool lock_is_waited_for(const struct lock *l)
{
	return *(const volatile __u64 *)&l->sum & ((1 << LOCK_COUNT) - 1);
}

/*
 * What is charged to a release now, ns: the integral since what was charged before. Of two releases at
 * the same moment both may be charged with the same; the next is charged with that much less, so that
 * the sum is that of the waits.
 */
static __always_inline __u64 lock_charge(struct lock *l, __u64 ns)
{
	__u64 sum = *(volatile __u64 *)&l->sum, now = ns >> LOCK_TICK;
	__s64 ticks;

	sum = (sum >> LOCK_COUNT) + (sum & ((1 << LOCK_COUNT) - 1)) * now - l->charged;
	ticks = (__s64)(sum << LOCK_COUNT) >> LOCK_COUNT;
	if (ticks <= 0)
		return 0;
	__sync_fetch_and_add(&l->charged, ticks);
	return (__u64)ticks << LOCK_TICK;
}

#endif
