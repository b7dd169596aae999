/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A profile as text, in the words and to the byte of `go tool pprof` of Go 1.26: which frames and
 * samples count (filters), what a row is (granularity), which rows are shown (trimming), and the views.
 * The profile is the report's own: filters change it in place. What others wrote into it (names, units,
 * labels) comes out without control characters.
 *
 *   report_open()  the sample type, the total, frames of labels, the filters
 *   report_print() the view
 */
#ifndef EBPROF_REPORT_REPORT_H
#define EBPROF_REPORT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/table.h"
#include "report/spread.h"

struct err;
struct profile;

enum report_view {
	REPORT_TOP,
	REPORT_TREE,
	REPORT_PEEK,
	REPORT_TRACES,
	REPORT_TAGS,
	REPORT_LIST,
	REPORT_DISASM,
};

enum report_granularity {
	REPORT_BY_VIEW, /* functions, but for what a view needs */
	REPORT_FUNCTIONS,
	REPORT_FILEFUNCTIONS,
	REPORT_FILES,
	REPORT_LINES,
	REPORT_ADDRESSES,
};

#define REPORT_NODES_BY_VIEW (-1)

struct report_options {
	enum report_view view;
	const char *pattern; /* of REPORT_PEEK, REPORT_LIST and REPORT_DISASM */
	enum report_granularity granularity;
	bool cum;             /* rows by cumulative weight */
	bool no_inlines;      /* an inlined function counts for the one that it is part of */
	bool columns;         /* of lines */
	bool no_trim;         /* every row */
	bool drop_negative;   /* no rows below 0 */
	bool mean;            /* a value by the first value of its sample */
	bool relative;        /* percentages of what the filters leave */
	bool compact;         /* no lines about the profile */
	bool intervals;       /* REPORT_TOP: 95 % intervals of the shares */
	int64_t node_count;   /* rows at most, 0 = all */
	double node_fraction; /* rows below this part of the total are left out */
	double edge_fraction; /* callers and callees below it */
	double divide_by;
	const char *unit;         /* of the values printed */
	const char *sample_index; /* its number or name, NULL = the profile's default */
	/* Filters, NULL = none. */
	const char *focus, *ignore, *hide, *show, *show_from, *prune_from;
	const char *tagfocus, *tagignore, *tagshow, *taghide;
	const char *tagroot, *tagleaf; /* keys with commas between them */
	const char *source_path, *trim_path;
};

#define REPORT_WARNINGS_MAX 16

struct report {
	struct profile *p;
	const struct report_options *options;
	enum report_granularity granularity;
	int64_t node_count;
	double node_fraction, edge_fraction;
	bool no_inlines;
	size_t type;           /* of the values */
	int64_t total;         /* of their sizes, or of the base's */
	const char *type_name; /* of the sample type */
	const char *type_unit;
	const char *unit;         /* of the values printed */
	struct table label_units; /* by key */
	struct spread spread;     /* of what the total is of, with options->intervals */
	/* Filters that matched nothing, by name. */
	const char *warnings[REPORT_WARNINGS_MAX];
	size_t warning_cnt;
};

/* pprof's defaults. */
void report_options_init(struct report_options *o);
/* How wrong lines of a profile are written: 0, or -errno + 'e'; report_close() in any case. */
int report_open(struct report *r, struct profile *p, const struct report_options *o, struct err *e);
/* The view; 0, or -errno + 'e'. Does not flush. */
int report_print(struct report *r, FILE *out, struct err *e);
void report_close(struct report *r);

/* compare.c: takes the other's samples away from those of 'p'; both stay the caller's. */
struct report_base {
	bool is_diff;   /* percentages are of the base */
	bool normalize; /* the profile's totals are made the base's first */
};
/*
 * One profile of several that measure the same, in which equal samples are one; sample types that not
 * all have are left out, units are made the finest. Changes the profiles; they stay the caller's. NULL +
 * 'e'.
 */
struct profile *report_merge(struct profile *const *profiles, size_t cnt, struct err *e);
/* A profile of p less base; both are changed and stay the caller's. NULL + 'e'. */
struct profile *report_subtract(struct profile *p, struct profile *base,
                                const struct report_base *how, struct err *e);
/* prune.c: leaves out the frames that the profile itself says are of no interest. 0 or -errno + 'e'. */
int report_drop_frames(struct profile *p, struct err *e);

#endif
