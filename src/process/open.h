/* SPDX-License-Identifier: Apache-2.0 */
/* The ways to a mapped file that are not a path: from memory. */
#ifndef EBPROF_PROCESS_OPEN_H
#define EBPROF_PROCESS_OPEN_H

#include <stdint.h>

#include "process/file.h"

/*
 * What the process behind the /proc directory 'dir' has mapped of the file, at its place in a
 * sealed memfd: headers and code, but no section headers. -errno, -ENOEXEC when it is no ELF file.
 */
int memory_file(int dir, const struct file *f);
/* The vdso that ebprof itself has, 'size' bytes at most; a memfd or -errno. */
int memory_vdso(uint64_t size);
/* The GNU build ID of an open file in hex, "" when it has none. */
void build_id_read(int fd, char build_id[41]);

#endif
