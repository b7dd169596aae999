/* SPDX-License-Identifier: Apache-2.0 */
/* The window's conditions as the kernel side reads them: the maps wanted, targets and cgroups. */
#ifndef EBPROF_SESSION_WANTED_H
#define EBPROF_SESSION_WANTED_H

#include <stdint.h>

struct abi_glob;
struct engine;
struct err;

/* Fills the maps from the engine's targets; nothing is recorded yet. 0 or -errno. */
int wanted_load(struct engine *en, struct err *e);
/*
 * Compiles globs ('\n' between them; * ? [a-z] [!a-z] and \ to quote) over a comm into one
 * automaton. 0, -E2BIG (more than 63 elements in all) or -EINVAL (an unclosed bracket).
 */
int glob_compile(struct abi_glob *g, const char *patterns);

#endif
