/* SPDX-License-Identifier: Apache-2.0 */
/* What a capture leaves: files, the table on a terminal, the closing line and --stats. */
#ifndef EBPROF_CMD_RESULTS_H
#define EBPROF_CMD_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "session/engine.h"
#include "session/window.h"

struct format;
struct kind;
struct options;
struct output;
struct profile;

/* One result file, opened before the capture so that a bad folder shows at once. */
struct result {
	const struct kind *kind;
	const struct format *format;
	char *path;            /* owned */
	struct output *output; /* NULL = given to the writer */
};

struct results {
	const struct options *options;
	const char *line; /* the command line as the user wrote it, for the profile's comment */
	struct result *items;
	size_t cnt, cap;
	struct output *stats;
	/* Filled in by the capture. */
	struct engine_stats engine;
	uint64_t start_cost_ns; /* from the program's start to the first sample that counted */
	uint64_t duration_ns, cpu_ns; /* of the capture; cpu_ns: ebprof's own in that time */
	uint64_t finish_from_ns;      /* CLOCK_BOOTTIME when the capture ended */
	uint64_t finish_cpu_from_ns;  /* results_cpu_ns() then */
	uint64_t memory_bytes;
};

/* The format of an -o: as --format says, else by the path's suffix; NULL after saying why. */
const struct format *results_format(const struct options *o, const char *path);
/* CPU time of ebprof until now, with the workers that have ended when asked for. */
uint64_t results_cpu_ns(bool workers);
/* Names and opens every result; 0, EXIT_USAGE or EXIT_FAILED after saying why. */
int results_open(struct results *r, const struct options *o);
/* Drops what was not written. */
void results_release(struct results *r);
/*
 * Makes each kind's profile, writes its files and says the closing line. 0, or EXIT_FAILED after
 * saying why (an empty profile too).
 */
int results_write(struct results *r, const struct window *w, const struct finish_options *fo);

#endif
