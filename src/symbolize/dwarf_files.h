/* SPDX-License-Identifier: Apache-2.0 */
/* The head of a line table: directories, files and how its program is written. */
#ifndef EBPROF_SYMBOLIZE_DWARF_FILES_H
#define EBPROF_SYMBOLIZE_DWARF_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "symbolize/dwarf_unit.h"

struct dwarf_cursor;
struct strings;

/* A file, or a directory of files. */
struct dwarf_source {
	struct dwarf_value name;
	uint32_t dir;
	uint32_t path; /* in the strings of dwarf_files_path(), 0 = not made yet */
};

struct dwarf_files {
	struct dwarf_source *dirs, *files;
	size_t dir_cnt, dir_cap, file_cnt, file_cap;
	struct dwarf_unit unit; /* of the table: with the sizes that its own head gives */
};

/* How the program is written. */
struct dwarf_line_head {
	uint8_t min_length, line_range, opcode_base;
	int8_t line_base;
	uint8_t operands[256]; /* of each opcode that is below opcode_base */
};

/* Reads up to the program, where 'c' then is; its end is the program's. */
bool dwarf_files_read(struct dwarf_files *f, struct dwarf_unit *u, struct dwarf_cursor *c,
                      struct dwarf_line_head *head);
const char *dwarf_files_path(struct dwarf_files *f, uint32_t number, struct strings *texts);
void dwarf_files_release(struct dwarf_files *f);

#endif
