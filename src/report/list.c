// SPDX-License-Identifier: Apache-2.0
/* -list: the source of each function that matches, from its first line (or some before the first weight) on. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "report/graph.h"
#include "report/harmless.h"
#include "report/regexp.h"
#include "report/rows.h"
#include "report/source.h"
#include "report/state.h"

/* Lines before the first weight, where a function's first line is not known, and behind the last one. */
enum { MARGIN = 5 };

/* No source has more lines; what a profile says may be any number. */
#define LINE_MAX_NUMBER (1ll << 40)

struct list {
	struct report *r;
	struct graph g;
	struct regexp *wanted;
	uint32_t *rows; /* of functions that match: by function, file and line */
	size_t row_cnt;
};

static int64_t line_of(const struct graph_node *n)
{
	if (n->info.line < 0)
		return 0;
	return n->info.line < LINE_MAX_NUMBER ? n->info.line : LINE_MAX_NUMBER;
}

static int by_text(const struct profile *p, uint32_t a, uint32_t b)
{
	return a == b ? 0 : strcmp(profile_text(p, a), profile_text(p, b));
}

static int by_place(const void *a, const void *b, void *arg)
{
	const struct list *l = arg;
	const struct graph_node *x = graph_node(&l->g, *(const uint32_t *)a);
	const struct graph_node *y = graph_node(&l->g, *(const uint32_t *)b);
	int order = by_text(l->r->p, x->info.name, y->info.name);

	if (!order)
		order = by_text(l->r->p, x->info.file, y->info.file);
	if (order)
		return order;
	return (line_of(x) > line_of(y)) - (line_of(x) < line_of(y));
}

static int find_rows(struct list *l, struct err *e)
{
	struct graph_node *n;
	size_t i;

	l->wanted = regexp_new(l->r->options->pattern, "-list", e);
	if (!l->wanted)
		return -EINVAL;
	l->rows = malloc((l->g.order_cnt + 1) * sizeof(*l->rows));
	if (!l->rows)
		return err_set(e, -ENOMEM, "out of memory for a report");
	for (i = 0; i < l->g.order_cnt; i++) {
		n = graph_node(&l->g, l->g.order[i]);
		if (regexp_match(l->wanted, profile_text(l->r->p, n->info.name)))
			l->rows[l->row_cnt++] = l->g.order[i];
	}
	if (regexp_check(l->wanted, e))
		return -E2BIG;
	if (!l->row_cnt)
		return err_set(e, -ENOENT, "no function matches '%.200s'", l->r->options->pattern);
	qsort_r(l->rows, l->row_cnt, sizeof(*l->rows), by_place, l);
	return 0;
}

/* The rows of one function in one file: which lines are shown, and what they weigh in all. */
struct part {
	const uint32_t *rows;
	size_t cnt;
	int64_t first, last, flat, cum;
};

static void measure(const struct list *l, struct part *part)
{
	const struct graph_node *n;
	int64_t begin, line;
	size_t i;

	part->first = INT64_MAX;
	part->last = part->flat = part->cum = 0;
	for (i = 0; i < part->cnt; i++) {
		n = graph_node(&l->g, part->rows[i]);
		line = line_of(n);
		begin = n->info.start_line > 0 ? n->info.start_line : line - MARGIN;
		part->first = begin < part->first ? begin : part->first;
		part->last = line + MARGIN > part->last ? line + MARGIN : part->last;
		part->flat = wrapping_sum(part->flat, n->flat);
		part->cum = wrapping_sum(part->cum, n->cum);
	}
	part->first = part->first < 1 ? 1 : part->first;
}

/* The lines as far as the file has them. */
static int put_lines(const struct list *l, const struct part *part, struct source *s, FILE *out)
{
	const struct graph_node *n;
	int64_t number, flat, cum;
	const char *text;
	size_t i = 0;

	for (number = 1; number <= part->last; number++) {
		text = source_line(s);
		if (!text)
			return source_error(s);
		if (number < part->first)
			continue;
		for (flat = cum = 0; i < part->cnt; i++) {
			n = graph_node(&l->g, part->rows[i]);
			if (line_of(n) > number)
				break;
			flat = line_of(n) == number ? wrapping_sum(flat, n->flat) : flat;
			cum = line_of(n) == number ? wrapping_sum(cum, n->cum) : cum;
		}
		put_value(l->r, flat, true, out);
		put_value(l->r, cum, true, out);
		fprintf(out, "%6lld:%s\n", (long long)number, text);
	}
	return 0;
}

static void put_part(const struct list *l, struct part *part, FILE *out)
{
	const struct node_info *info = &graph_node(&l->g, part->rows[0])->info;
	char percent[UNITS_PERCENT_MAX];
	char *name = harmless_copy(profile_text(l->r->p, info->name));
	char *file = harmless_copy(profile_text(l->r->p, info->file));
	struct err e = { "out of memory" };
	struct source *s;

	measure(l, part);
	if (!info->file) {
		fprintf(out, "No source information for %s\n", name ? name : "");
	} else {
		fprintf(out, "ROUTINE ======================== %s in %s\n", name ? name : "",
		        file ? file : "");
		put_value(l->r, part->flat, false, out);
		put_value(l->r, part->cum, false, out);
		units_percent(part->cum, l->r->total, percent);
		fprintf(out, "(flat, cum) %s of Total\n", percent);
		s = source_open(l->r->options, profile_text(l->r->p, info->file), &e);
		if (!s)
			fprintf(out, " Error: %s\n", e.msg);
		else if (put_lines(l, part, s, out))
			fprintf(out, " Error: the file cannot be read\n");
		source_close(s);
	}
	free(name);
	free(file);
}

/* A function without any file is said to have none; one with a file is not, for the rest of it. */
static bool has_file(const struct list *l, const struct part *part, size_t from)
{
	const struct node_info *info = &graph_node(&l->g, part->rows[0])->info, *next;

	if (info->file || from + part->cnt >= l->row_cnt)
		return info->file != 0;
	next = &graph_node(&l->g, part->rows[part->cnt])->info;
	return next->name == info->name;
}

static void put_parts(struct list *l, FILE *out)
{
	const struct node_info *first, *info;
	char total[UNITS_TEXT_MAX];
	struct part part;
	size_t i;

	report_value(l->r, l->r->total, total);
	fprintf(out, "Total: %s\n", total);
	for (i = 0; i < l->row_cnt; i += part.cnt) {
		part.rows = l->rows + i;
		first = &graph_node(&l->g, part.rows[0])->info;
		for (part.cnt = 1; i + part.cnt < l->row_cnt; part.cnt++) {
			info = &graph_node(&l->g, part.rows[part.cnt])->info;
			if (info->name != first->name || info->file != first->file)
				break;
		}
		if (first->file || !has_file(l, &part, i))
			put_part(l, &part, out);
	}
}

int report_print_list(struct report *r, FILE *out, struct err *e)
{
	struct list l = { .r = r };
	int err = graph_build_rows(&l.g, r);

	if (err)
		err_set(e, err, "out of memory for the rows of a report");
	else
		err = find_rows(&l, e);
	if (!err)
		put_parts(&l, out);
	free(l.rows);
	regexp_free(l.wanted);
	graph_release(&l.g);
	return err;
}
