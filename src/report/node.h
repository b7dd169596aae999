/* SPDX-License-Identifier: Apache-2.0 */
/* What a row of a report is about: a function, a file, a line or an address. */
#ifndef EBPROF_REPORT_NODE_H
#define EBPROF_REPORT_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct profile;
struct profile_line;
struct profile_location;
struct report;

/* Equal ones are one row. Strings are the profile's. No hole: it is the key of a table. */
struct node_info {
	uint32_t name, file, object, column;
	int64_t start_line, line;
	uint64_t address;
};

/* How a report sees locations. */
struct node_view {
	struct profile *p;
	bool functions, files, lines, columns, addresses, objects;
	bool trims; /* paths, by source_path and trim_path */
	const char *source_path, *trim_path;
	uint32_t *cleaned; /* by string: the path as it is shown, + 1 */
	size_t cleaned_cnt;
};

void node_view_init(struct node_view *v, const struct report *r, bool trims);
void node_view_release(struct node_view *v);
/* The row of a line of a location, which has none when 'line' is NULL. */
void node_info_get(struct node_view *v, const struct profile_location *l,
                   const struct profile_line *line, struct node_info *info);
/* The first line that counts, of line_cnt; and how many: at least one, which need not exist. */
size_t node_lines(const struct report *r, const struct profile_location *l, size_t *cnt);

/* The row's name as it is printed, without control characters; NULL = out of memory. */
char *node_name(const struct profile *p, const struct node_info *info);
/* The order of two rows' names: by address where both have one. */
int node_compare(const struct node_info *a, const char *a_name, const struct node_info *b,
                 const char *b_name);

/* path.c: without what is usually before the paths of sources, and "./"; the caller frees them. */
char *path_trim(const char *path, const char *trim_path, const char *source_path);
char *path_clean(const char *path);
/* The part behind the last slash, as "[" needs it: "." for "", "/" for slashes alone. */
char *path_base(const char *path);

#endif
