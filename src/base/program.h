/* SPDX-License-Identifier: Apache-2.0 */
/* What the file of a program says of how it is started. */
#ifndef EBPROF_BASE_PROGRAM_H
#define EBPROF_BASE_PROGRAM_H

#include <stddef.h>

enum program {
	PROGRAM_DYNAMIC, /* by a loader, for this processor: LD_PRELOAD works */
	PROGRAM_STATIC,  /* by no loader */
	PROGRAM_FOREIGN, /* it is no program of this processor and width */
	PROGRAM_SETUID,  /* it is another user's or group's: the loader takes no foreign library */
	PROGRAM_SANITIZED, /* its sanitizer's library has to be the first */
	PROGRAM_UNREADABLE,
};

/*
 * The program at that path, or the one that runs the script there. Calls nothing but system calls: also for
 * a child between fork() and exec().
 */
enum program program_at(const char *path);
/*
 * Where execvp() finds that file ('path': PATH, NULL = it has none), into 'to'; NULL: nowhere, or there is
 * no room for it. A name with a slash is its own path.
 */
const char *program_find(const char *file, const char *path, char *to, size_t size);

#endif
