/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A jitdump, jit-PID.dump: binary records of the code that a runtime made, with lines where it knows
 * them (linux: tools/perf/Documentation/jitdump-specification.txt). Which code was at an address is
 * told by the order of the records alone: the last one counts, whatever its time stamp, so that
 * of code whose place was used again the earlier samples get the later name. Only dumps of this
 * machine's byte order are read.
 */
#ifndef EBPROF_SYMBOLIZE_JITDUMP_H
#define EBPROF_SYMBOLIZE_JITDUMP_H

#include <stddef.h>
#include <stdint.h>

struct jitdump;
struct names_frame;

struct jitdump_stats {
	uint64_t loads, moves;
	uint64_t malformed; /* records that were skipped */
};

/* NULL: out of memory. */
struct jitdump *jitdump_new(void);
void jitdump_free(struct jitdump *d);
/*
 * Reads the file, once. Stops where it would take more than 'bytes_max'. 0 or -errno: -EBADMSG = it is no
 * jitdump, -ENOEXEC = of another byte order or version, -EFBIG = there was more; what was read before an
 * error counts.
 */
int jitdump_read(struct jitdump *d, int fd, size_t bytes_max);
/* The code at an address: 1, or 0 when there is none. Its texts live as long as 'd'. */
size_t jitdump_find(const struct jitdump *d, uint64_t address, struct names_frame *frame);
const struct jitdump_stats *jitdump_stats(const struct jitdump *d);

#endif
