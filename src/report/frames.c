// SPDX-License-Identifier: Apache-2.0
/*
 * Frames made of labels: -tagroot puts them below all others, -tagleaf on top. A frame's function is the
 * label's values, its file the label's key; a sample without the label has a frame without a name.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "report/state.h"

enum { KEYS_MAX = 32 };

struct keys {
	const char *text[KEYS_MAX];
	size_t len[KEYS_MAX];
	size_t cnt;
	bool matched;
};

struct frames {
	struct report *r;
	struct keys roots, leaves;
	char *text; /* a frame's name */
	size_t text_len, text_cap;
	uint32_t *stack;
	size_t stack_cap;
};

/* Between commas; empty ones are none. What is beyond KEYS_MAX is not looked at. */
static void keys_init(struct keys *k, const char *list)
{
	size_t n;

	memset(k, 0, sizeof(*k));
	for (; list && *list && k->cnt < KEYS_MAX; list += n + (list[n] == ',')) {
		n = strcspn(list, ",");
		k->text[k->cnt] = list;
		k->len[k->cnt] = n;
		k->cnt += n != 0;
	}
}

static bool is_key(const struct profile *p, const struct profile_label *l, const struct keys *k,
                   size_t i)
{
	const char *key = profile_text(p, l->key);

	return !strncmp(key, k->text[i], k->len[i]) && !key[k->len[i]];
}

static void put(struct frames *f, const char *text)
{
	size_t len = strlen(text), comma = f->text_len != 0;
	char *grown = array_room(f->text, &f->text_cap, f->text_len + len + 2, 1);

	if (!grown) {
		f->r->p->failed = true;
		return;
	}
	f->text = grown;
	if (comma)
		f->text[f->text_len++] = ',';
	memcpy(f->text + f->text_len, text, len + 1);
	f->text_len += len;
}

/* The values of a key: texts first, then numbers, which have units when any of them has. */
static void put_values(struct frames *f, const struct profile_sample *s, struct keys *k, size_t i)
{
	const struct profile *p = f->r->p;
	const struct profile_label *l = p->labels + s->label_first;
	char value[UNITS_TEXT_MAX];
	bool has_unit = false;
	size_t j;

	f->text_len = 0;
	for (j = 0; j < s->label_cnt; j++) {
		if (!is_key(p, &l[j], k, i))
			continue;
		k->matched = true;
		has_unit |= l[j].unit != 0;
		if (l[j].str)
			put(f, profile_text(p, l[j].str));
	}
	for (j = 0; j < s->label_cnt; j++) {
		if (l[j].str || !is_key(p, &l[j], k, i))
			continue;
		units_label(l[j].num, profile_text(p, l[j].unit), has_unit ? f->r->unit : "",
		            value);
		put(f, value);
	}
	if (!f->text_len)
		put(f, "");
}

static uint32_t frame_of(struct frames *f, const struct profile_sample *s, struct keys *k, size_t i)
{
	struct profile *p = f->r->p;
	struct profile_line line = { 0 };
	char *key = strndup(k->text[i], k->len[i]);
	uint32_t id = 0;

	put_values(f, s, k, i);
	if (key && !p->failed) {
		line.function = profile_add_function(p, f->text, "", key, 0);
		id = profile_add_named_location(p, 0, 0, false, &line, 1);
	}
	p->failed |= !id;
	free(key);
	return id;
}

static void add_frames(struct frames *f, struct profile_sample *s)
{
	struct profile *p = f->r->p;
	size_t cnt = f->leaves.cnt + s->stack_cnt + f->roots.cnt, n = 0, i;
	uint32_t *stack = array_room(f->stack, &f->stack_cap, cnt, sizeof(*stack)), *stacks;

	if (!stack) {
		p->failed = true;
		return;
	}
	f->stack = stack;
	for (i = f->leaves.cnt; i; i--)
		stack[n++] = frame_of(f, s, &f->leaves, i - 1);
	for (i = 0; i < s->stack_cnt; i++)
		stack[n++] = p->stacks[s->stack_first + i];
	for (i = f->roots.cnt; i; i--)
		stack[n++] = frame_of(f, s, &f->roots, i - 1);
	stacks = array_room(p->stacks, &p->stack_cap, p->stack_cnt + n, sizeof(*stacks));
	if (!stacks) {
		p->failed = true;
		return;
	}
	p->stacks = stacks;
	memcpy(stacks + p->stack_cnt, stack, n * sizeof(*stack));
	s->stack_first = p->stack_cnt;
	s->stack_cnt = n;
	p->stack_cnt += n;
}

int report_add_label_frames(struct report *r)
{
	struct frames f = { .r = r };
	size_t i;

	keys_init(&f.roots, r->options->tagroot);
	keys_init(&f.leaves, r->options->tagleaf);
	for (i = 0; f.roots.cnt + f.leaves.cnt && !r->p->failed && i < r->p->sample_cnt; i++)
		add_frames(&f, &r->p->samples[i]);
	free(f.text);
	free(f.stack);
	if (f.roots.cnt && !f.roots.matched)
		report_warn(r, "-tagroot");
	if (f.leaves.cnt && !f.leaves.matched)
		report_warn(r, "-tagleaf");
	return r->p->failed ? -ENOMEM : 0;
}
