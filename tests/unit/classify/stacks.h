/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Real stacks, taken by gdb (tests/live/stacks.py) from idle and waiting threads of each runtime.
 * The files in tests/unit/classify/stacks have lines
 *
 *   # what it was
 *   == idle|busy PRIMITIVE THREAD     a stack begins: what it is, PRIMITIVE '-' when no futex is waited for
 *   FILE LINKAGE-NAME                 a frame, the leaf first; '+' before it: inlined into the next one
 */
#ifndef EBPROF_TESTS_CLASSIFY_STACKS_H
#define EBPROF_TESTS_CLASSIFY_STACKS_H

#include <ctype.h>
#include <linux/futex.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "classify/classify.h"
#include "profile/profile.h"
#include "symbolize/demangle.h"

#define STACKS_DIR  "tests/unit/classify/stacks/"
#define FRAMES_MAX  256
#define ADDRESS_CNT 0x1000000ull

struct stacks {
	struct profile *p;
	enum demangle_style style;
	uint32_t stack[FRAMES_MAX];
	struct profile_line lines[FRAMES_MAX]; /* of a location that is not complete */
	size_t stack_cnt, line_cnt;
	uint64_t address;
	char title[256]; /* of the stack in hand */
	bool is_open;
};

static uint32_t stacks_mapping(struct profile *p, const char *file)
{
	struct profile_mapping m = { .start = 0x400000, .limit = 0x400000 + ADDRESS_CNT };
	size_t i;

	for (i = 0; i < p->mapping_cnt; i++)
		if (!strcmp(profile_text(p, p->mappings[i].file), file))
			return (uint32_t)i + 1;
	if (!strncmp(file, "[kernel", 7)) {
		m.start |= 1ull << 63;
		m.limit |= 1ull << 63;
	}
	m.file = profile_string(p, file);
	return profile_place_mapping(p, &m);
}

static void stacks_frame(struct stacks *s, char *text)
{
	bool is_inline = *text == '+';
	char *file = text + is_inline, *name = strchr(file, ' '), path[300], *shown;
	uint32_t mapping;

	if (!name || s->stack_cnt == FRAMES_MAX || s->line_cnt == FRAMES_MAX)
		return; /* the root's end of a deep one does not matter */
	*name++ = 0;
	snprintf(path, sizeof(path), *file == '[' ? "%s" : "/usr/lib/%s", file);
	mapping = stacks_mapping(s->p, path);
	shown = demangle(name, s->style);
	s->lines[s->line_cnt++].function =
		profile_add_function(s->p, shown ? shown : name, name, "", 0);
	free(shown);
	if (is_inline)
		return;
	s->stack[s->stack_cnt] = profile_add_location(
		s->p, mapping, profile_mapping(s->p, mapping)->start + s->address++);
	profile_set_lines(s->p, s->stack[s->stack_cnt++], s->lines, s->line_cnt);
	s->line_cnt = 0;
}

/* The sample of the stack that ends here: its title is a label, so that no two are one. */
static void stacks_close(struct stacks *s, const int64_t *values)
{
	struct profile_label labels[2] = {
		{ .key = profile_string(s->p, "title"), .str = profile_string(s->p, s->title) },
		{ .key = profile_string(s->p, CLASSIFY_FUTEX),
		  .num = FUTEX_WAIT | FUTEX_PRIVATE_FLAG,
		  .unit = profile_string(s->p, CLASSIFY_FUTEX_UNIT) },
	};
	bool is_futex = !strstr(s->title, " - ");

	if (s->is_open)
		profile_add_sample(s->p, s->stack, s->stack_cnt, labels, 1 + is_futex, values);
	s->is_open = false;
	s->stack_cnt = s->line_cnt = 0;
}

/* A profile of the stacks in 'f', one sample each with these values of three types. */
static struct profile *stacks_parse(FILE *f, const char *name, enum demangle_style style,
                                    const int64_t *values)
{
	struct stacks s = { .p = profile_new(), .style = style };
	char line[4096];
	int n = 0;

	profile_add_type(s.p, "contentions", "count");
	profile_add_type(s.p, "delay", "nanoseconds");
	profile_add_type(s.p, "runnable", "nanoseconds");
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		if (*line == '#')
			continue;
		if (!strncmp(line, "== ", 3)) {
			stacks_close(&s, values);
			snprintf(s.title, sizeof(s.title), "%.200s %s:%d", line + 3, name, ++n);
			s.is_open = true;
		} else {
			stacks_frame(&s, line);
		}
	}
	stacks_close(&s, values);
	return s.p;
}

/* Those of one of the files. */
__attribute__((unused)) static struct profile *
stacks_read(const char *file, enum demangle_style style, const int64_t *values)
{
	struct profile *p;
	char path[300];
	FILE *f;

	snprintf(path, sizeof(path), STACKS_DIR "%s", file);
	f = fopen(path, "re");
	if (!f) {
		fprintf(stderr, "cannot open %s: run from the repository's root\n", path);
		abort();
	}
	p = stacks_parse(f, file, style, values);
	fclose(f);
	return p;
}

#endif
