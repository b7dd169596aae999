/* SPDX-License-Identifier: Apache-2.0 */
/* What the command line of `ebprof report` says beside what other commands know. */
#ifndef EBPROF_CMD_OPTION_REPORT_H
#define EBPROF_CMD_OPTION_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cmd/option_rows.h"
#include "report/report.h"

#define REPORT_BASES_MAX 256

/* diff: what a function's change has to be to fail. */
struct report_limit {
	const char *text; /* as it was given, NULL = it never fails */
	int direction;    /* 1: more, -1: less, 0: either */
	double part;      /* of what it was */
	double p;         /* below that */
};

struct report_line {
	struct report_options view;
	bool has_view;      /* it was said which */
	const char **files; /* owned */
	size_t file_cnt;
	const char *program; /* whose profiles they are, NULL = as they say */
	const char *bases[REPORT_BASES_MAX];
	size_t base_cnt;
	struct report_base base;
	uint64_t memory_bytes, cpu_seconds; /* at most */
	bool no_pager, flat;
	/* diff's own. */
	bool absolute, json;
	struct report_limit limit;
};

/* What becomes of an option's value. */
enum report_option_kind {
	OPTION_PARSED, /* its row does it */
	OPTION_VIEW,   /* chooses 'value' */
	OPTION_ROWS,
	OPTION_TYPE,   /* the sample type 'text', the mean when 'value' */
	OPTION_SWITCH, /* 'value' goes into the line at 'place', or what was given does */
	OPTION_TEXT,
	OPTION_REAL,
};

struct report_option {
	struct option_row row;
	enum report_option_kind kind;
	int value;
	const char *text;
	size_t place;
};

extern const struct report_option report_options[];
extern const size_t report_option_cnt;

/* Puts the value of an option into the line; 0, or EXIT_USAGE after saying why. */
int report_option_put(struct options *o, const struct option_row *row, const char *text);
void report_line_init(struct report_line *l);
void report_line_release(struct report_line *l);
/* What single options cannot see: 0, or EXIT_USAGE after saying why. */
int report_line_check(const struct report_line *l);

#endif
