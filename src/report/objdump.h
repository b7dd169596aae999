/* SPDX-License-Identifier: Apache-2.0 */
/* The instructions of one function of a program, by objdump, which has no rights (base/confined.h). */
#ifndef EBPROF_REPORT_OBJDUMP_H
#define EBPROF_REPORT_OBJDUMP_H

#include <stddef.h>
#include <stdint.h>

struct err;

struct instruction {
	uint64_t address; /* as the file has it */
	char *text;       /* owned, without control characters */
};

/* What the file loads: [offset, offset + size) of it is at 'address'. */
struct load {
	uint64_t offset, address, size;
};

struct objdump {
	struct instruction *items; /* in the order of their addresses */
	size_t cnt, cap;
	struct load *loads;
	size_t load_cnt, load_cap;
	char build_id[129]; /* lower-case hex, "" = not read */
	/* While it is read. */
	struct load load;
	size_t note_words;
};

/*
 * Reads the function with that linkage name; none when the file has no such one. The file must have the
 * build ID, unless that is "". 0, or -errno + 'e'; -ETIME: objdump took too long.
 * objdump_release() in any case.
 */
int objdump_read(struct objdump *o, const char *path, const char *build_id, const char *symbol,
                 struct err *e);
void objdump_release(struct objdump *o);
/* The address that an offset of the file has; 0 or -ENOENT. */
int objdump_address(const struct objdump *o, uint64_t offset, uint64_t *address);

#endif
