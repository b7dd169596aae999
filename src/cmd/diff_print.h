/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EBPROF_CMD_DIFF_PRINT_H
#define EBPROF_CMD_DIFF_PRINT_H

#include <stdio.h>

struct diff;
struct diff_row;

/* A table of the functions that changed or are not light. */
void diff_print(const struct diff *d, FILE *out);
/* All functions, as one JSON array of objects; shares are parts of 1. */
void diff_print_json(const struct diff *d, FILE *out);

#define DIFF_RELATIVE_MAX 32
/* By how much of its A a row has changed: "+5.00%", or "new". */
void diff_relative_text(const struct diff_row *row, char text[DIFF_RELATIVE_MAX]);

#endif
