/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The source files that a jitdump names, each once. Some names are garbage (Node 20 writes those of
 * memory that was freed): they are not taken.
 */
#ifndef EBPROF_SYMBOLIZE_JIT_PATHS_H
#define EBPROF_SYMBOLIZE_JIT_PATHS_H

#include <stddef.h>
#include <stdint.h>

#include "base/strings.h"

struct jit_paths {
	struct strings names; /* number 0 = none */
	size_t bytes;         /* of memory */
};

/* 0 or -ENOMEM. */
int jit_paths_init(struct jit_paths *p);
void jit_paths_release(struct jit_paths *p);
/* The number of the name; 0 when it is none, or memory is out. */
uint32_t jit_paths_add(struct jit_paths *p, const char *text, size_t len);
/* V8's names of functions have the script in them: "JS:*get x /srv/x.js:3:14". Its number, or 0. */
uint32_t jit_paths_in_name(struct jit_paths *p, const char *name);
/* Lives as long as 'p'. */
const char *jit_paths_text(const struct jit_paths *p, uint32_t number);

#endif
