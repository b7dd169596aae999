/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gives up all rights of this process, for good: before it reads a file that anyone can write, or becomes a
 * program that does. What is left is to read the descriptors that are open, to ask for memory, and to write.
 */
#ifndef EBPROF_BASE_SANDBOX_H
#define EBPROF_BASE_SANDBOX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * A process that is to do so: 0 in it, and '*to' is the end of a pipe, of which '*from' is the other one in who
 * called, who gets its pid or -errno.
 */
pid_t sandbox_fork(int *from, int *to);
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

/* Who is root becomes nobody, in no group; no capability is left, and none can be had. 0 or -errno. */
int sandbox_be_nobody(void);
/*
 * After sandbox_be_nobody() and the first step, instead of the last one: becomes a program of the system, which
 * argv[0] names; argv ends in NULL. What is left is to read what it has open, files of the system, and the one
 * behind 'fd' by its name /proc/self/fd/N, to ask for 'memory_bytes' of memory, and to write to what is open.
 * Returns -errno, then the process is to end; -ENOENT: there is no such program.
 */
int sandbox_become(const char *const *argv, int fd, uint64_t memory_bytes);

/*
 * Leaves this process the rights of the user who started it: none that come from the program's file (its
 * owner, its capabilities). 0 or -errno.
 */
int sandbox_be_user(void);

#endif
