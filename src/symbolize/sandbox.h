/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gives up all rights of this process, for good: before it reads a file that anyone can write. What
 * is left is to read the descriptors that are open, to ask for memory, and to write.
 */
#ifndef EBPROF_SYMBOLIZE_SANDBOX_H
#define EBPROF_SYMBOLIZE_SANDBOX_H

#include <stddef.h>
#include <stdint.h>

struct sandbox {
	const int *fds; /* what stays open, and standard error */
	size_t fd_cnt;
	uint64_t memory_bytes; /* that may be asked for beyond what the process has */
	unsigned int cpu_seconds;
};

/* 0 or -errno: then some rights may be left, and the process is to end. */
int sandbox_enter(const struct sandbox *s);

#endif
