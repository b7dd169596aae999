/* SPDX-License-Identifier: Apache-2.0 */
/* One program of a process, as the process room keeps it: an image and what belongs to it. */
#ifndef EBPROF_PROCESS_IMAGE_H
#define EBPROF_PROCESS_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "process/mappings.h"
#include "process/proc.h"
#include "process/process.h"

struct program {
	struct image image; /* its comm and mappings point into the fields below */
	struct mappings *mappings;
	struct program *older; /* what the process ran before */
	uint64_t ended_at;     /* 0 = runs */
	bool found;            /* a look-up has returned it */
	char comm[PROC_COMM_LEN];
};

/* NULL when memory is out. */
struct program *program_new(uint32_t pid, uint32_t exec_id, uint64_t start);
void program_free(struct program *p);
/* What a fork copies: exec_id, comm and mappings (shared until one changes). */
struct program *program_fork(const struct program *parent, uint32_t pid, uint64_t start);
/* 'len' bytes, cut at a NUL and to the length of a comm. */
void program_set_comm(struct program *p, const char *comm, size_t len);
/* See mappings_add(). */
int program_map(struct program *p, const struct mapping *m, bool live);

#endif
