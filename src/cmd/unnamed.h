/* SPDX-License-Identifier: Apache-2.0 */
/* What `ebprof symbolize` could not name, and why, by the names of counters. */
#ifndef EBPROF_CMD_UNNAMED_H
#define EBPROF_CMD_UNNAMED_H

#include <stdbool.h>
#include <stddef.h>

struct profile;
struct recorded;
struct symbolize_counters;

struct unnamed {
	const struct profile *profile;
	const struct recorded *recorded;
	const struct symbolize_counters *counters;
};

/* "; NAME n, NAME n" of what is not 0, at most 'size' bytes; with 'examples' a file of each. */
void unnamed_text(const struct unnamed *u, bool examples, char *text, size_t size);
/* Says what is worth a line of its own: the kernel, files that are known by time alone; -v: each mapping. */
void unnamed_log(const struct unnamed *u);

#endif
