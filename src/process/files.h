/* SPDX-License-Identifier: Apache-2.0 */
/* The table of files, and how many of their descriptors may be kept. */
#ifndef EBPROF_PROCESS_FILES_H
#define EBPROF_PROCESS_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "process/file.h"

struct files {
	struct file **buckets;
	size_t bucket_cnt; /* a power of two */
	size_t cnt;
	uint64_t clock; /* counts uses */
	size_t fd_cnt, fd_max;
	uint32_t scan; /* number of the reading of /proc that is going on or was the last */
};

/* A file as a record or a line of maps names it. */
struct file_name {
	struct file_id id;
	const char *path; /* not NUL-terminated */
	size_t path_len;
	uint64_t end; /* of the mapping: tells the vdso of a 32-bit program */
	bool scanned; /* from maps, which shows no generation */
};

/* 0 or -ENOMEM. Raises the soft limit of descriptors once. */
int files_init(struct files *fs);
void files_release(struct files *fs);
/* The file of that name, which lives as long as the table; NULL when memory is out. */
struct file *files_get(struct files *fs, const struct file_name *name);
/* Is that mapping of no interest: [vsyscall]? */
bool files_ignored(const char *path, size_t len);
/* The file was asked for now. */
void files_touch(struct files *fs, struct file *f);
/* Keeps 'fd' as the file's own; closes the one used longest ago when there are too many. */
void files_keep(struct files *fs, struct file *f, int fd);

#endif
