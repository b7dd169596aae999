/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs that make code and name it themselves: their perf maps and jitdumps are found while the
 * process lives, for its root directory ends with it, and kept open; a worker reads them when a profile is
 * made, for they grow until then.
 */
#ifndef EBPROF_SESSION_JITS_H
#define EBPROF_SESSION_JITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/table.h"

struct image;
struct jit;
struct processes;

struct jits {
	struct table programs; /* struct jit_program */
	size_t fd_cnt, fd_max;
};

void jits_init(struct jits *js);
/* Closes and frees everything. */
void jits_release(struct jits *js);
/* A sample goes through memory where the program may have made code: looks for its map. */
void jits_touch(struct jits *js, struct processes *ps, const struct image *im);
/* Looks again, now and then, for what was not there; with 'last' at once. */
void jits_poll(struct jits *js, struct processes *ps, bool last);
/* Where the program names its code, NULL when it has no map; good until the next jits_touch(). */
const struct jit *jits_find(const struct jits *js, const struct image *im);
/* Maps that could not be used: not the process's own, no files, or one too many. */
uint64_t jits_unusable(const struct jits *js);

#endif
