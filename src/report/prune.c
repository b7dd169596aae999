// SPDX-License-Identifier: Apache-2.0
/*
 * Frames that are taken off the leaves' end of stacks: those below a function of -prune_from, and those
 * from a function of the profile's own drop_frames on. Names are looked at without their parameters.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "report/regexp.h"
#include "report/state.h"

/* What is cut off at a location. */
enum { NOTHING, BELOW, WHOLE };

struct prune {
	struct profile *p;
	struct regexp *drop, *keep; /* keep: NULL = nothing */
	uint8_t *by_name;           /* by string: 0 = not asked yet, 1 = no, 2 = yes */
	uint8_t *cuts;              /* by location id */
};

/* The length up to the first parenthesis, but for those that belong to a name. */
static size_t simple_len(const char *name)
{
	static const char *const parts[] = { "(anonymous namespace)", "operator()" };
	const char *at = name;
	size_t i, len;

	for (; *at; at += len) {
		for (i = 0, len = 0; !len && i < 2; i++)
			if (!strncmp(at, parts[i], strlen(parts[i])))
				len = strlen(parts[i]);
		if (!len && *at == '(')
			break;
		len = len ? len : 1;
	}
	return (size_t)(at - name);
}

static bool is_dropped(struct prune *x, uint32_t name)
{
	const char *text = profile_text(x->p, name);
	char *simple;
	bool drops;

	if (!name)
		return false;
	if (x->by_name[name])
		return x->by_name[name] == 2;
	text += *text == '.'; /* of PPC's first ELF ABI */
	simple = strndup(text, simple_len(text));
	if (!simple) {
		x->p->failed = true;
		return false;
	}
	drops = regexp_match(x->drop, simple) && !(x->keep && regexp_match(x->keep, simple));
	free(simple);
	x->by_name[name] = drops ? 2 : 1;
	return drops;
}

static bool line_is_dropped(struct prune *x, const struct profile_location *l, size_t line)
{
	const struct profile_line *at = &x->p->lines[l->line_first + line];

	return is_dropped(x, profile_function(x->p, at->function)->name);
}

static void cut_lines(struct profile_location *l, size_t cnt)
{
	l->line_first += cnt;
	l->line_cnt -= cnt;
}

/* From the outermost line that matches on, itself too. */
static uint8_t cut_from_root(struct prune *x, struct profile_location *l)
{
	size_t i;

	for (i = l->line_cnt; i; i--)
		if (line_is_dropped(x, l, i - 1))
			break;
	if (!i)
		return NOTHING;
	if (i == l->line_cnt)
		return WHOLE;
	cut_lines(l, i);
	return BELOW;
}

/* Below the innermost line that matches. */
static uint8_t cut_from_leaf(struct prune *x, struct profile_location *l)
{
	size_t i;

	for (i = 0; i < l->line_cnt; i++)
		if (line_is_dropped(x, l, i))
			break;
	if (i == l->line_cnt)
		return NOTHING;
	cut_lines(l, i);
	return BELOW;
}

static void keep_from(struct profile_sample *s, size_t frame)
{
	s->stack_first += frame;
	s->stack_cnt -= frame;
}

/* From the root on; what lies before the first frame that stays is not looked at. */
static void prune_from_root(struct prune *x, struct profile_sample *s)
{
	const uint32_t *stack = x->p->stacks + s->stack_first;
	bool stays = false;
	size_t i;

	for (i = s->stack_cnt; i; i--) {
		uint8_t cut = x->cuts[stack[i - 1]];

		if (cut == NOTHING)
			stays = true;
		else if (stays) {
			keep_from(s, cut == WHOLE ? i : i - 1);
			return;
		}
	}
}

static void prune_from_leaf(struct prune *x, struct profile_sample *s)
{
	const uint32_t *stack = x->p->stacks + s->stack_first;
	size_t i;

	for (i = 0; i < s->stack_cnt; i++)
		if (x->cuts[stack[i]] != NOTHING) {
			keep_from(s, i);
			return;
		}
}

/* All names first: when they take too long, nothing was cut. */
static int ask_names(struct prune *x, struct err *e)
{
	struct profile *p = x->p;
	size_t i;
	int err;

	for (i = 1; !p->failed && i <= p->functions.cnt; i++)
		is_dropped(x, profile_function(p, (uint32_t)i)->name);
	err = regexp_check(x->drop, e);
	return err ? err : regexp_check(x->keep, e);
}

static int prune(struct prune *x, bool from_root, struct err *e)
{
	struct profile *p = x->p;
	size_t i;
	int err = 0;

	x->by_name = calloc(p->strings.cnt + 1, 1);
	x->cuts = calloc(p->locations.cnt + 1, 1);
	if (!x->by_name || !x->cuts)
		p->failed = true;
	else
		err = ask_names(x, e);
	for (i = 1; !err && !p->failed && i <= p->locations.cnt; i++)
		x->cuts[i] = (from_root ? cut_from_root
		                        : cut_from_leaf)(x, profile_location(p, (uint32_t)i));
	for (i = 0; !err && !p->failed && i < p->sample_cnt; i++)
		(from_root ? prune_from_root : prune_from_leaf)(x, &p->samples[i]);
	free(x->by_name);
	free(x->cuts);
	return !err && p->failed ? err_set(e, -ENOMEM, "out of memory for filters") : err;
}

int report_prune_from(struct profile *p, const char *pattern, struct err *e)
{
	struct prune x = { .p = p, .drop = regexp_new(pattern, "-prune_from", e) };
	int err = x.drop ? prune(&x, false, e) : -EINVAL;

	regexp_free(x.drop);
	return err;
}

/* The whole of a name must match. */
static struct regexp *whole(const struct profile *p, uint32_t pattern, const char *what,
                            struct err *e)
{
	struct regexp *r;
	char *text;

	if (asprintf(&text, "^(%s)$", profile_text(p, pattern)) < 0) {
		err_set(e, -ENOMEM, "out of memory for a filter");
		return NULL;
	}
	r = regexp_new(text, what, e);
	free(text);
	return r;
}

int report_drop_frames(struct profile *p, struct err *e)
{
	struct prune x = { .p = p };
	int err = -EINVAL;

	if (!p->drop_frames)
		return 0;
	x.drop = whole(p, p->drop_frames, "drop_frames", e);
	if (x.drop && p->keep_frames)
		x.keep = whole(p, p->keep_frames, "keep_frames", e);
	if (x.drop && (x.keep || !p->keep_frames))
		err = prune(&x, true, e);
	regexp_free(x.drop);
	regexp_free(x.keep);
	return err;
}
