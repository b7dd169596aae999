// SPDX-License-Identifier: Apache-2.0
#include "format/pprof_order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "profile/profile.h"

static int by_number(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int by_signed(int64_t a, int64_t b)
{
	return a < b ? -1 : a > b;
}

static int by_string(const struct profile *p, uint32_t a, uint32_t b)
{
	return a == b ? 0 : strcmp(profile_text(p, a), profile_text(p, b));
}

static int by_mapping(const void *a, const void *b, void *arg)
{
	const struct pprof_order *o = arg;
	uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
	const struct profile_mapping *x = &o->p->mappings[i], *y = &o->p->mappings[j];
	int d = by_string(o->p, x->file, y->file);

	if (!i || !j)
		return by_number(i, j);
	d = d ? d : by_string(o->p, x->build_id, y->build_id);
	d = d ? d : by_number(x->offset, y->offset);
	d = d ? d : by_number(x->start, y->start);
	return d ? d : by_number(i, j);
}

static int by_function(const void *a, const void *b, void *arg)
{
	const struct pprof_order *o = arg;
	const struct profile_function *x = table_at(&o->p->functions, *(const uint32_t *)a);
	const struct profile_function *y = table_at(&o->p->functions, *(const uint32_t *)b);
	int d = by_string(o->p, x->name, y->name);

	d = d ? d : by_string(o->p, x->system_name, y->system_name);
	d = d ? d : by_string(o->p, x->filename, y->filename);
	return d ? d : by_signed(x->start_line, y->start_line);
}

static int by_lines(const struct pprof_order *o, const struct profile_location *x,
                    const struct profile_location *y)
{
	const struct profile_line *l = o->p->lines + x->line_first;
	const struct profile_line *m = o->p->lines + y->line_first;
	size_t i;
	int d = 0;

	for (i = 0; !d && i < x->line_cnt && i < y->line_cnt; i++) {
		d = by_number(o->functions.ids[l[i].function - 1],
		              o->functions.ids[m[i].function - 1]);
		d = d ? d : by_signed(l[i].line, m[i].line);
		d = d ? d : by_number(l[i].column, m[i].column);
	}
	return d ? d : by_number(x->line_cnt, y->line_cnt);
}

static int by_location(const void *a, const void *b, void *arg)
{
	const struct pprof_order *o = arg;
	const struct profile_location *x = table_at(&o->p->locations, *(const uint32_t *)a);
	const struct profile_location *y = table_at(&o->p->locations, *(const uint32_t *)b);
	int d = by_number(x->mapping ? o->mappings.ids[x->mapping - 1] : 0,
	                  y->mapping ? o->mappings.ids[y->mapping - 1] : 0);

	d = d ? d : by_number(x->address, y->address);
	d = d ? d : by_number(x->is_folded, y->is_folded);
	d = d ? d : by_lines(o, x, y);
	return d ? d : by_number(*(const uint32_t *)a, *(const uint32_t *)b);
}

/* From the root, so that what is called together is written together. */
static int by_stack(const struct pprof_order *o, const struct profile_sample *x,
                    const struct profile_sample *y)
{
	const uint32_t *s = o->p->stacks + x->stack_first, *t = o->p->stacks + y->stack_first;
	size_t i = x->stack_cnt, j = y->stack_cnt;

	for (; i && j; i--, j--)
		if (s[i - 1] != t[j - 1])
			return by_number(o->locations.ids[s[i - 1] - 1],
			                 o->locations.ids[t[j - 1] - 1]);
	return by_number(i, j);
}

static int by_labels(const struct pprof_order *o, const struct profile_sample *x,
                     const struct profile_sample *y)
{
	const struct profile_label *l = o->p->labels + x->label_first;
	const struct profile_label *m = o->p->labels + y->label_first;
	size_t i;
	int d = 0;

	for (i = 0; !d && i < x->label_cnt && i < y->label_cnt; i++) {
		d = by_string(o->p, l[i].key, m[i].key);
		d = d ? d : by_string(o->p, l[i].str, m[i].str);
		d = d ? d : by_signed(l[i].num, m[i].num);
		d = d ? d : by_string(o->p, l[i].unit, m[i].unit);
	}
	return d ? d : by_number(x->label_cnt, y->label_cnt);
}

static int by_sample(const void *a, const void *b, void *arg)
{
	const struct pprof_order *o = arg;
	uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
	const struct profile_sample *x = &o->p->samples[i], *y = &o->p->samples[j];
	int d = by_stack(o, x, y);

	d = d ? d : by_labels(o, x, y);
	return d ? d : by_number(i, j);
}

static int permute(struct permutation *t, size_t cnt, struct pprof_order *o,
                   int (*compare)(const void *, const void *, void *))
{
	size_t i;

	t->cnt = cnt;
	t->order = calloc(cnt + 1, sizeof(*t->order));
	t->ids = calloc(cnt + 1, sizeof(*t->ids));
	if (!t->order || !t->ids)
		return -ENOMEM;
	for (i = 0; i < cnt; i++)
		t->order[i] = (uint32_t)i;
	qsort_r(t->order, cnt, sizeof(*t->order), compare, o);
	for (i = 0; i < cnt; i++)
		t->ids[t->order[i]] = (uint32_t)i + 1;
	return 0;
}

int pprof_order_init(struct pprof_order *o, const struct profile *p)
{
	memset(o, 0, sizeof(*o));
	o->p = p;
	if (permute(&o->mappings, p->mapping_cnt, o, by_mapping) ||
	    permute(&o->functions, p->functions.cnt, o, by_function) ||
	    permute(&o->locations, p->locations.cnt, o, by_location) ||
	    permute(&o->samples, p->sample_cnt, o, by_sample)) {
		pprof_order_release(o);
		return -ENOMEM;
	}
	return 0;
}

static void permutation_release(struct permutation *t)
{
	free(t->order);
	free(t->ids);
}

void pprof_order_release(struct pprof_order *o)
{
	permutation_release(&o->mappings);
	permutation_release(&o->functions);
	permutation_release(&o->locations);
	permutation_release(&o->samples);
	memset(o, 0, sizeof(*o));
}
