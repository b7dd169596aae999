// SPDX-License-Identifier: Apache-2.0
#include "format/stack.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "format/text.h"
#include "profile/profile.h"

/* A frame without a name is [FILE], a process without one FILE. */
struct stack_name stack_name(const struct profile *p, const struct stack_id *id)
{
	struct stack_name n = { "", profile_text(p, id->name), "" };

	if (id->is_file)
		n.text = text_basename(n.text);
	if (!*n.text)
		n.text = "[unknown]";
	else if (id->is_file && id->kind != STACK_PROCESS && *n.text != '[')
		n = (struct stack_name){ "[", n.text, "]" };
	return n;
}

static void each_line(const struct profile *p, const struct profile_location *l,
                      enum stack_kind kind, stack_fn *fn, void *arg)
{
	struct stack_frame f = { .id.kind = (uint16_t)kind };
	size_t i;

	f.mapping = profile_mapping(p, l->mapping);
	if (!l->line_cnt) {
		f.id.name = f.mapping ? f.mapping->file : 0;
		f.id.is_file = true;
		fn(arg, &f);
	}
	for (i = l->line_cnt; i-- > 0;) {
		f.function = profile_function(p, p->lines[l->line_first + i].function);
		f.id.name = f.function->name;
		fn(arg, &f);
		if (kind == STACK_USER)
			f.id.kind = STACK_INLINED; /* what is left */
	}
}

static struct stack_frame process_of(const struct profile *p, const struct profile_sample *s)
{
	const struct profile_label *l = p->labels + s->label_first;
	struct stack_frame f = { .id.kind = STACK_PROCESS };
	size_t i;

	for (i = 0; i < s->label_cnt && !f.id.name; i++)
		if (l[i].str && !strcmp(profile_text(p, l[i].key), "comm"))
			f.id.name = l[i].str;
	if (!f.id.name && p->mapping_cnt) {
		f.id.name = p->mappings[0].file;
		f.id.is_file = true;
	}
	return f;
}

void stack_each(const struct profile *p, const struct profile_sample *s, stack_fn *fn, void *arg)
{
	const struct stack_frame process = process_of(p, s);
	size_t own = profile_own_stack(p, s), i;
	const struct profile_location *l;

	fn(arg, &process);
	for (i = s->stack_cnt; i-- > 0;) {
		l = profile_location(p, p->stacks[s->stack_first + i]);
		each_line(p, l,
		          i + 1 < own                     ? STACK_WAKER
		          : profile_location_is_kernel(l) ? STACK_KERNEL
		                                          : STACK_USER,
		          fn, arg);
	}
}
