/* SPDX-License-Identifier: Apache-2.0 */
/* The waiters that are idle: workers, event loops and helpers of the runtimes. */
#ifndef EBPROF_CLASSIFY_IDLE_H
#define EBPROF_CLASSIFY_IDLE_H

#include <stddef.h>

#define IDLE_PATH   3
#define IDLE_KERNEL "[kernel]"

struct idle_row {
	/* What stands above the wait, its direct caller first, as function_name() writes it. */
	const char *path[IDLE_PATH];
	const char *by; /* the wait's outermost function; NULL = any wait but for a lock */
	/*
	 * The caller's file, by function_is_in(); NULL = any: its name is unique. IDLE_KERNEL: a thread
	 * of the kernel's, whose path begins with the function that called schedule().
	 */
	const char *module;
	const char *source; /* where that runtime shows that nothing is to be done there */
};

extern const struct idle_row idle_rows[];
extern const size_t idle_row_cnt;

#endif
