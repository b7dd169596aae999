/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file of --unwind check: beside each walk what it started from, so that another unwinder can walk
 * the same stack and say whether the walk was right. A sequence of records in the host's byte order,
 * each of a struct check_head and what follows it, 'size' bytes in all, a multiple of 8.
 */
#ifndef EBPROF_SESSION_CHECK_H
#define EBPROF_SESSION_CHECK_H

#include <stdint.h>

#define CHECK_MAGIC 0x314b48434f525045ull /* "EPROCHK1": the file's first 8 bytes */

enum check_type {
	CHECK_IMAGE = 1,  /* what a process had mapped: before the first sample that names it */
	CHECK_SAMPLE = 2, /* one walk */
};

struct check_head {
	uint32_t type; /* enum check_type */
	uint32_t size; /* bytes of the record, this head too */
};

/* Then mapping_cnt times: struct check_mapping, its path without an end mark, 0 to 7 bytes of padding. */
struct check_image {
	struct check_head head;
	uint32_t
		image; /* counts from 1; the same process gets another one when its mappings changed */
	uint32_t pid;
	uint32_t mapping_cnt;
	uint32_t pad;
};

/* An executable mapping, [start, end). */
struct check_mapping {
	uint64_t start, end;
	uint64_t offset;   /* in the file, of 'start' */
	uint32_t path_len; /* "[vdso]", "//anon" and the like are no files */
	uint32_t pad;
};

/* Then frame_cnt u64, the addresses the walk found, leaf first; then stack_sz bytes from regs[7] on. */
struct check_sample {
	struct check_head head;
	uint32_t image, tid;
	uint32_t end;   /* enum abi_end: 0 = it reached a root */
	uint32_t unmet; /* 1 = walked in user space */
	uint32_t frame_cnt;
	uint32_t stack_sz; /* ≤ 64 KiB, and a multiple of 8 */
	uint64_t pc;
	uint64_t regs[16]; /* by DWARF number; 7 is the stack pointer */
};

#endif
