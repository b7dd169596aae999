// SPDX-License-Identifier: Apache-2.0
/* -tree and -peek: each row between those that call it and those that it calls. */
#include <errno.h>

#include "base/err.h"
#include "report/regexp.h"
#include "report/rows.h"
#include "report/state.h"

static const char rule[] =
	"----------------------------------------------------------+-------------\n";
static const char legend[] =
	"      flat  flat%   sum%        cum   cum%   calls calls% + context \t \t \n";

struct tree {
	struct report *r;
	struct graph g;
	struct graph_calls in, out;
	struct regexp *wanted; /* NULL = all */
	int64_t sum;
};

/* The calls of a row; 'side' is the one that is named. */
static void put_calls(struct tree *t, const struct graph_calls *c, uint32_t number, int64_t cum,
                      bool out, FILE *file)
{
	char value[UNITS_TEXT_MAX], percent[UNITS_PERCENT_MAX];
	const struct graph_edge *e;
	struct graph_node *other;
	size_t i;

	for (i = c->first[number]; i < c->first[number + 1]; i++) {
		e = c->items[i];
		other = graph_node(&t->g, out ? (uint32_t)e->ends : (uint32_t)(e->ends >> 32));
		report_value(t->r, e->weight, value);
		units_percent(e->weight, cum, percent);
		put_right(value, 50, file);
		fprintf(file, " %s |   %s%s\n", percent, graph_name(&t->g, other),
		        e->is_inline ? " (inline)" : "");
	}
}

static bool is_wanted(const struct tree *t, uint32_t number)
{
	return !t->wanted || regexp_match(t->wanted, graph_node(&t->g, number)->name);
}

static void put_node(struct tree *t, uint32_t number, FILE *out)
{
	struct graph_node *n = graph_node(&t->g, number);
	struct row_text text;

	if (!is_wanted(t, number))
		return;
	fputs(rule, out);
	put_calls(t, &t->in, number, graph_cum(n), false, out);
	row_text(t->r, n, &t->sum, &text);
	put_right(text.flat, 10, out);
	fprintf(out, " %s %s ", text.flat_percent, text.sum_percent);
	put_right(text.cum, 10, out);
	fprintf(out, " %s                | %s\n", text.cum_percent, n->name);
	put_calls(t, &t->out, number, graph_cum(n), true, out);
}

static void put_tree(struct tree *t, FILE *out)
{
	size_t i;

	rows_print_header(&t->g, out);
	fputs(rule, out);
	fputs(legend, out);
	for (i = 0; i < t->g.order_cnt; i++)
		put_node(t, t->g.order[i], out);
	if (t->g.order_cnt)
		fputs(rule, out);
}

/* Before anything is printed: is there something to print? */
static int find_wanted(struct tree *t, struct err *e)
{
	size_t i;

	t->wanted = regexp_new(t->r->options->pattern, "-peek", e);
	if (!t->wanted)
		return -EINVAL;
	for (i = 0; i < t->g.order_cnt; i++)
		if (is_wanted(t, t->g.order[i]))
			break;
	if (regexp_check(t->wanted, e))
		return -E2BIG;
	if (i == t->g.order_cnt)
		return err_set(e, -ENOENT, "no function matches '%.200s'", t->r->options->pattern);
	return 0;
}

int report_print_tree(struct report *r, FILE *out, struct err *e)
{
	struct tree t = { .r = r };
	int err = rows_build(&t.g, r, e);

	if (!err && r->options->view == REPORT_PEEK)
		err = find_wanted(&t, e);
	if (!err && (graph_calls_init(&t.in, &t.g, false) || graph_calls_init(&t.out, &t.g, true)))
		err = err_set(e, -ENOMEM, "out of memory for the rows of a report");
	if (!err)
		put_tree(&t, out);
	if (!err)
		err = regexp_check(t.wanted, e);
	graph_calls_release(&t.in);
	graph_calls_release(&t.out);
	regexp_free(t.wanted);
	graph_release(&t.g);
	return err;
}
