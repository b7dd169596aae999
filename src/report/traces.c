// SPDX-License-Identifier: Apache-2.0
/* -traces: every sample with its labels and its stack, the leaf first. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/err.h"
#include "base/order.h"
#include "report/harmless.h"
#include "report/node.h"
#include "report/rows.h"
#include "report/state.h"

static const char rule[] = "-----------+-------------------------------------------------------\n";

struct traces {
	struct report *r;
	struct node_view view;
	char **names;             /* by place in profile.lines, then by location: what is printed */
	struct order_item *order; /* a sample's labels, and what is printed of them */
	char **lines;
	size_t order_cap, line_cap;
	bool failed;
};

/* The name of a line, or of a location without lines; made once. */
static const char *name_of(struct traces *t, uint32_t id, const struct profile_location *l,
                           size_t line)
{
	const struct profile *p = t->r->p;
	char **slot = &t->names[l->line_cnt ? line : p->line_cnt + id];
	struct node_info info;

	if (!*slot) {
		node_info_get(&t->view, l, l->line_cnt ? &p->lines[line] : NULL, &info);
		*slot = node_name(p, &info);
		t->failed |= !*slot;
	}
	return *slot ? *slot : "";
}

/* "       KEY:  VALUE VALUE" of labels with one key, which 'order' names; NULL = out of memory. */
static char *label_line(const struct report *r, const struct profile_label *labels,
                        const struct order_item *order, size_t cnt)
{
	const struct profile *p = r->p;
	char value[UNITS_TEXT_MAX], *line = NULL;
	const struct profile_label *l;
	size_t size, i;
	FILE *out = open_memstream(&line, &size);

	if (!out)
		return NULL;
	put_right(profile_text(p, labels[order->id].key), 10, out);
	fputs(": ", out);
	for (i = 0; i < cnt; i++) {
		l = &labels[order[i].id];
		if (!l->str)
			units_label(l->num, report_label_unit(r, l->key), "auto", value);
		fprintf(out, " %s", l->str ? profile_text(p, l->str) : value);
	}
	if (fclose(out)) {
		free(line);
		return NULL;
	}
	harmless(line);
	return line;
}

/* Those of texts, or of numbers, by key, as many as there are. */
static size_t order_labels(struct traces *t, const struct profile_sample *s, bool is_text)
{
	const struct profile_label *labels = t->r->p->labels + s->label_first;
	struct order_item *order =
		array_reserve(t->order, &t->order_cap, s->label_cnt + 1, sizeof(*order));
	size_t cnt = 0, i;

	t->failed |= !order;
	t->order = order ? order : t->order;
	for (i = 0; !t->failed && i < s->label_cnt; i++)
		if (!labels[i].str == !is_text)
			order[cnt++] =
				(struct order_item){ .key = labels[i].key, .id = (uint32_t)i };
	t->failed |= !t->failed && order_sort(order, cnt);
	return t->failed ? 0 : cnt;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void put_labels(struct traces *t, const struct profile_sample *s, bool is_text, FILE *out)
{
	size_t cnt = order_labels(t, s, is_text), lines = 0, i, n;
	char **grown = array_reserve(t->lines, &t->line_cap, cnt + 1, sizeof(*grown));

	t->failed |= !grown;
	t->lines = grown ? grown : t->lines;
	for (i = 0; !t->failed && i < cnt; i += n) {
		for (n = 1; i + n < cnt && t->order[i + n].key == t->order[i].key;)
			n++;
		t->lines[lines] =
			label_line(t->r, t->r->p->labels + s->label_first, t->order + i, n);
		t->failed = !t->lines[lines];
		lines += !t->failed;
	}
	if (lines)
		qsort(t->lines, lines, sizeof(*t->lines), by_text);
	for (i = 0; i < lines; i++) {
		fprintf(out, "%s\n", t->lines[i]);
		free(t->lines[i]);
	}
}

static void put_frame(const char *value, const char *name, bool is_inline, FILE *out)
{
	put_right(value, 10, out);
	fprintf(out, "   %s%s\n", name, is_inline ? " (inline)" : "");
}

static void put_sample(struct traces *t, const struct profile_sample *s, FILE *out)
{
	const struct profile *p = t->r->p;
	char value[UNITS_TEXT_MAX];
	const struct profile_location *l;
	size_t i, j, first, cnt;

	if (!s->stack_cnt)
		return;
	fputs(rule, out);
	put_labels(t, s, true, out);
	put_labels(t, s, false, out);
	report_value(t->r, quotient(sample_value(t->r, s), sample_divisor(t->r, s)), value);
	for (i = 0; i < s->stack_cnt; i++) {
		l = profile_location(p, p->stacks[s->stack_first + i]);
		first = node_lines(t->r, l, &cnt);
		for (j = 0; j < cnt; j++)
			put_frame(i || j ? "" : value,
			          name_of(t, p->stacks[s->stack_first + i], l, first + j),
			          j + 1 < cnt, out);
	}
}

int report_print_traces(struct report *r, FILE *out, struct err *e)
{
	struct traces t = { .r = r };
	size_t cnt = r->p->line_cnt + r->p->locations.cnt + 1, i;

	node_view_init(&t.view, r, false);
	t.names = calloc(cnt, sizeof(*t.names));
	t.failed = !t.names;
	report_print_profile(r, out);
	for (i = 0; i < r->p->sample_cnt && !t.failed; i++)
		put_sample(&t, &r->p->samples[i], out);
	fputs(rule, out);
	for (i = 0; t.names && i < cnt; i++)
		free(t.names[i]);
	free(t.names);
	free(t.order);
	free(t.lines);
	node_view_release(&t.view);
	return t.failed || r->p->failed ? err_set(e, -ENOMEM, "out of memory for a report") : 0;
}
