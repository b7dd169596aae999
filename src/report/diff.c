// SPDX-License-Identifier: Apache-2.0
#include "report/diff.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/err.h"
#include "report/graph.h"
#include "report/state.h"

int diff_init(struct diff *d, const struct report_options *options, bool absolute)
{
	*d = (struct diff){ .absolute = absolute, .options = options };
	return strings_init(&d->names);
}

void diff_release(struct diff *d)
{
	size_t i;

	for (i = 0; i < d->file_cnt; i++)
		free(d->files[i].values);
	free(d->files);
	free(d->rows);
	free(d->type);
	free(d->unit);
	strings_release(&d->names);
}

static int out_of_memory(struct err *e)
{
	return err_set(e, -ENOMEM, "out of memory for a difference");
}

/* The row of a name, and its value in this file; NULL = out of memory. */
static struct diff_row *row_of(struct diff *d, const char *name, double **value)
{
	struct diff_file *f = &d->files[d->file_cnt - 1];
	uint32_t number = strings_add(&d->names, name, strlen(name));
	struct diff_row *rows;
	double *values;

	if (!number)
		return NULL;
	rows = array_reserve(d->rows, &d->row_cap, number + 1, sizeof(*rows));
	if (!rows)
		return NULL;
	d->rows = rows;
	values = array_reserve(f->values, &f->cap, number + 1, sizeof(*values));
	if (!values)
		return NULL;
	f->values = values;
	f->cnt = number >= f->cnt ? number + 1 : f->cnt;
	*value = &values[number];
	return &rows[number];
}

/* 'scale' makes the values those of the first file's unit. */
static struct spread_sum scaled(const struct spread_sum *s, double scale)
{
	return (struct spread_sum){ s->value * scale, s->square * scale * scale };
}

static int add_rows(struct diff *d, const struct graph *g, const struct spread_row *spread,
                    double scale)
{
	struct diff_file *f = &d->files[d->file_cnt - 1];
	struct spread_sum sum;
	struct diff_row *row;
	double *value;
	size_t i;

	for (i = 0; i < g->nodes.cnt; i++) {
		sum = scaled(d->options->cum ? &spread[i].cum : &spread[i].flat, scale);
		if (!(sum.value > 0))
			continue;
		row = row_of(d, graph_name(g, graph_node(g, (uint32_t)i)), &value);
		if (!row)
			return -ENOMEM;
		*value += sum.value;
		spread_add(&row->sum[f->side], &sum);
	}
	return 0;
}

static int add_report(struct diff *d, struct report *r, double scale, struct err *e)
{
	struct spread_row *spread = NULL;
	struct graph g;
	int err = graph_build_rows(&g, r);

	if (!err)
		spread = spread_rows(&r->spread, &g);
	if (!spread || add_rows(d, &g, spread, scale))
		err = out_of_memory(e);
	graph_release(&g);
	free(spread);
	return err;
}

/* The unit in which the first file has the type is that of all: else '*scale' is changed. */
static int find_scale(struct diff *d, const struct report *r, double *scale, struct err *e)
{
	const char *unit;

	if (!d->type) {
		d->type = strdup(r->type_name);
		d->unit = strdup(r->type_unit);
	}
	if (!d->type || !d->unit)
		return out_of_memory(e);
	if (!units_compatible(d->unit, r->type_unit))
		return err_set(e, -EINVAL,
		               "the profiles measure different things: %.60s in '%.60s' and in "
		               "'%.60s'",
		               d->type, d->unit, r->type_unit);
	*scale = strcmp(d->unit, r->type_unit) != 0 ? units_scale(1, r->type_unit, d->unit, &unit)
	                                            : 1;
	return 0;
}

static int add_opened(struct diff *d, enum diff_side side, struct report *r, struct err *e)
{
	struct diff_file *f, *files;
	double scale = 1;
	int err = find_scale(d, r, &scale, e);

	if (err)
		return err;
	if (!(r->spread.all.value > 0))
		return err_set(e, -EINVAL, "there are no samples of '%.100s'", r->type_name);
	files = array_reserve(d->files, &d->file_cap, d->file_cnt + 1, sizeof(*files));
	if (!files)
		return out_of_memory(e);
	d->files = files;
	f = &files[d->file_cnt++];
	f->side = side;
	f->all = scaled(&r->spread.all, scale);
	spread_add(&d->all[side], &f->all);
	d->side_files[side]++;
	d->duration_ns[side] = profile_sum(d->duration_ns[side], r->p->duration_ns);
	return add_report(d, r, scale, e);
}

/* Of each file the same type: the first one's. */
int diff_add(struct diff *d, enum diff_side side, struct profile *p, struct err *e)
{
	struct report_options o = *d->options;
	struct report r;
	int err;

	o.intervals = true;
	if (d->type)
		o.sample_index = d->type;
	err = report_open(&r, p, &o, e);
	if (!err)
		err = add_opened(d, side, &r, e);
	report_close(&r);
	return err;
}

/* Out of the numbers' order from here on. */
static int compare_all(struct diff *d)
{
	struct stats_test *tests = calloc(d->row_cap + 1, sizeof(*tests));
	size_t i, n = 0;
	int err;

	if (!tests)
		return -ENOMEM;
	d->freedom = (double)d->file_cnt - DIFF_SIDES;
	d->quantile = stats_quantile(d->freedom > 0 ? d->freedom : INFINITY);
	for (i = 1; i < d->names.cnt; i++) {
		struct diff_row row = d->rows[i];

		row.name = strings_get(&d->names, (uint32_t)i);
		diff_compare(d, i, &row);
		tests[n] = (struct stats_test){ .p = row.p, .weight = row.part };
		d->rows[n++] = row;
	}
	d->row_cnt = n;
	err = stats_correct(tests, n);
	for (i = 0; !err && i < n; i++) {
		d->rows[i].p = tests[i].corrected;
		d->rows[i].is_significant = tests[i].corrected < 1 - STATS_LEVEL;
	}
	free(tests);
	return err;
}

static int by_change(const void *a, const void *b)
{
	const struct diff_row *x = a, *y = b;

	if (fabs(x->change) != fabs(y->change))
		return fabs(x->change) > fabs(y->change) ? -1 : 1;
	return strcmp(x->name, y->name);
}

int diff_finish(struct diff *d, struct err *e)
{
	if (compare_all(d))
		return out_of_memory(e);
	if (!d->row_cnt)
		return err_set(e, -EINVAL, "there is nothing to compare: no sample is left");
	qsort(d->rows, d->row_cnt, sizeof(*d->rows), by_change);
	return 0;
}

double diff_relative(const struct diff_row *row)
{
	double a = row->value[DIFF_A];

	return a > 0 ? row->change / a : INFINITY;
}
