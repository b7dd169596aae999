// SPDX-License-Identifier: Apache-2.0
/* -top: a row a line, and on request what chance may have made of its shares. */
#include <errno.h>
#include <stdlib.h>

#include "base/err.h"
#include "report/rows.h"
#include "report/state.h"

static const char *inline_mark(const struct graph_node *n)
{
	if (!n->has_inline)
		return "";
	return n->has_call ? " (partial-inline)" : " (inline)";
}

static void put_interval(const struct report *r, const struct spread_sum *sum, FILE *out)
{
	struct stats_interval i = spread_share(sum, &r->spread.all);
	char text[64];

	snprintf(text, sizeof(text), "%.2f%%..%.2f%%", 100 * i.low, 100 * i.high);
	put_right(text, 17, out);
}

/* 'spread' is NULL where no intervals were asked for. */
static void put_row(const struct report *r, const struct graph_node *n,
                    const struct spread_row *spread, int64_t *sum, FILE *out)
{
	struct row_text t;

	row_text(r, n, sum, &t);
	put_right(t.flat, 10, out);
	fprintf(out, " %s %s ", t.flat_percent, t.sum_percent);
	put_right(t.cum, 10, out);
	fprintf(out, " %s ", t.cum_percent);
	if (spread) {
		put_interval(r, &spread->flat, out);
		put_interval(r, &spread->cum, out);
		fputc(' ', out);
	}
	fprintf(out, " %s%s\n", n->name, inline_mark(n));
}

static void put_rows(struct report *r, const struct graph *g, const struct spread_row *spread,
                     FILE *out)
{
	int64_t sum = 0;
	size_t i;

	rows_print_header(g, out);
	fprintf(out, "%10s %5s%% %5s%% %10s %5s%%", "flat", "flat", "sum", "cum", "cum");
	if (spread)
		fprintf(out, "%17s%17s", "95% of flat", "95% of cum");
	fputc('\n', out);
	for (i = 0; i < g->order_cnt; i++)
		put_row(r, graph_node(g, g->order[i]), spread ? &spread[g->order[i]] : NULL, &sum,
		        out);
}

int report_print_top(struct report *r, FILE *out, struct err *e)
{
	struct spread_row *spread = NULL;
	struct graph g;
	int err = rows_build(&g, r, e);

	if (!err && r->options->intervals) {
		spread = spread_rows(&r->spread, &g);
		err = spread ? 0 : err_set(e, -ENOMEM, "out of memory for intervals");
	}
	if (!err)
		put_rows(r, &g, spread, out);
	graph_release(&g);
	free(spread);
	return err;
}
