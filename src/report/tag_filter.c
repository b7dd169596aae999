// SPDX-License-Identifier: Apache-2.0
/*
 * Filters by labels. What -tagfocus and -tagignore ask for is [KEY=]VALUES, where VALUES is a range of
 * numbers with units ("32kb", "4mb:", ":64kb", "12kb:64mb") or regular expressions with commas between
 * them.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "report/name_filter.h"
#include "report/regexp.h"
#include "report/state.h"

enum { EXPRESSIONS_MAX = 64 };

struct tag_filter {
	const struct report *r;
	char *key; /* NULL = any */
	bool is_range, has_low, has_high;
	double low, high;
	const char *unit;
	char *unit_text; /* what it may lie in */
	struct regexp *expressions[EXPRESSIONS_MAX];
	size_t expression_cnt;
	bool matched;
};

/* A number and its unit at *at, which is moved behind them; false when there is none. */
static bool take_number(const char **at, int64_t *value, char **unit)
{
	const char *p = *at, *digits = p + (*p == '+' || *p == '-');
	char *end;

	if (!isdigit((unsigned char)*digits))
		return false;
	errno = 0;
	*value = strtoll(p, &end, 10);
	if (errno)
		return false;
	for (p = end; isalpha((unsigned char)*p); p++)
		;
	*unit = strndup(end, (size_t)(p - end));
	*at = p;
	return *unit != NULL;
}

/* Is it a range? Its second unit, which must be of the kind of the first, is turned into that. */
static bool parse_range(struct tag_filter *f, const char *text)
{
	const char *at = text + (*text == ':'), *unit = NULL;
	char *second = NULL;
	int64_t value;

	if (!take_number(&at, &value, &f->unit_text))
		return false;
	f->low = f->high = units_scale(value, f->unit_text, f->unit_text, &f->unit);
	f->has_low = *text != ':';
	f->has_high = *text == ':' || !*at;
	if (!*at)
		return true;
	if (*text == ':' || *at++ != ':')
		return false;
	if (!*at)
		return true;
	f->has_high = take_number(&at, &value, &second) && !*at;
	if (f->has_high)
		f->high = units_scale(value, second, f->unit, &unit);
	f->has_high = f->has_high && !strcmp(unit, f->unit);
	free(second);
	return f->has_high;
}

static int parse_expressions(struct tag_filter *f, char *text, const char *what, struct err *e)
{
	char *next;

	for (; text; text = next) {
		next = strchr(text, ',');
		if (next)
			*next++ = 0;
		if (f->expression_cnt == EXPRESSIONS_MAX)
			return err_set(e, -EINVAL, "more than %d expressions in %s",
			               EXPRESSIONS_MAX, what);
		f->expressions[f->expression_cnt] = regexp_new(text, what, e);
		if (!f->expressions[f->expression_cnt])
			return -EINVAL;
		f->expression_cnt++;
	}
	return 0;
}

static int tag_filter_init(struct tag_filter *f, const struct report *r, const char *text,
                           const char *what, struct err *e)
{
	const char *equals = strchr(text, '=');
	char *values = strdup(equals ? equals + 1 : text);
	int err;

	*f = (struct tag_filter){ .r = r };
	if (equals && equals > text)
		f->key = strndup(text, (size_t)(equals - text));
	if (!values || (equals && equals > text && !f->key)) {
		free(values);
		return err_set(e, -ENOMEM, "out of memory for a filter");
	}
	f->is_range = parse_range(f, values);
	err = f->is_range ? 0 : parse_expressions(f, values, what, e);
	free(values);
	return err;
}

static void tag_filter_release(struct tag_filter *f)
{
	size_t i;

	for (i = 0; i < f->expression_cnt; i++)
		regexp_free(f->expressions[i]);
	free(f->unit_text);
	free(f->key);
}

static bool in_range(const struct tag_filter *f, const struct profile_label *l)
{
	const char *unit;
	double v = units_scale(l->num, report_label_unit(f->r, l->key), f->unit, &unit);

	return !strcmp(unit, f->unit) && (!f->has_low || v >= f->low) &&
	       (!f->has_high || v <= f->high);
}

/* With a key an expression sees the value, without one "KEY:VALUE". */
static bool matches_label(struct tag_filter *f, size_t expression, const struct profile_label *l)
{
	const char *key = profile_text(f->r->p, l->key), *value = profile_text(f->r->p, l->str);
	size_t size = strlen(key) + strlen(value) + 2;
	char *text;
	bool matches;

	if (f->key)
		return regexp_match(f->expressions[expression], value);
	text = malloc(size);
	if (!text) {
		f->r->p->failed = true;
		return false;
	}
	snprintf(text, size, "%s:%s", key, value);
	matches = regexp_match(f->expressions[expression], text);
	free(text);
	return matches;
}

static bool matches_any_label(struct tag_filter *f, size_t expression,
                              const struct profile_sample *s)
{
	const struct profile *p = f->r->p;
	const struct profile_label *l = p->labels + s->label_first;
	size_t i;

	for (i = 0; i < s->label_cnt; i++) {
		if (f->key && strcmp(profile_text(p, l[i].key), f->key) != 0)
			continue;
		if (f->is_range ? !l[i].str && in_range(f, &l[i])
		                : l[i].str && matches_label(f, expression, &l[i]))
			return true;
	}
	return false;
}

/* Without a key each expression must match some label, with one any of them. */
static bool matches_sample(struct tag_filter *f, const struct profile_sample *s)
{
	size_t cnt = f->is_range ? 1 : f->expression_cnt, i;
	bool one_is_enough = f->is_range || f->key;

	for (i = 0; i < cnt; i++)
		if (matches_any_label(f, i, s) == one_is_enough)
			break;
	return one_is_enough ? i < cnt : i == cnt;
}

static bool keep_matching(struct profile *p, struct profile_sample *s, void *arg)
{
	struct tag_filter *f = arg;
	bool matches = matches_sample(f, s);

	f->matched |= matches;
	return matches;
}

static bool keep_others(struct profile *p, struct profile_sample *s, void *arg)
{
	return !keep_matching(p, s, arg);
}

static int filter_samples(struct report *r, const char *text, bool wanted, const char *what,
                          struct err *e)
{
	struct tag_filter f;
	size_t i;
	int err;

	if (!text || !*text)
		return 0;
	err = tag_filter_init(&f, r, text, what, e);
	if (!err) {
		report_keep_samples(r->p, wanted ? keep_matching : keep_others, &f);
		if (!f.matched)
			report_warn(r, what);
	}
	for (i = 0; !err && i < f.expression_cnt; i++)
		err = regexp_check(f.expressions[i], e);
	tag_filter_release(&f);
	return err;
}

/* Labels whose keys are not shown, or hidden, go. */
static void filter_labels(struct report *r, struct name_filter *show, struct name_filter *hide)
{
	struct profile *p = r->p;
	bool shown = false, hidden = false, shows, hides;
	struct profile_sample *s;
	struct profile_label *l;
	size_t i, j, kept;

	for (i = 0; i < p->sample_cnt; i++) {
		s = &p->samples[i];
		l = p->labels + s->label_first;
		for (j = kept = 0; j < s->label_cnt; j++) {
			shows = !show->regexp || name_filter_matches(show, l[j].key);
			hides = hide->regexp && name_filter_matches(hide, l[j].key);
			shown |= shows;
			hidden |= hides;
			if (shows && !hides)
				l[kept++] = l[j];
		}
		s->label_cnt = kept;
	}
	if (show->regexp && !shown)
		report_warn(r, "-tagshow");
	if (hide->regexp && !hidden)
		report_warn(r, "-taghide");
}

int report_filter_tags(struct report *r, struct err *e)
{
	const struct report_options *o = r->options;
	struct name_filter show = { 0 }, hide = { 0 };
	int err = filter_samples(r, o->tagfocus, true, "-tagfocus", e);

	if (!err)
		err = filter_samples(r, o->tagignore, false, "-tagignore", e);
	if (!err)
		err = name_filter_init(&show, r->p, o->tagshow, "-tagshow", e);
	if (!err)
		err = name_filter_init(&hide, r->p, o->taghide, "-taghide", e);
	if (!err && (show.regexp || hide.regexp))
		filter_labels(r, &show, &hide);
	if (!err)
		err = regexp_check(show.regexp, e);
	if (!err)
		err = regexp_check(hide.regexp, e);
	name_filter_release(&show);
	name_filter_release(&hide);
	if (!err && r->p->failed)
		err = err_set(e, -ENOMEM, "out of memory for filters");
	return err;
}
