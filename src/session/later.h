/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EBPROF_SESSION_LATER_H
#define EBPROF_SESSION_LATER_H

#include <stddef.h>

struct profile;
struct symbolize_source;

/*
 * Of the sources of a profile's mappings, those that can be asked at any time by what the profile says
 * of them are left for later: files, and the kernel by its build ID. Adds what is to be said of files
 * without one. The names of code that goes with its program, or with this boot of the kernel, are
 * left to be found now.
 */
void later_mark(struct profile *p, struct symbolize_source *sources, size_t cnt);

#endif
