/* SPDX-License-Identifier: Apache-2.0 */
/* One row an option: parsing and --help read the same table. */
#ifndef EBPROF_CMD_OPTION_ROWS_H
#define EBPROF_CMD_OPTION_ROWS_H

#include <stdbool.h>
#include <stddef.h>

struct options;

enum option_group {
	WHO,
	WHAT,
	WAITS,
	HEAP,
	HOW,
	OUT,
	EXPERT,
	CAPTURE_GROUPS, /* of captures; the others are report's own */
	VIEW = CAPTURE_GROUPS,
	ROWS,
	FILTER,
	VALUES,
	GROUP_CNT
};

struct option_row {
	const char *name; /* long, without dashes */
	char letter;      /* 0 = none */
	const char *arg;  /* its name in the help, NULL = a flag, [=NAME]: --name=VALUE or a flag */
	enum option_group group;
	const char *help;
	/* 0, or EXIT_USAGE after saying why; 'text' is NULL without a value. */
	int (*parse)(struct options *o, const char *text);
};

extern const struct option_row option_rows[];
extern const size_t option_row_cnt;

/*
 * The rows of these names (NULL-terminated; NULL: all rows) in the table's order, NULL past the last.
 */
const struct option_row *option_listed(const char *const *names, size_t i);
const char *option_group_title(enum option_group group);
/* [=VALUE]: its value may be left out. */
bool option_is_optional(const struct option_row *r);
/* Says that an option's value is wrong and what it should be; EXIT_USAGE. */
int option_bad(const char *option, const char *text, const char *want);
/* option_sched.c */
int parse_threshold(struct options *o, const char *text);
int parse_min(struct options *o, const char *text);
int parse_max(struct options *o, const char *text);
int parse_reason(struct options *o, const char *text);
int parse_idle(struct options *o, const char *text);
int parse_waiters(struct options *o, const char *text);
int parse_wakers(struct options *o, const char *text);
int parse_sched_hook(struct options *o, const char *text);
/* option_heap.c */
int parse_rate(struct options *o, const char *text);
int parse_inuse_space(struct options *o, const char *text);
int parse_inuse_objects(struct options *o, const char *text);
int parse_alloc_space(struct options *o, const char *text);
int parse_alloc_objects(struct options *o, const char *text);
int parse_no_preload(struct options *o, const char *text);
int parse_growth(struct options *o, const char *text);

#endif
