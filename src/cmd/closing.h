/* SPDX-License-Identifier: Apache-2.0 */
/* The figures of a capture: as comments in the profile, as the closing line, as JSON (--stats). */
#ifndef EBPROF_CMD_CLOSING_H
#define EBPROF_CMD_CLOSING_H

#include <stdbool.h>

struct finish_stats;
struct kind;
struct profile;
struct results;
struct window;

struct closing {
	struct results *results;
	const struct window *window;
	const struct kind *kind;
	const struct finish_stats *finish;
	const struct profile *profile;
};

void closing_comments(const struct closing *c, struct profile *p);
/* Tells where the result is (when 'written') and all that was lost. */
void closing_line(const struct closing *c, bool written);
/* One JSON object and a newline a kind into --stats; who commits that file tells what failed. */
void closing_stats(const struct closing *c);

#endif
