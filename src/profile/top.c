// SPDX-License-Identifier: Apache-2.0
/*
 * The heaviest functions. 'flat' is the weight of the samples whose leaf is the function, 'cum' of
 * those that have it anywhere, once each however often it calls itself. Who ended a wait does not count.
 */
#include "profile/profile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Both by name (a string's number): row + 1, and the last sample that was counted, + 1. */
struct top {
	const struct profile *p;
	uint32_t *row_of;
	size_t *seen_by;
	struct profile_top_row *rows;
	size_t cnt;
};

static struct profile_top_row *top_row(struct top *t, uint32_t name)
{
	if (!t->row_of[name]) {
		t->rows[t->cnt].name = name;
		t->row_of[name] = (uint32_t)++t->cnt;
	}
	return &t->rows[t->row_of[name] - 1];
}

static uint32_t line_name(const struct profile *p, const struct profile_location *l, size_t line)
{
	const struct profile_mapping *m;

	if (l->line_cnt)
		return profile_function(p, p->lines[l->line_first + line].function)->name;
	m = profile_mapping(p, l->mapping);
	return m ? m->file : 0;
}

static void add_location(struct top *t, size_t sample, const struct profile_location *l,
                         int64_t value)
{
	struct profile_top_row *row;
	size_t i = 0;
	uint32_t name;

	do {
		name = line_name(t->p, l, i);
		if (t->seen_by[name] == sample + 1)
			continue;
		t->seen_by[name] = sample + 1;
		row = top_row(t, name);
		row->cum = profile_sum(row->cum, value);
	} while (++i < l->line_cnt);
}

static void add_sample(struct top *t, size_t sample, size_t type)
{
	const struct profile_sample *s = &t->p->samples[sample];
	const uint32_t *stack = t->p->stacks + s->stack_first;
	int64_t value = t->p->values[s->value_first + type];
	size_t own = profile_own_stack(t->p, s), i;
	struct profile_top_row *leaf;

	for (i = own; i < s->stack_cnt; i++)
		add_location(t, sample, profile_location(t->p, stack[i]), value);
	if (own == s->stack_cnt)
		return;
	leaf = top_row(t, line_name(t->p, profile_location(t->p, stack[own]), 0));
	leaf->flat = profile_sum(leaf->flat, value);
}

static uint64_t size_of(int64_t v)
{
	return v < 0 ? -(uint64_t)v : (uint64_t)v;
}

static int by_weight(const void *a, const void *b, void *arg)
{
	const struct profile_top_row *x = a, *y = b;
	const struct profile *p = arg;

	if (size_of(x->flat) != size_of(y->flat))
		return size_of(x->flat) > size_of(y->flat) ? -1 : 1;
	if (size_of(x->cum) != size_of(y->cum))
		return size_of(x->cum) > size_of(y->cum) ? -1 : 1;
	return strcmp(profile_text(p, x->name), profile_text(p, y->name));
}

int profile_top(const struct profile *p, size_t type, struct profile_top_row **rows, size_t *cnt)
{
	struct top t = { .p = p };
	int err = -ENOMEM;
	size_t i;

	if (type >= p->type_cnt)
		return -EINVAL;
	t.row_of = calloc(p->strings.cnt, sizeof(*t.row_of));
	t.seen_by = calloc(p->strings.cnt, sizeof(*t.seen_by));
	t.rows = calloc(p->strings.cnt, sizeof(*t.rows));
	if (!t.row_of || !t.seen_by || !t.rows)
		goto out;
	for (i = 0; i < p->sample_cnt; i++)
		add_sample(&t, i, type);
	qsort_r(t.rows, t.cnt, sizeof(*t.rows), by_weight, (void *)p);
	*rows = t.rows;
	*cnt = t.cnt;
	t.rows = NULL;
	err = 0;
out:
	free(t.row_of);
	free(t.seen_by);
	free(t.rows);
	return err;
}
