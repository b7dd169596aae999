// SPDX-License-Identifier: Apache-2.0
/*
 * Kind heap: what is allocated, and what of it is in use, by the stacks that allocated it. The four types
 * are Go's; sampled blocks are made into all of them as Go does (runtime/pprof/protomem.go
 * scaleHeapSample): one of 'size' bytes was met with probability 1 - e^(-size / rate).
 */
#include <math.h>

#include "collect/alloc.h"
#include "collect/collect.h"
#include "profile/profile.h"

static void describe(const struct collect_options *o, struct profile *p)
{
	profile_add_type(p, "alloc_objects", "count");
	profile_add_type(p, "alloc_space", "bytes");
	profile_add_type(p, "inuse_objects", "count");
	profile_add_type(p, "inuse_space", "bytes");
	if (o->alloc_type)
		p->default_type = profile_string(p, o->alloc_type);
	profile_set_period(p, "space", "bytes", (int64_t)o->alloc_rate);
}

/* Blocks of one size: scale() knows it. */
static void values(const struct sample_value *in, int64_t *out)
{
	out[0] = in->v[ALLOC_CNT];
	out[2] = in->v[ALLOC_CNT] - in->v[ALLOC_FREED];
}

static void scale(const struct collect_options *o, const struct sample_key *key, int64_t *values)
{
	double size = (double)key->tag, factor = 1;

	if (o->alloc_rate > 1)
		factor = -1 / expm1(-size / (double)o->alloc_rate);
	values[1] = llround((double)values[0] * size * factor);
	values[3] = llround((double)values[2] * size * factor);
	values[0] = llround((double)values[0] * factor);
	values[2] = llround((double)values[2] * factor);
}

static size_t labels(const struct sample_key *key, struct kind_label *to)
{
	to[0] = (struct kind_label){ .key = "bytes", .num = (int64_t)key->tag };
	return 1;
}

const struct kind kind_heap = {
	.name = "heap",
	.help = "what programs allocate, and what of it is in use",
	.empty = "allocated nothing that was sampled",
	.id = KIND_heap,
	.recorded = KIND_heap,
	.source = &source_alloc,
	.describe = describe,
	.values = values,
	.scale = scale,
	.labels = labels,
};
