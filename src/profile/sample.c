// SPDX-License-Identifier: Apache-2.0
/* Adds samples: one for each (stack, labels), found by its hash. */
#include "profile/profile.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

_Static_assert(sizeof(struct profile_label) == 24, "struct profile_label has a hole");

int64_t profile_sum(int64_t a, int64_t b)
{
	int64_t sum;

	if (!__builtin_add_overflow(a, b, &sum))
		return sum;
	return a < 0 ? INT64_MIN : INT64_MAX;
}

int64_t profile_total(const struct profile *p, size_t type)
{
	int64_t total = 0;
	size_t i;

	if (type >= p->type_cnt)
		return 0;
	for (i = 0; i < p->sample_cnt; i++)
		total = profile_sum(total, p->values[p->samples[i].value_first + type]);
	return total;
}

static bool same_sample(const struct profile *p, const struct profile_sample *a,
                        const struct profile_sample *b)
{
	return a->hash == b->hash && a->stack_cnt == b->stack_cnt && a->label_cnt == b->label_cnt &&
	       !memcmp(p->stacks + a->stack_first, p->stacks + b->stack_first,
	               a->stack_cnt * sizeof(*p->stacks)) &&
	       !memcmp(p->labels + a->label_first, p->labels + b->label_first,
	               a->label_cnt * sizeof(*p->labels));
}

/* The slot of the equal sample, or the free one where 's' belongs. */
static uint32_t *slot_of(const struct profile *p, const struct profile_sample *s)
{
	size_t i = s->hash & (p->sample_slot_cnt - 1);

	while (p->sample_slots[i] && !same_sample(p, &p->samples[p->sample_slots[i] - 1], s))
		i = (i + 1) & (p->sample_slot_cnt - 1);
	return &p->sample_slots[i];
}

/* Doubles the slots when half of them are taken. The samples differ: no look at their stacks. */
static bool grow_slots(struct profile *p)
{
	size_t n = p->sample_slot_cnt ? p->sample_slot_cnt * 2 : 64, i, at;
	uint32_t *slots;

	if ((p->sample_cnt + 1) * 2 <= p->sample_slot_cnt)
		return true;
	slots = p->sample_cnt < UINT32_MAX ? calloc(n, sizeof(*slots)) : NULL;
	if (!slots)
		return false;
	for (i = 0; i < p->sample_cnt; i++) {
		for (at = p->samples[i].hash & (n - 1); slots[at];)
			at = (at + 1) & (n - 1);
		slots[at] = (uint32_t)i + 1;
	}
	free(p->sample_slots);
	p->sample_slots = slots;
	p->sample_slot_cnt = n;
	return true;
}

/* Room for one more sample with so many frames and labels. */
static bool grow(struct profile *p, size_t stack_cnt, size_t label_cnt)
{
	void *stacks = array_reserve(p->stacks, &p->stack_cap, p->stack_cnt + stack_cnt,
	                             sizeof(*p->stacks));
	void *labels = array_reserve(p->labels, &p->label_cap, p->label_cnt + label_cnt,
	                             sizeof(*p->labels));
	void *values = array_reserve(p->values, &p->value_cap, p->value_cnt + p->type_cnt,
	                             sizeof(*p->values));
	void *samples =
		array_reserve(p->samples, &p->sample_cap, p->sample_cnt + 1, sizeof(*p->samples));

	p->stacks = stacks ? stacks : p->stacks;
	p->labels = labels ? labels : p->labels;
	p->values = values ? values : p->values;
	p->samples = samples ? samples : p->samples;
	return stacks && labels && values && samples;
}

static void put_labels(struct profile *p, const struct profile_label *labels, size_t cnt)
{
	size_t i;

	for (i = 0; i < cnt; i++) {
		p->labels[p->label_cnt + i] = labels[i];
		p->labels[p->label_cnt + i].pad = 0;
	}
}

/* Behind the last sample, to become one when it is to stay. */
static bool put_sample(struct profile *p, struct profile_sample *s, const uint32_t *stack,
                       const struct profile_label *labels)
{
	if (p->failed || !grow(p, s->stack_cnt, s->label_cnt)) {
		p->failed = true;
		return false;
	}
	if (s->stack_cnt)
		memcpy(p->stacks + s->stack_first, stack, s->stack_cnt * sizeof(*stack));
	put_labels(p, labels, s->label_cnt);
	s->hash =
		hash_bytes(p->stacks + s->stack_first, s->stack_cnt * sizeof(*stack), s->label_cnt);
	s->hash = hash_bytes(p->labels + s->label_first, s->label_cnt * sizeof(*labels), s->hash);
	return true;
}

static void keep_sample(struct profile *p, const struct profile_sample *s)
{
	p->samples[p->sample_cnt++] = *s;
	p->stack_cnt += s->stack_cnt;
	p->label_cnt += s->label_cnt;
	memset(p->values + p->value_cnt, 0, p->type_cnt * sizeof(*p->values));
	p->value_cnt += p->type_cnt;
}

void profile_add_sample(struct profile *p, const uint32_t *stack, size_t stack_cnt,
                        const struct profile_label *labels, size_t label_cnt, const int64_t *values)
{
	struct profile_sample s = { .stack_first = p->stack_cnt,
		                    .stack_cnt = stack_cnt,
		                    .label_first = p->label_cnt,
		                    .label_cnt = label_cnt,
		                    .value_first = p->value_cnt };
	int64_t *sums;
	uint32_t *slot;
	size_t i;

	if (!put_sample(p, &s, stack, labels))
		return;
	if (!grow_slots(p)) {
		p->failed = true;
		return;
	}
	slot = slot_of(p, &s);
	if (!*slot) {
		keep_sample(p, &s);
		*slot = (uint32_t)p->sample_cnt;
	}
	sums = p->values + p->samples[*slot - 1].value_first;
	for (i = 0; i < p->type_cnt; i++)
		sums[i] = profile_sum(sums[i], values[i]);
}

void profile_append_sample(struct profile *p, const uint32_t *stack, size_t stack_cnt,
                           const struct profile_label *labels, size_t label_cnt,
                           const int64_t *values)
{
	struct profile_sample s = { .stack_first = p->stack_cnt,
		                    .stack_cnt = stack_cnt,
		                    .label_first = p->label_cnt,
		                    .label_cnt = label_cnt,
		                    .value_first = p->value_cnt };

	if (!put_sample(p, &s, stack, labels))
		return;
	keep_sample(p, &s);
	memcpy(p->values + s.value_first, values, p->type_cnt * sizeof(*values));
}
