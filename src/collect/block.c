// SPDX-License-Identifier: Apache-2.0
/*
 * Kind block: where threads wait for each other, as Go's block profile shows it for goroutines. A view
 * on the waits of the source sched that are for a lock; from names and the futex operation each gets
 * the label primitive (src/classify/).
 */
#include "collect/collect.h"
#include "collect/sched.h"
#include "profile/profile.h"

static void describe(const struct collect_options *o, struct profile *p)
{
	profile_add_type(p, "contentions", "count");
	profile_add_type(p, "delay", "nanoseconds");
	profile_set_period(p, "contentions", "count", 1);
}

static void values(const struct sample_value *in, int64_t *out)
{
	out[0] = in->v[WAIT_CNT];
	out[1] = in->v[WAIT_BLOCKED];
}

static bool shows(const struct sample_key *key)
{
	return key->reason == REASON_LOCK;
}

/* src/classify/ takes the label futex off and puts primitive in its place. */
static size_t labels(const struct sample_key *key, struct kind_label *to)
{
	size_t n = sched_labels(key, to);

	if (WAIT_FUTEX(key->tag) >= 0)
		to[n++] = (struct kind_label){ .key = "futex",
			                       .num = WAIT_FUTEX(key->tag),
			                       .unit = "operation" };
	return n;
}

const struct kind kind_block = {
	.name = "block",
	.help = "where threads wait for each other: locks, conditions, semaphores",
	.empty = "never waited for a lock",
	.id = KIND_block,
	.recorded = KIND_offcpu,
	.source = &source_sched,
	.shows = shows,
	.reasons = 1u << REASON_LOCK,
	.describe = describe,
	.values = values,
	.labels = labels,
};
