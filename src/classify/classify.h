/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a wait is, told from the names of its frames: an idle one (a worker, an event loop or a
 * helper of a runtime that has nothing to do), and by which primitive a futex is waited for.
 *
 * A stack's wait is the chain of functions from its leaf on that wait for whoever calls them
 * (primitive.c); what stands above the chain is the waiter. The wait is idle when the waiter is a
 * runtime's own idle function (idle.c) and no lock is in the chain. So no wait of the program's own
 * function is idle, and none of a function without a name.
 *
 * Runs once, after the locations have their names. Knows no BPF and no process.
 */
#ifndef EBPROF_CLASSIFY_CLASSIFY_H
#define EBPROF_CLASSIFY_CLASSIFY_H

#include <stddef.h>
#include <stdint.h>

#include "classify/primitive.h"

struct profile;

/* The root frame of idle waits. */
#define CLASSIFY_IDLE_FRAME "[idle]"

/*
 * The label of a futex wait, put on by who makes the sample: its number is the operation as it was
 * passed to the kernel, its unit CLASSIFY_FUTEX_UNIT (FUTEX_WAIT is 0). It is taken off, and
 * CLASSIFY_PRIMITIVE stands in its place, with the name of the primitive.
 */
#define CLASSIFY_FUTEX      "futex"
#define CLASSIFY_FUTEX_UNIT "operation"
#define CLASSIFY_PRIMITIVE  "primitive"

/*
 * The label of who has the lock, as the memory beside the futex says. It becomes CLASSIFY_HOLDER where that is
 * true: glibc keeps an owner there, other locks have something else; otherwise it is taken off.
 */
#define CLASSIFY_OWNER  "futex_owner"
#define CLASSIFY_HOLDER "holder"

/*
 * The label of a release: how many of the stack's frames are the releaser's. Those behind them are of one who
 * waited, and say what for. Both are taken off.
 */
#define CLASSIFY_RELEASE      "release"
#define CLASSIFY_RELEASE_UNIT "frames"

/* A sample that has this label with another text is no wait; without the label all are. */
#define CLASSIFY_STATE   "state"
#define CLASSIFY_BLOCKED "blocked"

/*
 * The sample type that is never idle: the time from the wake to the CPU. It is not the waiter's
 * idleness but what the next piece of work waits for, so it stays where it is in all modes.
 */
#define CLASSIFY_RUNNABLE "runnable"

enum classify_idle {
	CLASSIFY_IDLE_SHOW = 0, /* idle waits are as all others */
	CLASSIFY_IDLE_FOLD = 1, /* their stacks lie below the root frame [idle] */
	CLASSIFY_IDLE_HIDE = 2, /* they are left out */
};

struct classify_options {
	enum classify_idle idle;
	uint32_t primitives; /* futex waits to keep: bits 1 << enum primitive; 0 = all */
};

#define CLASSIFY_VALUES 8 /* sample types at most */

/* Sums by sample type, the same whatever the mode. */
struct classify_totals {
	int64_t idle[CLASSIFY_VALUES];  /* of the idle waits (0 for CLASSIFY_RUNNABLE) */
	int64_t other[CLASSIFY_VALUES]; /* of futex waits left out: not of options.primitives */
};

/* 0, -ENOMEM (the profile is spoilt), or -EINVAL: the profile has too many sample types. */
int classify_profile(struct profile *p, const struct classify_options *o,
                     struct classify_totals *totals);

#endif
