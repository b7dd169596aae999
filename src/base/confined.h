/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Another program that reads what anyone may have made: it runs without rights (sandbox.h), and its time,
 * its memory and its output are bounded.
 */
#ifndef EBPROF_BASE_CONFINED_H
#define EBPROF_BASE_CONFINED_H

#include <stdint.h>

/* Of a line; what is behind them is left out. */
#define CONFINED_LINE_MAX (16 << 10)

struct confined {
	const char *const *argv; /* ends in NULL */
	int input;               /* its standard input, which it can open as /proc/self/fd/0 too */
	unsigned int seconds;    /* of CPU time; six times as many in all */
	uint64_t memory_bytes;
	uint64_t output_bytes;
};

/* One line without its end; what is not 0 ends the program. */
typedef int confined_line_fn(void *arg, char *line);

/*
 * Runs it until it ends. Its exit status, what 'line' returned, or -ENOENT: there is no such program, -EPERM:
 * its rights could not be taken away, -ETIME, -EFBIG: it was ended because of its time or its output, -EIO:
 * it died, -errno.
 */
int confined_run(const struct confined *c, confined_line_fn *line, void *arg);

#endif
