/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of a profile made of frames: each function is demangled and added once, by its linkage name, source
 * file and first line.
 */
#ifndef EBPROF_SYMBOLIZE_LINES_H
#define EBPROF_SYMBOLIZE_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/table.h"
#include "symbolize/demangle.h"

struct names_frame;
struct profile;
struct profile_line;

struct lines {
	struct profile *profile;
	enum demangle_style style;
	struct table functions; /* lines.c */
	char *linkage;          /* DEMANGLE_MAX bytes: the name in hand */
	bool verbatim;          /* no linker wrote the names: no '@' in them is a version's */
};

/* 0 or -ENOMEM; release it in any case. The profile is borrowed. */
int lines_init(struct lines *l, struct profile *p, enum demangle_style style);
void lines_release(struct lines *l);
/* A line for each of 'cnt' frames; out of memory is told in profile.failed. */
void lines_make(struct lines *l, const struct names_frame *frames, size_t cnt,
                struct profile_line *made);

#endif
