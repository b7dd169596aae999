/* SPDX-License-Identifier: Apache-2.0 */
/* What the views with rows share. */
#ifndef EBPROF_REPORT_ROWS_H
#define EBPROF_REPORT_ROWS_H

#include <stdio.h>

#include "report/graph.h"
#include "report/units.h"

struct err;

/* Builds the graph and chooses the unit; 0, or -errno + 'e'. graph_release() in any case. */
int rows_build(struct graph *g, struct report *r, struct err *e);
/* The lines above. */
void rows_print_header(const struct graph *g, FILE *out);

/* The two weights of a row with their shares, and the share of all rows up to this one. */
struct row_text {
	char flat[UNITS_TEXT_MAX], cum[UNITS_TEXT_MAX];
	char flat_percent[UNITS_PERCENT_MAX], cum_percent[UNITS_PERCENT_MAX];
	char sum_percent[UNITS_PERCENT_MAX];
};
/* '*sum' is that of the rows before, and has this row's added. */
void row_text(const struct report *r, const struct graph_node *n, int64_t *sum, struct row_text *t);
/* Text right-aligned in so many characters (not bytes). */
void put_right(const char *text, int width, FILE *out);
/* A value right-aligned in ten, and a blank; with 'dots' 0 is a dot. */
void put_value(const struct report *r, int64_t value, bool dots, FILE *out);

#endif
