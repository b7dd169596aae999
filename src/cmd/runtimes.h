/* SPDX-License-Identifier: Apache-2.0 */
/* Which runtime of a language a file is. */
#ifndef EBPROF_CMD_RUNTIMES_H
#define EBPROF_CMD_RUNTIMES_H

/* One row a runtime. */
struct runtime {
	const char *name;
	const char *symbol; /* a function that only it defines; NULL: it has a mark of its own */
	const char *text;   /* what profiles of it show */
	const char *remedy; /* how it shows more, NULL = it cannot */
};

/* The runtime that the open file holds, or NULL. */
const struct runtime *runtime_find(int file);

#endif
