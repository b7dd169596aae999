/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is different between two sides of profiles, a function at a time: how much, within what interval,
 * and whether chance could have made it (stats.h has the methods). Functions are the rows of a report:
 * of their names, with its filters.
 *
 * One profile a side tells of the chance of sampling alone. With several on one side or both, p is the
 * larger one of two: that of all samples of a side together, and that of Student's t for what the runs
 * vary by themselves, around the mean of their side: a share of each run, weighted by its total
 * (quasi-binomial: Wedderburn, Biometrika 61, 1974, 439), or with 'absolute' a value of each run. The
 * interval is widened as much as they vary by more than sampling explains.
 *
 *   diff_init()    empty
 *   diff_add()     a profile, of one side
 *   diff_finish()  rows
 */
#ifndef EBPROF_REPORT_DIFF_H
#define EBPROF_REPORT_DIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strings.h"
#include "report/spread.h"
#include "report/stats.h"

struct err;
struct profile;
struct report_options;

enum diff_side { DIFF_A, DIFF_B, DIFF_SIDES };

struct diff_row {
	const char *name; /* lives as long as the diff */
	double value
		[DIFF_SIDES]; /* share of the total, or the mean of the values of a side's files */
	double change;        /* what B has more than A */
	struct stats_interval interval; /* of the change */
	double p;                       /* corrected */
	double part;                    /* of all there is on both sides */
	bool is_significant;            /* p < 1 - STATS_LEVEL */
	struct spread_sum sum[DIFF_SIDES];
};

struct diff_file {
	enum diff_side side;
	struct spread_sum all;
	double *values; /* by the numbers of the names */
	size_t cnt, cap;
};

struct diff {
	bool absolute;
	const struct report_options *options;
	char *type, *unit;     /* of the first file */
	struct strings names;  /* while files are added, row i is that of name i */
	struct diff_row *rows; /* after diff_finish(): the largest change first */
	size_t row_cnt, row_cap;
	struct diff_file *files;
	size_t file_cnt, file_cap;
	size_t side_files[DIFF_SIDES];
	int64_t duration_ns[DIFF_SIDES];
	double freedom;  /* after diff_finish(): files beyond one a side, 0 = they cannot vary */
	double quantile; /* for it */
	struct spread_sum all[DIFF_SIDES];
};

/* 'options' outlive the diff. 0 or -ENOMEM; diff_release() in any case. */
int diff_init(struct diff *d, const struct report_options *options, bool absolute);
/* Adds a profile, which is changed and stays the caller's; 0, or -errno + 'e'. */
int diff_add(struct diff *d, enum diff_side side, struct profile *p, struct err *e);
/* After at least one profile of each side. 0, or -errno + 'e'. */
int diff_finish(struct diff *d, struct err *e);
void diff_release(struct diff *d);

/* By which part of its A the row has changed; INFINITY where that was 0. */
double diff_relative(const struct diff_row *row);

/* diff_row.c: what there is to say of a row but its name, with p uncorrected. */
void diff_compare(const struct diff *d, size_t number, struct diff_row *row);

#endif
