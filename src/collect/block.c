// SPDX-License-Identifier: Apache-2.0
/*
 * Kind block: where threads wait for each other, as Go's block profile shows it for goroutines. A view
 * on the waits of the source sched that are for a lock; from names and the futex operation each gets
 * the label primitive (src/classify/).
 */
#include "collect/collect.h"
#include "collect/lock.h"

const struct kind kind_block = {
	.name = "block",
	.help = "where threads wait for each other: locks, conditions, semaphores",
	.empty = "never waited for a lock",
	.id = KIND_block,
	.recorded = KIND_offcpu,
	.source = &source_sched,
	.shows = lock_waits,
	.reasons = 1u << REASON_LOCK,
	.owners = true,
	.describe = lock_describe,
	.values = lock_values,
	.labels = lock_wait_labels,
};
