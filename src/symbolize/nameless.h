/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one frame of a location that nobody can name: [libfoo.so.1], which is what pprof itself prints
 * for it, and what viewers need to show it at all.
 */
#ifndef EBPROF_SYMBOLIZE_NAMELESS_H
#define EBPROF_SYMBOLIZE_NAMELESS_H

#include <stdbool.h>
#include <stdint.h>

struct profile;
struct profile_location;
struct profile_mapping;

/* The function [FILE] of a mapping, [unknown] of none (NULL); 0 when memory is out. */
uint32_t nameless_function(struct profile *p, const struct profile_mapping *m);
/* Has the location no lines, or only that function's? */
bool nameless_is(const struct profile *p, const struct profile_location *l);

#endif
