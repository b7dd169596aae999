// SPDX-License-Identifier: Apache-2.0
/*
 * Kind cpu: where CPU time (or another event of the source tick) goes. Type names are those of Go's
 * runtime/pprof for time and of perf_data_converter for events.
 */
#include <stdio.h>

#include "collect/collect.h"
#include "collect/tick.h"
#include "profile/profile.h"

static void describe(const struct collect_options *o, struct profile *p)
{
	char type[64];

	if (o->event->is_time) {
		profile_add_type(p, "samples", "count");
		profile_add_type(p, "cpu", "nanoseconds");
		profile_set_period(p, "cpu", "nanoseconds",
		                   (int64_t)(o->period ? o->period : 1000000000 / o->freq_hz));
		return;
	}
	snprintf(type, sizeof(type), "%s_sample", o->event->name);
	profile_add_type(p, type, "count");
	snprintf(type, sizeof(type), "%s_event", o->event->name);
	profile_add_type(p, type, "count");
	p->default_type = profile_string(p, type);
	profile_set_period(p, o->event->name, "count", (int64_t)o->period);
}

static void values(const struct sample_value *in, int64_t *out)
{
	out[0] = in->v[0];
	out[1] = in->v[1];
}

const struct kind kind_cpu = {
	.name = "cpu",
	.help = "where CPU time goes (or another event, -e), on CPU",
	.empty = "used no CPU time",
	.id = KIND_cpu,
	.recorded = KIND_cpu,
	.source = &source_tick,
	.describe = describe,
	.values = values,
};
