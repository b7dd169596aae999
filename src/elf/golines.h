/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions at an address of Go's code, and the lines it is from, by .gopclntab: what Go's own
 * tracebacks and profiles say, of stripped files too.
 */
#ifndef EBPROF_ELF_GOLINES_H
#define EBPROF_ELF_GOLINES_H

#include <stddef.h>
#include <stdint.h>

struct elf_file;
struct golines;

/* One function at an address; its texts live as long as the file. */
struct golines_frame {
	const char *name;
	const char *path;          /* of the source, as the linker was told; NULL = not known */
	uint32_t line, start_line; /* 0 = not known */
};

/* NULL: the file has no table that can be used, or out of memory. */
struct golines *golines_load(struct elf_file *f);
void golines_free(struct golines *g);
/*
 * The functions at an address, as linked: the innermost inlined one first, up to 'max'; 0 = it is
 * not Go's code. Where a function was inlined that cannot be told, its line is not told either.
 */
size_t golines_find(struct golines *g, uint64_t address, struct golines_frame *frames, size_t max);

#endif
