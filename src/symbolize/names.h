/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A source of names: what opens one mapping's file and answers addresses. One file a source, which
 * ends in its const row.
 */
#ifndef EBPROF_SYMBOLIZE_NAMES_H
#define EBPROF_SYMBOLIZE_NAMES_H

#include <stdbool.h>
#include <stdint.h>

struct file;

struct names_source {
	const char *name;
	/* NULL: this source has nothing on the file; 'bad' is set when it cannot be parsed. */
	void *(*open)(const struct file *file, bool *bad);
	void (*close)(void *state);
	/* The linkage name of the code at a file offset, NULL = none; lives until close. */
	const char *(*find)(void *state, uint64_t offset);
};

extern const struct names_source names_elf; /* .symtab and .dynsym */

#endif
