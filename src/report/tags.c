// SPDX-License-Identifier: Apache-2.0
/*
 * -tags: for each key of a label how much the samples with it weigh, and of that each value's part. Columns
 * are as wide as a key's rows need, text stands at their right.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/strings.h"
#include "base/table.h"
#include "report/harmless.h"
#include "report/rows.h"
#include "report/state.h"

struct tag {
	uint32_t key, value; /* strings of 'texts' */
	int64_t weight;
};

struct tags {
	struct report *r;
	struct strings texts; /* of keys and values, as they are printed */
	struct table table;   /* struct tag; the value 0 is the key's total */
	struct tag *sorted;
};

/* "" is a value too: all of them begin with a letter that is not printed. */
static uint32_t add_text(struct tags *t, const char *text)
{
	size_t len = strlen(text);
	char *copy = malloc(len + 2);
	uint32_t number = 0;

	if (copy) {
		copy[0] = '=';
		memcpy(copy + 1, text, len + 1);
		harmless(copy);
		number = strings_add(&t->texts, copy, strlen(copy));
	}
	free(copy);
	return number;
}

static const char *text_of(const struct tags *t, uint32_t number)
{
	return strings_get(&t->texts, number) + 1;
}

static int add_weight(struct tags *t, uint32_t key, uint32_t value, int64_t weight)
{
	const uint32_t ends[] = { key, value };
	struct tag *tag = table_put(&t->table, ends, NULL);

	if (!tag)
		return -ENOMEM;
	tag->weight = wrapping_sum(tag->weight, weight);
	return 0;
}

static int add_label(struct tags *t, const struct profile_label *l, int64_t weight)
{
	const struct profile *p = t->r->p;
	char number[UNITS_TEXT_MAX];
	uint32_t key = add_text(t, profile_text(p, l->key)), value;

	if (!l->str)
		units_label(l->num, report_label_unit(t->r, l->key), t->r->unit, number);
	value = add_text(t, l->str ? profile_text(p, l->str) : number);
	if (!key || !value || add_weight(t, key, 0, weight))
		return -ENOMEM;
	return add_weight(t, key, value, weight);
}

static int add_samples(struct tags *t)
{
	const struct profile *p = t->r->p;
	const struct profile_sample *s;
	size_t i, j;

	for (i = 0; i < p->sample_cnt; i++) {
		s = &p->samples[i];
		for (j = 0; j < s->label_cnt; j++)
			if (add_label(t, &p->labels[s->label_first + j], sample_value(t->r, s)))
				return -ENOMEM;
	}
	return 0;
}

/* By key; of a key its total first, then the heaviest values. */
static int by_weight(const void *a, const void *b, void *arg)
{
	const struct tag *x = a, *y = b;
	uint64_t n = (uint64_t)size_of(x->weight), m = (uint64_t)size_of(y->weight);

	if (x->key != y->key)
		return strcmp(text_of(arg, x->key), text_of(arg, y->key));
	if (!x->value || !y->value)
		return x->value ? 1 : -1;
	if (n != m)
		return n > m ? -1 : 1;
	return strcmp(text_of(arg, x->value), text_of(arg, y->value));
}

/* "VALUE (PERCENT)", the share only where there is a total to share. */
static void weight_text(const struct report *r, int64_t weight, char *text, size_t size)
{
	char value[UNITS_TEXT_MAX], percent[UNITS_PERCENT_MAX];

	report_value(r, weight, value);
	units_percent(weight, r->total, percent);
	if (r->total > 0)
		snprintf(text, size, "%s (%s)", value, percent);
	else
		snprintf(text, size, "%s", value);
}

static int width_of(const char *text)
{
	int width = 0;

	for (; *text; text++)
		width += (*text & 0xc0) != 0x80;
	return width;
}

/* The rows of one key; how many they are. */
static size_t put_key(const struct tags *t, const struct tag *tag, size_t cnt, FILE *out)
{
	char weight[UNITS_TEXT_MAX + UNITS_PERCENT_MAX + 4], total[UNITS_TEXT_MAX];
	char percent[UNITS_PERCENT_MAX];
	const char *key = text_of(t, tag->key);
	int key_width = width_of(key) + 2, width = 0;
	size_t n, i;

	for (n = 1; n < cnt && tag[n].key == tag->key; n++) {
		weight_text(t->r, tag[n].weight, weight, sizeof(weight));
		width = width_of(weight) > width ? width_of(weight) : width;
	}
	report_value(t->r, tag->weight, weight);
	report_value(t->r, t->r->total, total);
	units_percent(tag->weight, t->r->total, percent);
	fprintf(out, " %s: Total %s of %s", key, weight, total);
	if (t->r->total > 0)
		fprintf(out, " (%s)", percent);
	fputc('\n', out);
	for (i = 1; i < n; i++) {
		weight_text(t->r, tag[i].weight, weight, sizeof(weight));
		fprintf(out, "%*s", key_width, "");
		put_right(weight, width + 1, out);
		fprintf(out, ": %s\n", text_of(t, tag[i].value));
	}
	fputc('\n', out);
	return n;
}

static int put_tags(struct tags *t, FILE *out)
{
	size_t cnt = t->table.cnt, i;

	if (!cnt)
		return 0;
	t->sorted = malloc(cnt * sizeof(*t->sorted));
	if (!t->sorted)
		return -ENOMEM;
	memcpy(t->sorted, t->table.entries, cnt * sizeof(*t->sorted));
	qsort_r(t->sorted, cnt, sizeof(*t->sorted), by_weight, t);
	for (i = 0; i < cnt;)
		i += put_key(t, &t->sorted[i], cnt - i, out);
	return 0;
}

int report_print_tags(struct report *r, FILE *out, struct err *e)
{
	struct tags t = { .r = r };
	int err = strings_init(&t.texts);

	table_init(&t.table, 2 * sizeof(uint32_t), sizeof(struct tag));
	if (!err)
		err = add_samples(&t);
	if (!err)
		err = put_tags(&t, out);
	strings_release(&t.texts);
	table_release(&t.table);
	free(t.sorted);
	return err ? err_set(e, err, "out of memory for a report") : 0;
}
