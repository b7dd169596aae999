/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Languages and runtimes, the user half: one file each, which ends in its const row. Those whose
 * stacks an unwinder of their own walks in the kernel are rows of include/langs.h.
 */
#ifndef EBPROF_LANG_LANG_H
#define EBPROF_LANG_LANG_H

#include <stddef.h>

#include "langs.h"

/* jit needs no unwinder of its own. */
#define LANGUAGES(X) LANGS(X) X(jit)

struct lang {
	const char *name;
	const char *help; /* one line: what it is, how its stacks are walked and named */
};

/* The languages in their order, NULL past the last. */
const struct lang *lang_at(size_t i);

#endif
