/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of /proc/PID/maps, one line a mapping:
 * START-END PERMS OFFSET MAJOR:MINOR INODE      PATH
 */
#ifndef EBPROF_PROCESS_PROCMAPS_H
#define EBPROF_PROCESS_PROCMAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct procmaps_line {
	uint64_t start, end, offset, inode;
	uint32_t major, minor;
	bool read, write, exec;
	const char *path; /* into the text; not NUL-terminated */
	size_t path_len;
};

/*
 * A line holds at most a path of PATH_MAX bytes, each written as four when it is a newline
 * (linux: fs/seq_file.c mangle_path), and some 80 bytes before it.
 */
enum { PROCMAPS_BUF = 4 * 4096 + 4096 };

/*
 * Reads one line (without its newline) and undoes the path's escapes in place; false when it is not
 * a mapping.
 */
bool procmaps_parse(char *line, size_t len, struct procmaps_line *out);
/*
 * Calls 'each' for each mapping of an open maps file until it says false or a bound on hostile
 * address spaces is met. 'buf' has PROCMAPS_BUF bytes. Returns the bytes read, or -errno.
 */
long procmaps_each(int fd, char *buf, bool (*each)(void *arg, const struct procmaps_line *l),
                   void *arg);

#endif
