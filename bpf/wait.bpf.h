/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is remembered of a thread while it is off its CPU, and what it says when it is back. */
#ifndef EBPROF_BPF_WAIT_H
#define EBPROF_BPF_WAIT_H

#include "abi.h"
#include "kernel.h"

/* How it left its CPU. */
struct wait_start {
	__u64 since;     /* CLOCK_MONOTONIC ns when the thread left its CPU, 0 = it runs */
	__u64 run_delay; /* what it had waited for a CPU until then, ns */
	__u32 state;     /* task_struct.__state as it left: 0 = it could have gone on */
	__u32 throttled; /* its cgroup's limit took the CPU away */
	__u32 owner;     /* futex_owner() then */
	__u32 pad;
};

/* How it was woken (waker.bpf.c), with --wakers. */
struct wait_wake {
	__u64 since;   /* wait_start.since of the wait that it ended */
	__u64 woken;   /* how long that was until then, ns */
	__u64 related; /* sample_key.related: who it was */
	__u64 luck;    /* 32 bits: what decides whether the wait is kept */
};

/* How long the waits at one place of the thread were. */
struct wait_site {
	__u64 place; /* user pc and syscall; 0 = free */
	__u64 length; /* of the last wait there, ns, or what is left of a longer one before: a quarter less each time */
};

enum { WAIT_SITES = 4 }; /* by place: a power of two */

struct wait {
	struct wait_start start;
	struct wait_wake wake;
	/* Where the stack has to be taken before the wait's length is known: */
	struct wait_site sites[WAIT_SITES];
	__u64 place;    /* of the wait that is under way */
	__u64 expected; /* the stack was kept with probability expected / threshold; 0 = it was not */
	struct sample_key key; /* of the stack that was kept */
};

/* sched.bpf.c: of a task that the kernel vouches for; NULL: it has none, or there is no room for one. */
struct wait *wait_find(struct task_struct *task);
struct wait *wait_make(struct task_struct *task);
/* Do the kinds show waits of that reason, and --min, --max and --reason leave them in? */
bool wait_shown(__u32 reason);

/*
 * reason.bpf.c: what a task waits or waited for (enum wait_reason), which is still inside of it, and
 * the syscall (WAIT_TAG()).
 */
__u32 wait_reason(struct task_struct *task, const struct wait_start *w, __u64 *tag);
/*
 * owner.bpf.c: who has the lock that the current task, which blocks, waits for: a tid of its own PID
 * namespace, 0 = it is not told.
 */
__u32 futex_owner(struct task_struct *task);

#endif
