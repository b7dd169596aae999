/* SPDX-License-Identifier: Apache-2.0 */
/* The names of the code that one program made: what its perf map and its jitdump say. */
#ifndef EBPROF_SYMBOLIZE_JIT_H
#define EBPROF_SYMBOLIZE_JIT_H

#include <stddef.h>
#include <stdint.h>

struct jit;
struct names_frame;

/* NULL: out of memory. */
struct jit *jit_new(void);
void jit_free(struct jit *j);
/* Reads what is new in the file, up to about 'bytes_max' of memory in all. 0 or -errno. */
int jit_read_map(struct jit *j, int fd, size_t bytes_max);
int jit_read_dump(struct jit *j, int fd, size_t bytes_max);
size_t jit_bytes(const struct jit *j);
/* Readings that ended before the file did. */
uint64_t jit_cut(const struct jit *j);
/*
 * The code at an address of the process: 1, or 0 when there is none. The jitdump, which has lines,
 * is asked first. Its texts live until the next reading.
 */
size_t jit_find(struct jit *j, uint64_t address, struct names_frame *frame);

#endif
