// SPDX-License-Identifier: Apache-2.0
/*
 * Kind waiters: the other side of mutex, and the part of block that is for locks: the stacks that wait
 * for one.
 */
#include "collect/collect.h"
#include "collect/lock.h"

const struct kind kind_waiters = {
	.name = "waiters",
	.help = "the other side of mutex: the stacks that wait for the lock (mutex --waiters)",
	.empty = "never waited for a mutex, rwlock or GIL",
	.id = KIND_waiters,
	.recorded = KIND_offcpu,
	.source = &source_sched,
	.shows = lock_waits,
	.reasons = 1u << REASON_LOCK,
	.owners = true,
	.locks = true,
	.describe = lock_describe,
	.values = lock_values,
	.labels = lock_wait_labels,
};
