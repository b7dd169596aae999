/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of perf-PID.map, in which a runtime names the code that it makes, a line for each piece:
 * START SIZE NAME, the numbers in hex, the name up to the end of the line (linux:
 * tools/perf/Documentation/jit-interface.txt). The JVM's jcmd writes 0x before the numbers. Of lines
 * for the same address the later one counts.
 */
#ifndef EBPROF_SYMBOLIZE_PERFMAP_H
#define EBPROF_SYMBOLIZE_PERFMAP_H

#include <stddef.h>
#include <stdint.h>

struct perfmap;

struct perfmap_stats {
	uint64_t lines;
	uint64_t malformed; /* lines that were skipped */
};

/* NULL: out of memory. */
struct perfmap *perfmap_new(void);
void perfmap_free(struct perfmap *m);
/*
 * Reads the file, once. The last line counts when its newline is there. Stops where perfmap_bytes() would
 * pass 'bytes_max'. 0 or -errno: -EFBIG = there was more; what was read before an error counts.
 */
int perfmap_read(struct perfmap *m, int fd, size_t bytes_max);
/* The name of the code at an address, NULL when there is none; lives as long as 'm'. */
const char *perfmap_find(const struct perfmap *m, uint64_t address);
size_t perfmap_bytes(const struct perfmap *m);
const struct perfmap_stats *perfmap_stats(const struct perfmap *m);

#endif
