/* SPDX-License-Identifier: Apache-2.0 */
/* A regular expression on the names that a location has: each distinct name is asked about once. */
#ifndef EBPROF_REPORT_NAME_FILTER_H
#define EBPROF_REPORT_NAME_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct profile;
struct profile_line;
struct profile_location;
struct regexp;

struct name_filter {
	const struct profile *p;
	struct regexp *regexp; /* NULL = none was asked for */
	uint8_t *answers;      /* by string */
	size_t answer_cnt;
};

/* 'pattern' may be NULL or "": no filter. 0, or -errno + 'e'. */
int name_filter_init(struct name_filter *f, const struct profile *p, const char *pattern,
                     const char *what, struct err *e);
void name_filter_release(struct name_filter *f);
bool name_filter_matches(struct name_filter *f, uint32_t string);
/* Its function's name or file. */
bool name_filter_matches_line(struct name_filter *f, const struct profile_line *l);
/* Its mapping's file. */
bool name_filter_matches_object(struct name_filter *f, const struct profile_location *l);
/* Any of these. */
bool name_filter_matches_location(struct name_filter *f, const struct profile_location *l);

#endif
