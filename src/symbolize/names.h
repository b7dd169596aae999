/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A source of names: what opens one mapping's file and answers addresses. One file a source, which
 * ends in its const row. What it answers is hostile, but ends: symbolize.c cuts and escapes it.
 */
#ifndef EBPROF_SYMBOLIZE_NAMES_H
#define EBPROF_SYMBOLIZE_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct file;
struct jit;

/* What a source opens, and what it then has to say of it. Descriptors stay open while the source is. */
struct names_open {
	const struct file *file; /* NULL: it is asked for code that a program made */
	const struct jit *jit;   /* that program's files, NULL = it is asked for a file */
	int debug_fd;            /* its file of debug information, -1 = none */
	int alt_fd; /* the file that its debug information shares with others', -1 = none */
	int dwp_fd; /* the package of its .dwo files, -1 = none */
	int *dwo;   /* what opener_ask() needs to have one of them; NULL: none can be had */
	bool bad;   /* set when the file cannot be parsed, or not to its end */
	bool large; /* set when its DWARF is left out: compressed, it takes too much room */
	uint32_t missing_dwo; /* how many of them were needed and not found, until now */
};

enum { NAMES_MAX = 64 }; /* functions at one address: inlined ones, and the one that has them all */

/* One function at an address. Its texts live until the source is closed or asked again. */
struct names_frame {
	const char *linkage; /* as the compiler named it, not demangled */
	const char *path;    /* of the source file, absolute where it is known; NULL = not known */
	uint32_t line, start_line; /* where the code is from, and the function; 0 = not known */
};

struct names_source {
	const char *name;
	/* NULL: this source has nothing on the file. */
	void *(*open)(struct names_open *o);
	void (*close)(void *state);
	/*
	 * The functions at a file offset, or an address in the program that made the code, the innermost inlined one first: up to 'max' of them, 0 =
	 * nothing is known. The line of a function that has another inlined is that of the call.
	 */
	size_t (*find)(void *state, uint64_t offset, struct names_frame *frames, size_t max);
};

extern const struct names_source names_go;    /* .gopclntab */
extern const struct names_source names_dwarf; /* lines and inlined functions */
extern const struct names_source names_elf; /* symbol tables, the file's own and those kept apart */
extern const struct names_source names_jitdump, names_perfmap;

#endif
