// SPDX-License-Identifier: Apache-2.0
/*
 * waits: stacks on standard input (tests/live/stacks.py) → lines "idle|busy PRIMITIVE 1 THREAD".
 * waits FILE: a profile → the same of its samples, with their first value and the leaf's function.
 */
#include "../unit/classify/stacks.h"

#include "base/err.h"
#include "classify/stack.h"
#include "format/format.h"

/* Of the title "? ? THREAD :NUMBER". */
static void print_thread(const struct profile *p, const struct profile_sample *s)
{
	const char *thread = profile_text(p, p->labels[s->label_first].str) + strlen("? ? ");

	printf("%.*s\n", (int)(strrchr(thread, ' ') - thread), thread);
}

static void print_leaf(const struct profile *p, const struct profile_sample *s)
{
	const struct profile_location *l;
	size_t i;

	for (i = 0; i < s->stack_cnt; i++) {
		l = profile_location(p, p->stacks[s->stack_first + i]);
		if (!profile_location_is_kernel(l) && l->line_cnt)
			break;
	}
	printf("%s\n",
	       i == s->stack_cnt
	               ? ""
	               : profile_text(p,
	                              profile_function(p, p->lines[l->line_first].function)->name));
}

int main(int argc, char **argv)
{
	static const int64_t values[3] = { 1, 1, 0 };
	struct err e = { "" };
	struct profile *p = argc > 1 ? format_read_file(argv[1], &e)
	                             : stacks_parse(stdin, "", DEMANGLE_SHORT, values);
	const struct profile_sample *s;
	struct stack_names n;
	struct stack_wait wait;

	if (!p || stack_names_init(&n, p)) {
		fprintf(stderr, "waits: %s\n", e.msg);
		return 1;
	}
	for (s = p->samples; s < p->samples + p->sample_cnt; s++) {
		wait = stack_judge(&n, p->stacks + s->stack_first, s->stack_cnt);
		printf("%s %s %lld ", wait.idle ? "idle" : "busy", primitive_text(wait.primitive),
		       (long long)p->values[s->value_first]);
		(argc > 1 ? print_leaf : print_thread)(p, s);
	}
	stack_names_release(&n);
	profile_free(p);
	return 0;
}
