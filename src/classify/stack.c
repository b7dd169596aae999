// SPDX-License-Identifier: Apache-2.0
#include "classify/stack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "classify/idle.h"
#include "profile/profile.h"

int stack_names_init(struct stack_names *n, const struct profile *p)
{
	char name[FUNCTION_NAME];
	size_t i;

	memset(n, 0, sizeof(*n));
	n->profile = p;
	n->marks = calloc(p->functions.cnt + 1, sizeof(*n->marks));
	if (!n->marks || functions_init(&n->functions)) {
		stack_names_release(n);
		return -ENOMEM;
	}
	for (i = 0; i < p->functions.cnt; i++) {
		function_name(p, profile_function(p, (uint32_t)i + 1), name);
		n->marks[i] = functions_find(&n->functions, name);
		n->marks[i].is_separator = !strcmp(name, PROFILE_SEPARATOR);
		n->has_separator |= n->marks[i].is_separator;
	}
	return 0;
}

void stack_names_release(struct stack_names *n)
{
	functions_release(&n->functions);
	free(n->marks);
	n->marks = NULL;
}

/* Where a walk stands: a line of a location, inlined callees first. */
struct cursor {
	const uint32_t *stack;
	size_t stack_cnt, at, line;
};

struct frame {
	struct function_marks marks;
	uint32_t mapping;
};

/* The frame that stands there, and on to its caller; false: there is none. */
static bool next_frame(const struct stack_names *n, struct cursor *cur, struct frame *f)
{
	const struct profile *p = n->profile;
	const struct profile_location *l;
	uint32_t function;

	if (cur->at == cur->stack_cnt)
		return false;
	l = profile_location(p, cur->stack[cur->at]);
	memset(f, 0, sizeof(*f));
	f->mapping = l->mapping;
	if (l->line_cnt) {
		function = p->lines[l->line_first + cur->line].function;
		f->marks = n->marks[function - 1];
	}
	if (++cur->line >= l->line_cnt) {
		cur->line = 0;
		cur->at++;
	}
	return true;
}

static const struct wait_row *wait_of(const struct stack_names *n, const struct frame *f)
{
	const struct wait_row *row = f->marks.wait ? &wait_rows[f->marks.wait - 1] : NULL;

	if (row && row->module && !function_is_in(n->profile, f->mapping, row->module))
		return NULL;
	return row;
}

static bool is_kernel_row(const struct idle_row *row)
{
	return row->module && !strcmp(row->module, IDLE_KERNEL);
}

static bool is_path(const struct stack_names *n, size_t row, const struct frame *frames, size_t cnt)
{
	const uint16_t *path = n->functions.paths + row * IDLE_PATH;
	size_t i;

	for (i = 0; i < IDLE_PATH && path[i]; i++)
		if (i >= cnt || frames[i].marks.idle != path[i])
			return false;
	return true;
}

/*
 * The row of the waiter, whose frames these are, while it waits by 'by' (NULL: the kernel's thread waits
 * itself), + 1; 0: it is not idle.
 */
static uint16_t idle_row_of(const struct stack_names *n, const struct wait_row *by,
                            const struct frame *frames, size_t cnt)
{
	const struct idle_row *row;
	size_t i;

	for (i = 0; frames[0].marks.idle && i < idle_row_cnt; i++) {
		row = &idle_rows[i];
		if (!is_path(n, i, frames, cnt) || is_kernel_row(row) != !by)
			continue;
		if (!by ||
		    ((!row->by || !strcmp(row->by, by->name)) &&
		     (!row->module || function_is_in(n->profile, frames[0].mapping, row->module))))
			return (uint16_t)(i + 1);
	}
	return 0;
}

static bool is_separator(const struct stack_names *n, const struct profile_location *l)
{
	return l->line_cnt && n->marks[n->profile->lines[l->line_first].function - 1].is_separator;
}

/* Where the waiter's frames begin: behind the waker's. */
static struct cursor waiter_part(const struct stack_names *n, const uint32_t *stack, size_t cnt)
{
	const struct profile *p = n->profile;
	struct cursor cur = { .stack = stack, .stack_cnt = cnt };
	size_t i;

	for (i = 0; n->has_separator && i < cnt; i++)
		if (is_separator(n, profile_location(p, cur.stack[i])))
			cur.at = i + 1;
	return cur;
}

/* Where its own begin: behind those of the kernel. */
static struct cursor past_kernel(const struct stack_names *n, struct cursor cur)
{
	const struct profile *p = n->profile;

	while (cur.at < cur.stack_cnt &&
	       profile_location_is_kernel(profile_location(p, cur.stack[cur.at])))
		cur.at++;
	return cur;
}

/* Up to 'most' frames; their number. */
static size_t next_frames(const struct stack_names *n, struct cursor *cur, struct frame *frames,
                          size_t most)
{
	size_t cnt = 0;

	while (cnt < most && next_frame(n, cur, &frames[cnt]))
		cnt++;
	return cnt;
}

/* A thread of the kernel's has its frames alone: the first one called schedule(). */
static struct stack_wait judge_kernel(const struct stack_names *n, struct cursor cur)
{
	struct stack_wait wait = { .primitive = PRIMITIVE_UNKNOWN };
	struct frame frames[IDLE_PATH];
	size_t cnt = next_frames(n, &cur, frames, IDLE_PATH);

	wait.idle = cnt ? idle_row_of(n, NULL, frames, cnt) : 0;
	return wait;
}

struct stack_wait stack_judge(const struct stack_names *n, const uint32_t *stack, size_t stack_cnt)
{
	struct cursor all = waiter_part(n, stack, stack_cnt), cur = past_kernel(n, all);
	struct stack_wait wait = { .primitive = PRIMITIVE_UNKNOWN };
	const struct wait_row *by = NULL, *row;
	struct frame frames[IDLE_PATH];
	bool more = next_frame(n, &cur, &frames[0]);

	if (!more)
		return judge_kernel(n, all);
	while (more && (row = wait_of(n, &frames[0]))) {
		by = row;
		wait.primitive = primitive_join(wait.primitive, row->primitive);
		wait.has_owner |= !strncmp(row->name, "pthread_mutex_", 14);
		more = next_frame(n, &cur, &frames[0]);
	}
	if (!by || !more || primitive_is_lock(wait.primitive))
		return wait;
	wait.idle = idle_row_of(n, by, frames, 1 + next_frames(n, &cur, frames + 1, IDLE_PATH - 1));
	return wait;
}
