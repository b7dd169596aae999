// SPDX-License-Identifier: Apache-2.0
#include "report/rows.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "report/state.h"

static int64_t smaller(int64_t least, int64_t value)
{
	return value > 0 && (!least || value < least) ? value : least;
}

/*
 * One unit for all rows: that of the smallest, or, when the total has another one and is more than 100
 * times as much, that in which the smallest is 0.01 or more.
 */
static void choose_unit(struct report *r, const struct graph *g)
{
	double ratio = 1 / r->options->divide_by;
	int64_t least = 0, most = r->total;
	const char *low, *high;
	struct graph_node *n;
	size_t i;

	if (strcmp(r->unit, "minimum") != 0 || !g->order_cnt)
		return;
	for (i = 0; i < g->order_cnt; i++) {
		n = graph_node(g, g->order[i]);
		least = smaller(least,
		                graph_flat(n) ? size_of(graph_flat(n)) : size_of(graph_cum(n)));
	}
	least = least ? least : most;
	if (ratio > 0 && ratio != 1) {
		least = report_scaled(least, ratio);
		most = report_scaled(most, ratio);
	}
	units_scale(least, r->type_unit, "minimum", &low);
	units_scale(most, r->type_unit, "minimum", &high);
	if (strcmp(low, high) != 0 && (int64_t)((uint64_t)least * 100) < most)
		units_scale(100 * least, r->type_unit, "minimum", &low);
	r->unit = *low ? low : r->type_unit;
}

int rows_build(struct graph *g, struct report *r, struct err *e)
{
	int err = graph_build(g, r);

	if (err)
		return err_set(e, err, "out of memory for the rows of a report");
	choose_unit(r, g);
	return 0;
}

void rows_print_header(const struct graph *g, FILE *out)
{
	struct report_counts c = { .shown = g->order_cnt,
		                   .original = g->original,
		                   .dropped = g->dropped };
	size_t i;

	for (i = 0; i < g->order_cnt; i++)
		c.shown_total = wrapping_sum(c.shown_total, graph_flat(graph_node(g, g->order[i])));
	report_print_header(g->r, &c, out);
}

void row_text(const struct report *r, const struct graph_node *n, int64_t *sum, struct row_text *t)
{
	int64_t flat = graph_flat(n), cum = graph_cum(n);

	*sum = wrapping_sum(*sum, flat);
	report_value(r, flat, t->flat);
	report_value(r, cum, t->cum);
	units_percent(flat, r->total, t->flat_percent);
	units_percent(cum, r->total, t->cum_percent);
	units_percent(*sum, r->total, t->sum_percent);
}

void put_right(const char *text, int width, FILE *out)
{
	const char *p;

	for (p = text; *p; p++)
		width -= (*p & 0xc0) != 0x80;
	fprintf(out, "%*s%s", width > 0 ? width : 0, "", text);
}

void put_value(const struct report *r, int64_t value, bool dots, FILE *out)
{
	char text[UNITS_TEXT_MAX];

	report_value(r, value, text);
	put_right(value || !dots ? text : ".", 10, out);
	fputc(' ', out);
}
