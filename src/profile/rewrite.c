// SPDX-License-Identifier: Apache-2.0
/* Makes all samples of a profile anew: other stacks, other labels, fewer of them, or more. */
#include "profile/profile.h"

#include <stdlib.h>

#include "base/array.h"

/* Leaves 'p' without samples; ranges of none have an address all the same (build.c). */
static void clear_samples(struct profile *p)
{
	p->samples = NULL;
	p->sample_slots = NULL;
	p->sample_cnt = p->sample_cap = p->sample_slot_cnt = 0;
	p->stack_cnt = p->stack_cap = 0;
	p->label_cnt = p->label_cap = 0;
	p->value_cnt = p->value_cap = 0;
	p->stacks = array_reserve(NULL, &p->stack_cap, 1, sizeof(*p->stacks));
	p->labels = array_reserve(NULL, &p->label_cap, 1, sizeof(*p->labels));
	p->values = array_reserve(NULL, &p->value_cap, 1, sizeof(*p->values));
	p->failed |= !p->stacks || !p->labels || !p->values;
}

void profile_rewrite_samples(struct profile *p, profile_rewrite_fn *fn, void *arg)
{
	const struct profile old = *p;
	const struct profile_sample *s = old.samples;
	size_t i;

	clear_samples(p);
	for (i = 0; i < old.sample_cnt && !p->failed; i++, s++)
		fn(p,
		   &(struct profile_sample_view){
			   .number = i,
			   .stack = old.stacks + s->stack_first,
			   .stack_cnt = s->stack_cnt,
			   .labels = old.labels + s->label_first,
			   .label_cnt = s->label_cnt,
			   .values = old.values + s->value_first,
		   },
		   arg);
	free(old.samples);
	free(old.stacks);
	free(old.labels);
	free(old.values);
	free(old.sample_slots);
}
