/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files that processes map, each once. A file is known by device, inode and generation (size and
 * change time where the file system has no generation); a build ID only finds names, it proves
 * nothing. A descriptor is kept from first use, so that a file that is deleted or replaced later is
 * still the one that was mapped.
 */
#ifndef EBPROF_PROCESS_FILE_H
#define EBPROF_PROCESS_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum file_kind {
	FILE_REGULAR = 0,
	FILE_VDSO = 1, /* [vdso]: read from the memory of ebprof itself */
	FILE_ANON = 2, /* no file: JIT code and the like; never opened */
};

struct file_id {
	uint32_t major, minor;
	uint64_t inode;
	uint64_t generation; /* 0: not known */
};

struct file {
	struct file_id id;
	enum file_kind kind;
	char *path;        /* as the process sees it, without " (deleted)" */
	char build_id[41]; /* lower-case hex, "" = not known (yet) */
	int fd;            /* -1 = not opened; owned */
	int open_err;      /* -errno of the last attempt to open it, 0 = none made or it worked */
	bool tried;
	bool mismatch;        /* what could be opened was not the mapped file: counted */
	uint32_t attempt_pid; /* whose /proc was tried last, 0 = nobody's */
	bool memory;          /* fd holds what a process had mapped of it: no section headers */

	/* For the process room only. */
	struct file *next;    /* in its hash bucket */
	uint64_t used;        /* when it was last asked for: the least is closed first */
	uint64_t size;        /* of what was opened, 0 = never opened */
	int64_t ctime_ns;     /* of what was opened */
	uint32_t scan;        /* the last reading of /proc that saw it */
	uint32_t attempt_cnt; /* failed attempts */
};

#endif
