// SPDX-License-Identifier: Apache-2.0
/* -top: a row a line. */
#include "report/rows.h"
#include "report/state.h"

static const char *inline_mark(const struct graph_node *n)
{
	if (!n->has_inline)
		return "";
	return n->has_call ? " (partial-inline)" : " (inline)";
}

static void put_row(const struct report *r, const struct graph_node *n, int64_t *sum, FILE *out)
{
	struct row_text t;

	row_text(r, n, sum, &t);
	put_right(t.flat, 10, out);
	fprintf(out, " %s %s ", t.flat_percent, t.sum_percent);
	put_right(t.cum, 10, out);
	fprintf(out, " %s  %s%s\n", t.cum_percent, n->name, inline_mark(n));
}

int report_print_top(struct report *r, FILE *out, struct err *e)
{
	struct graph g;
	int64_t sum = 0;
	size_t i;
	int err = rows_build(&g, r, e);

	if (!err) {
		rows_print_header(&g, out);
		fprintf(out, "%10s %5s%% %5s%% %10s %5s%%\n", "flat", "flat", "sum", "cum", "cum");
	}
	for (i = 0; !err && i < g.order_cnt; i++)
		put_row(r, graph_node(&g, g.order[i]), &sum, out);
	graph_release(&g);
	return err;
}
