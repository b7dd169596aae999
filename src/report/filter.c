// SPDX-License-Identifier: Apache-2.0
/*
 * Filters by the names of frames. Each location is looked at once and loses the lines that are not
 * wanted; what is left of the samples follows from what their locations are.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/err.h"
#include "report/name_filter.h"
#include "report/regexp.h"
#include "report/state.h"

/* What a location is to a sample. */
enum { WANTED = 1, UNWANTED = 2, HIDDEN = 4, FROM_HERE = 8 };

struct names {
	struct profile *p;
	struct name_filter focus, ignore, hide, show, from;
	uint8_t *marks; /* by location id */
	bool focused, ignored, hidden, shown, has_from, hides;
};

void report_warn(struct report *r, const char *what)
{
	if (r->warning_cnt < REPORT_WARNINGS_MAX)
		r->warnings[r->warning_cnt++] = what;
}

void report_keep_samples(struct profile *p,
                         bool (*keep)(struct profile *p, struct profile_sample *s, void *arg),
                         void *arg)
{
	size_t i, kept = 0;

	for (i = 0; i < p->sample_cnt; i++)
		if (keep(p, &p->samples[i], arg))
			p->samples[kept++] = p->samples[i];
	p->sample_cnt = kept;
}

/* Keeps the lines that the filter matches, or those that it does not. */
static void keep_lines(struct names *n, struct profile_location *l, struct name_filter *f,
                       bool wanted)
{
	struct profile_line *lines = n->p->lines + l->line_first;
	size_t i, kept = 0;

	if (name_filter_matches_object(f, l)) {
		l->line_cnt = wanted ? l->line_cnt : 0;
		return;
	}
	for (i = 0; i < l->line_cnt; i++)
		if (name_filter_matches_line(f, &lines[i]) == wanted)
			lines[kept++] = lines[i];
	l->line_cnt = kept;
}

static uint8_t mark_location(struct names *n, struct profile_location *l)
{
	uint8_t mark = 0;

	if (n->ignore.regexp && name_filter_matches_location(&n->ignore, l)) {
		n->ignored = true;
		mark = UNWANTED;
	} else if (!n->focus.regexp || name_filter_matches_location(&n->focus, l)) {
		n->focused = true;
		mark = WANTED;
	}
	if (n->hide.regexp && name_filter_matches_location(&n->hide, l)) {
		n->hidden = true;
		keep_lines(n, l, &n->hide, false);
		mark |= l->line_cnt ? 0 : HIDDEN;
	}
	if (n->show.regexp) {
		keep_lines(n, l, &n->show, true);
		n->shown |= l->line_cnt != 0;
		mark |= l->line_cnt ? 0 : HIDDEN;
	}
	n->hides |= mark & HIDDEN;
	return mark;
}

static bool keep_wanted(struct profile *p, struct profile_sample *s, void *arg)
{
	struct names *n = arg;
	uint32_t *stack = p->stacks + s->stack_first;
	size_t i, kept = 0;
	uint8_t all = 0;

	for (i = 0; i < s->stack_cnt; i++)
		all |= n->marks[stack[i]];
	if (!(all & WANTED) || all & UNWANTED)
		return false;
	if (!n->hides)
		return true;
	for (i = 0; i < s->stack_cnt; i++)
		if (!(n->marks[stack[i]] & HIDDEN))
			stack[kept++] = stack[i];
	s->stack_cnt = kept;
	return kept != 0;
}

/* The lines above the outermost that matches go. */
static uint8_t mark_from(struct names *n, struct profile_location *l)
{
	size_t i;

	if (!name_filter_matches_object(&n->from, l)) {
		for (i = l->line_cnt; i; i--)
			if (name_filter_matches_line(&n->from, &n->p->lines[l->line_first + i - 1]))
				break;
		if (!i)
			return 0;
		l->line_cnt = i;
	}
	n->has_from = true;
	return FROM_HERE;
}

static bool keep_from(struct profile *p, struct profile_sample *s, void *arg)
{
	struct names *n = arg;

	while (s->stack_cnt &&
	       !(n->marks[p->stacks[s->stack_first + s->stack_cnt - 1]] & FROM_HERE))
		s->stack_cnt--;
	return s->stack_cnt != 0;
}

static void each_location(struct names *n,
                          uint8_t (*mark)(struct names *, struct profile_location *))
{
	uint32_t id;

	for (id = 1; id <= n->p->locations.cnt; id++)
		n->marks[id] |= mark(n, profile_location(n->p, id));
}

static void apply(struct names *n, struct report *r)
{
	if (n->focus.regexp || n->ignore.regexp || n->hide.regexp || n->show.regexp) {
		each_location(n, mark_location);
		report_keep_samples(n->p, keep_wanted, n);
	}
	if (n->focus.regexp && !n->focused)
		report_warn(r, "-focus");
	if (n->ignore.regexp && !n->ignored)
		report_warn(r, "-ignore");
	if (n->hide.regexp && !n->hidden)
		report_warn(r, "-hide");
	if (n->show.regexp && !n->shown)
		report_warn(r, "-show");
	if (!n->from.regexp)
		return;
	each_location(n, mark_from);
	report_keep_samples(n->p, keep_from, n);
	if (!n->has_from)
		report_warn(r, "-show_from");
}

static int names_init(struct names *n, const struct report *r, struct err *e)
{
	const struct report_options *o = r->options;
	int err;

	*n = (struct names){ .p = r->p };
	err = name_filter_init(&n->focus, r->p, o->focus, "-focus", e);
	if (!err)
		err = name_filter_init(&n->ignore, r->p, o->ignore, "-ignore", e);
	if (!err)
		err = name_filter_init(&n->hide, r->p, o->hide, "-hide", e);
	if (!err)
		err = name_filter_init(&n->show, r->p, o->show, "-show", e);
	if (!err)
		err = name_filter_init(&n->from, r->p, o->show_from, "-show_from", e);
	if (err)
		return err;
	n->marks = calloc(r->p->locations.cnt + 1, 1);
	return n->marks ? 0 : err_set(e, -ENOMEM, "out of memory for filters");
}

static int names_check(const struct names *n, struct err *e)
{
	int err = regexp_check(n->focus.regexp, e);

	err = err ? err : regexp_check(n->ignore.regexp, e);
	err = err ? err : regexp_check(n->hide.regexp, e);
	err = err ? err : regexp_check(n->show.regexp, e);
	return err ? err : regexp_check(n->from.regexp, e);
}

static void names_release(struct names *n)
{
	name_filter_release(&n->focus);
	name_filter_release(&n->ignore);
	name_filter_release(&n->hide);
	name_filter_release(&n->show);
	name_filter_release(&n->from);
	free(n->marks);
}

int report_filter(struct report *r, struct err *e)
{
	struct names n;
	int err = names_init(&n, r, e);

	if (!err) {
		apply(&n, r);
		err = names_check(&n, e);
	}
	names_release(&n);
	if (!err)
		err = report_filter_tags(r, e);
	if (!err && r->options->prune_from && *r->options->prune_from)
		err = report_prune_from(r->p, r->options->prune_from, e);
	return err;
}
