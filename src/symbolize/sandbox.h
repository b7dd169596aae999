/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gives up all rights of this process, for good: before it reads a file that anyone can write. What
 * is left is to read the descriptors that are open, to ask for memory, and to write.
 */
#ifndef EBPROF_SYMBOLIZE_SANDBOX_H
#define EBPROF_SYMBOLIZE_SANDBOX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * The first step: the process ends with its parent, which was 'parent', has no descriptors but 'fds' (negative
 * ones are none), and 'cpu_seconds' of CPU time. It can still open files. 0 or -errno.
 */
int sandbox_begin(pid_t parent, const int *fds, size_t fd_cnt, unsigned int cpu_seconds);
/*
 * The last step; 'memory_bytes' may be asked for beyond what the process has. 0 or -errno: then some
 * rights may be left, and the process is to end.
 */
int sandbox_enter(uint64_t memory_bytes);

#endif
