// SPDX-License-Identifier: Apache-2.0
/*
 * Kind offcpu: where the time goes while threads do not run. Type names are those of Go's block
 * profile, and runnable for the wait for a CPU, so that no total mixes the two.
 */
#include "collect/collect.h"
#include "collect/sched.h"
#include "profile/profile.h"

static void describe(const struct collect_options *o, struct profile *p)
{
	profile_add_type(p, "contentions", "count");
	profile_add_type(p, "delay", "nanoseconds");
	profile_add_type(p, "runnable", "nanoseconds");
	p->default_type = profile_string(p, "delay");
	profile_set_period(p, "delay", "nanoseconds",
	                   o->sched.threshold_ns ? (int64_t)o->sched.threshold_ns : 1);
}

static void values(const struct sample_value *in, int64_t *out)
{
	out[0] = in->v[WAIT_CNT];
	out[1] = in->v[WAIT_BLOCKED];
	out[2] = in->v[WAIT_RUNNABLE];
}

const struct kind kind_offcpu = {
	.name = "offcpu",
	.help = "where time goes while threads do not run: blocked, or waiting for a CPU",
	.empty = "never waited",
	.id = KIND_offcpu,
	.recorded = KIND_offcpu,
	.reasons = ~0u,
	.source = &source_sched,
	.describe = describe,
	.values = values,
	.labels = sched_labels,
};
