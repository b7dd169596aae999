/* SPDX-License-Identifier: Apache-2.0 */
/* The environment: where the loader read of this library, and where those of later programs are to read of it. */
#ifndef EBPROF_PRELOAD_ENVIRON_H
#define EBPROF_PRELOAD_ENVIRON_H

#include <stddef.h>

extern char **environ __attribute__((weak)); /* the C library's */

static inline char **environ_now(void)
{
	return &environ ? environ : NULL;
}

#pragma GCC visibility push(hidden)
/* Takes this library out of it, as if it had never been there. */
void environ_restore(void);
/* Of a variable, NULL = it is not set. */
const char *environ_value(char *const *from, const char *name);
/* How many variables there are. */
size_t environ_cnt(char *const *from);
/*
 * Copies them, and this library before all others that are preloaded; 'to' has room for two more, 'text' for
 * that variable's. False: it is too long.
 */
_Bool environ_copy(char **to, char *text, size_t size, char *const *from);
#pragma GCC visibility pop

#endif
