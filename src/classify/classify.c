// SPDX-License-Identifier: Apache-2.0
/*
 * All samples are judged (stack.c), then all are made anew when one is to change.
 */
#include "classify/classify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "classify/stack.h"
#include "profile/profile.h"

/* session/place.c has ebprof's own frames here too, from the start of the range on. */
#define OWN_FILE  "[ebprof]"
#define OWN_START 0x1000
#define OWN_LIMIT 0x2000
#define IDLE_AT   0xfff /* in that range */

struct verdict {
	struct stack_wait wait;
	bool is_futex;
	uint32_t own_cnt; /* frames of the sample itself */
};

struct classify {
	struct profile *profile;
	const struct classify_options *options;
	struct classify_totals *totals;
	struct stack_names names;
	struct verdict *verdicts; /* by sample */
	bool is_idle_type[CLASSIFY_VALUES];
	uint32_t futex_key, state_key, primitive_key, owner_key, holder_key, release_key,
		blocked;    /* strings */
	uint32_t idle_root; /* location */
	uint32_t *stack;
	struct profile_label *labels;
};

static const struct profile_label *label_of(const struct classify *c,
                                            const struct profile_sample *s, uint32_t key)
{
	const struct profile_label *l = c->profile->labels + s->label_first;
	size_t i;

	for (i = 0; i < s->label_cnt; i++)
		if (l[i].key == key)
			return &l[i];
	return NULL;
}

static void add_totals(const struct classify *c, const struct profile_sample *s,
                       const struct verdict *v, bool is_kept)
{
	const int64_t *values = c->profile->values + s->value_first;
	size_t i;

	for (i = 0; i < c->profile->type_cnt; i++) {
		if (!is_kept)
			c->totals->other[i] = profile_sum(c->totals->other[i], values[i]);
		else if (v->wait.idle && c->is_idle_type[i])
			c->totals->idle[i] = profile_sum(c->totals->idle[i], values[i]);
	}
}

static bool is_kept(const struct classify *c, const struct verdict *v)
{
	return !v->is_futex || !c->options->primitives ||
	       c->options->primitives & 1u << v->wait.primitive;
}

/* Sets the sample's verdict; true: the sample is to change. */
static bool judge(struct classify *c, size_t sample)
{
	const struct profile_sample *s = &c->profile->samples[sample];
	const struct profile_label *futex = label_of(c, s, c->futex_key);
	const struct profile_label *state = label_of(c, s, c->state_key);
	const struct profile_label *release = label_of(c, s, c->release_key);
	const uint32_t *stack = c->profile->stacks + s->stack_first;
	struct verdict *v = &c->verdicts[sample];

	if (state && state->str != c->blocked)
		return false;
	v->own_cnt = release ? (uint32_t)release->num : s->stack_cnt;
	v->wait = stack_judge(&c->names, stack + v->own_cnt, s->stack_cnt - v->own_cnt);
	if (v->wait.primitive == PRIMITIVE_UNKNOWN)
		v->wait = stack_judge(&c->names, stack, v->own_cnt);
	v->is_futex = futex != NULL;
	if (futex && v->wait.primitive == PRIMITIVE_UNKNOWN)
		v->wait.primitive = primitive_of_futex(futex->num);
	v->wait.has_owner |= futex && primitive_of_futex(futex->num) == PRIMITIVE_MUTEX;
	add_totals(c, s, v, is_kept(c, v));
	return v->is_futex || (v->wait.idle && c->options->idle != CLASSIFY_IDLE_SHOW);
}

/* The labels, with that of the primitive where that of the futex was; returns their number. */
static size_t put_labels(struct classify *c, const struct profile_sample_view *s,
                         const struct verdict *v)
{
	size_t i, n = 0;

	for (i = 0; i < s->label_cnt; i++) {
		if ((s->labels[i].key == c->owner_key && !v->wait.has_owner) ||
		    s->labels[i].key == c->release_key)
			continue;
		c->labels[n] = s->labels[i];
		if (s->labels[i].key == c->owner_key)
			c->labels[n].key = c->holder_key;
		else if (v->is_futex && s->labels[i].key == c->futex_key)
			c->labels[n] = (struct profile_label){
				.key = c->primitive_key,
				.str = profile_string(c->profile,
				                      primitive_text(v->wait.primitive)),
			};
		n++;
	}
	return n;
}

/* Adds those values of the sample that are (or are not) of idle types, unless all are 0. */
static void add_part(struct classify *c, const struct profile_sample_view *s, bool idle_types,
                     size_t stack_cnt, size_t label_cnt)
{
	int64_t values[CLASSIFY_VALUES] = { 0 };
	bool any = false;
	size_t i;

	for (i = 0; i < c->profile->type_cnt; i++) {
		if (c->is_idle_type[i] == idle_types)
			values[i] = s->values[i];
		any |= values[i] != 0;
	}
	if (any)
		profile_add_sample(c->profile, c->stack, stack_cnt, c->labels, label_cnt, values);
}

static void rewrite(struct profile *p, const struct profile_sample_view *s, void *arg)
{
	struct classify *c = arg;
	const struct verdict *v = &c->verdicts[s->number];
	size_t label_cnt;

	if (!is_kept(c, v))
		return;
	label_cnt = put_labels(c, s, v);
	if (!v->wait.idle || c->options->idle == CLASSIFY_IDLE_SHOW) {
		profile_add_sample(p, s->stack, v->own_cnt, c->labels, label_cnt, s->values);
		return;
	}
	memcpy(c->stack, s->stack, v->own_cnt * sizeof(*s->stack));
	add_part(c, s, false, v->own_cnt, label_cnt);
	if (c->options->idle == CLASSIFY_IDLE_HIDE)
		return;
	c->stack[v->own_cnt] = c->idle_root;
	add_part(c, s, true, v->own_cnt + 1, label_cnt);
}

static uint32_t own_mapping(struct profile *p)
{
	struct profile_mapping m = { .start = OWN_START, .limit = OWN_LIMIT };
	size_t i;

	for (i = 0; i < p->mapping_cnt; i++)
		if (!strcmp(profile_text(p, p->mappings[i].file), OWN_FILE))
			return (uint32_t)i + 1;
	m.file = profile_string(p, OWN_FILE);
	m.has_functions = true;
	return profile_place_mapping(p, &m);
}

static uint32_t idle_root(struct profile *p)
{
	uint32_t mapping = own_mapping(p);
	struct profile_line line = { .function = profile_add_function(p, CLASSIFY_IDLE_FRAME,
		                                                      CLASSIFY_IDLE_FRAME, "", 0) };

	if (p->failed)
		return 0;
	return profile_add_named_location(p, mapping, profile_mapping(p, mapping)->start + IDLE_AT,
	                                  false, &line, 1);
}

static int prepare(struct classify *c)
{
	struct profile *p = c->profile;
	size_t frames = 0, labels = 0, i;

	for (i = 0; i < p->type_cnt; i++)
		c->is_idle_type[i] =
			strcmp(profile_text(p, p->types[i].type), CLASSIFY_RUNNABLE) != 0;
	for (i = 0; i < p->sample_cnt; i++) {
		frames = frames > p->samples[i].stack_cnt ? frames : p->samples[i].stack_cnt;
		labels = labels > p->samples[i].label_cnt ? labels : p->samples[i].label_cnt;
	}
	c->futex_key = profile_string(p, CLASSIFY_FUTEX);
	c->primitive_key = profile_string(p, CLASSIFY_PRIMITIVE);
	c->owner_key = profile_string(p, CLASSIFY_OWNER);
	c->holder_key = profile_string(p, CLASSIFY_HOLDER);
	c->release_key = profile_string(p, CLASSIFY_RELEASE);
	c->state_key = profile_string(p, CLASSIFY_STATE);
	c->blocked = profile_string(p, CLASSIFY_BLOCKED);
	c->verdicts = calloc(p->sample_cnt + 1, sizeof(*c->verdicts));
	c->stack = calloc(frames + 1, sizeof(*c->stack));
	c->labels = calloc(labels + 1, sizeof(*c->labels));
	if (p->failed || !c->verdicts || !c->stack || !c->labels)
		return -ENOMEM;
	return stack_names_init(&c->names, p);
}

/* Judges all samples, then changes them. */
static int run(struct classify *c)
{
	bool changes = false, any_idle = false;
	size_t i;
	int err = prepare(c);

	if (err)
		return err;
	for (i = 0; i < c->profile->sample_cnt; i++) {
		changes |= judge(c, i);
		any_idle |= c->verdicts[i].wait.idle != 0;
	}
	if (!changes)
		return 0;
	if (any_idle && c->options->idle == CLASSIFY_IDLE_FOLD)
		c->idle_root = idle_root(c->profile);
	if (!c->profile->failed)
		profile_rewrite_samples(c->profile, rewrite, c);
	return c->profile->failed ? -ENOMEM : 0;
}

int classify_profile(struct profile *p, const struct classify_options *o,
                     struct classify_totals *totals)
{
	struct classify c = { .profile = p, .options = o, .totals = totals };
	int err;

	memset(totals, 0, sizeof(*totals));
	if (p->type_cnt > CLASSIFY_VALUES)
		return -EINVAL;
	err = run(&c);
	stack_names_release(&c.names);
	free(c.verdicts);
	free(c.stack);
	free(c.labels);
	return err;
}
