/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The executable mappings of a program: a sorted, disjoint array, shared by a process and the
 * children it forks until one of them changes it (counted references, copy on write).
 */
#ifndef EBPROF_PROCESS_MAPPINGS_H
#define EBPROF_PROCESS_MAPPINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "process/process.h"

struct mappings {
	uint32_t refs;
	uint32_t cnt, cap;
	struct mapping items[];
};

/* Bounds the work that one hostile program can make: an insertion moves half of them on average. */
enum { MAPPINGS_MAX = 8192 };

/* One more owner of 'ms', which may be NULL (no mappings). */
struct mappings *mappings_ref(struct mappings *ms);
void mappings_unref(struct mappings *ms);
/*
 * Puts 'm' into *ms, which is replaced when it has to be (NULL: none yet). Where 'm' continues or
 * repeats a mapping of the same file at the same place they become one. Where it covers something
 * else, 'm' wins, and with 'live' that range, and only that, is marked remapped: until now addresses
 * there meant the other file. 0, -ENOMEM, or -ENOSPC beyond MAPPINGS_MAX; then *ms is as it was.
 */
int mappings_add(struct mappings **ms, const struct mapping *m, bool live);
/* The one that holds 'address', or NULL. */
const struct mapping *mappings_find(const struct mapping *items, size_t cnt, uint64_t address);

#endif
