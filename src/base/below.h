/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening what others name: first without effects, as a path (O_PATH), so that its owner can be looked at and
 * a device or a FIFO is never really opened; then for reading.
 */
#ifndef EBPROF_BASE_BELOW_H
#define EBPROF_BASE_BELOW_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The path below a directory that is taken for the root: neither "..", nor a symbolic link, nor one of /proc
 * leaves it. 'flags' beside O_PATH | O_CLOEXEC. A descriptor or -errno.
 */
int below_open(int root, const char *path, uint64_t flags);
/* Opens for reading what 'path_fd', which stays open, is of: it must be a regular file. Likewise. */
int below_read(int path_fd);
/* The same of a path, found as by openat(2) with its flags beside: it may lead anywhere. */
int below_read_at(int dir, const char *path, int flags);
/* Is it absolute, and as the kernel writes paths: without a way up? Behind a directory's it stays there. */
bool below_is_plain(const char *path);

#endif
