// SPDX-License-Identifier: Apache-2.0
/* waits: stacks on standard input (tests/live/stacks.py) → lines "idle|busy PRIMITIVE THREAD". */
#include "../unit/classify/stacks.h"

#include "classify/stack.h"

int main(void)
{
	static const int64_t values[3] = { 1, 1, 0 };
	struct profile *p = stacks_parse(stdin, "", DEMANGLE_SHORT, values);
	const struct profile_sample *s;
	struct stack_names n;
	struct stack_wait wait;
	const char *thread;

	if (stack_names_init(&n, p))
		return 1;
	for (s = p->samples; s < p->samples + p->sample_cnt; s++) {
		wait = stack_judge(&n, s);
		/* The title: "? ? THREAD :NUMBER". */
		thread = profile_text(p, p->labels[s->label_first].str) + strlen("? ? ");
		printf("%s %s %.*s\n", wait.idle ? "idle" : "busy", primitive_text(wait.primitive),
		       (int)(strrchr(thread, ' ') - thread), thread);
	}
	stack_names_release(&n);
	profile_free(p);
	return 0;
}
