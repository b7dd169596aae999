// SPDX-License-Identifier: Apache-2.0
/* -traces: every sample with its labels and its stack, the leaf first. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/err.h"
#include "base/log.h"
#include "report/node.h"
#include "report/rows.h"
#include "report/state.h"

static const char rule[] = "-----------+-------------------------------------------------------\n";

struct traces {
	struct report *r;
	struct node_view view;
	char **names; /* by place in profile.lines, then by location: what is printed */
	char **lines; /* of a sample's labels */
	size_t line_cnt, line_cap;
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

/* Does an earlier label of the sample have this one's key, and is text or number as this one? */
static bool is_told(const struct profile_label *labels, size_t i, bool is_text)
{
	size_t j;

	for (j = 0; j < i; j++)
		if (labels[j].key == labels[i].key && !labels[j].str == !is_text)
			return true;
	return false;
}

/* "       KEY:  VALUE VALUE" of all labels with the key of label 'first'; NULL = out of memory. */
static char *label_line(const struct report *r, const struct profile_sample *s, size_t first,
                        bool is_text)
{
	const struct profile *p = r->p;
	const struct profile_label *labels = p->labels + s->label_first;
	char value[UNITS_TEXT_MAX], *line = NULL;
	size_t size, i;
	FILE *out = open_memstream(&line, &size);

	if (!out)
		return NULL;
	put_right(profile_text(p, labels[first].key), 10, out);
	fputs(": ", out);
	for (i = first; i < s->label_cnt; i++) {
		if (labels[i].key != labels[first].key || !labels[i].str == is_text)
			continue;
		if (!is_text)
			units_label(labels[i].num, report_label_unit(r, labels[i].key), "auto",
			            value);
		fprintf(out, " %s", is_text ? profile_text(p, labels[i].str) : value);
	}
	if (fclose(out)) {
		free(line);
		return NULL;
	}
	log_clean(line);
	return line;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void put_labels(struct traces *t, const struct profile_sample *s, bool is_text, FILE *out)
{
	const struct profile_label *labels = t->r->p->labels + s->label_first;
	char **lines = array_reserve(t->lines, &t->line_cap, s->label_cnt, sizeof(*lines));
	size_t i;

	if (!lines && s->label_cnt) {
		t->failed = true;
		return;
	}
	t->lines = lines ? lines : t->lines;
	for (i = 0, t->line_cnt = 0; i < s->label_cnt && !t->failed; i++) {
		if (!labels[i].str == is_text || is_told(labels, i, is_text))
			continue;
		t->lines[t->line_cnt] = label_line(t->r, s, i, is_text);
		t->failed = !t->lines[t->line_cnt];
		t->line_cnt += !t->failed;
	}
	if (t->line_cnt)
		qsort(t->lines, t->line_cnt, sizeof(*t->lines), by_text);
	for (i = 0; i < t->line_cnt; i++) {
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
	free(t.lines);
	node_view_release(&t.view);
	return t.failed || r->p->failed ? err_set(e, -ENOMEM, "out of memory for a report") : 0;
}
