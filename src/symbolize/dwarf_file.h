/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The debug sections of one file: the program's own, a .dwo, a .dwp or what dwz split off. Of a section
 * that is not compressed only what is asked for is read; it never moves and is kept until the close.
 */
#ifndef EBPROF_SYMBOLIZE_DWARF_FILE_H
#define EBPROF_SYMBOLIZE_DWARF_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "symbolize/dwarf_read.h"

struct dwarf_abbrevs;
struct dwarf_unit;
struct elf_file;

enum dwarf_section_id {
	DWARF_INFO,
	DWARF_ABBREV,
	DWARF_STR,
	DWARF_LINE_STR,
	DWARF_STR_OFFSETS,
	DWARF_ADDR,
	DWARF_RANGES,
	DWARF_RNGLISTS,
	DWARF_LINE,
	DWARF_ARANGES,
	DWARF_CU_INDEX,
	DWARF_SECTIONS,
};

struct dwarf_section {
	uint64_t offset; /* in the file */
	size_t size;
	uint8_t *bytes;
	uint8_t *have;     /* which blocks of 'bytes' are read; NULL: 'bytes' is the elf_file's */
	bool tried, whole; /* looked for; all of it is read */
};

/*
 * What may be read of one file in all: its parts may refer to the same long table as often as they
 * like. Each is some times what the largest programs have.
 */
struct dwarf_budget {
	uint64_t attrs;  /* of tables of abbreviations, also those that are read again */
	uint64_t ranges; /* entries of lists of ranges */
	uint64_t lines;  /* bytes of line tables */
};

enum { DWARF_ABBREVS_KEPT = 4096 };

struct dwarf_file {
	struct elf_file *elf;
	int owned_fd; /* -1 = borrowed */
	bool dwo;     /* .debug_info.dwo and so on: a .dwo or .dwp */
	struct dwarf_section sections[DWARF_SECTIONS];
	uint64_t code_start, code_end; /* of the sections with code; both 0 = there are none */
	struct dwarf_file *alt;        /* of .gnu_debugaltlink, borrowed */
	struct dwarf_unit *units;      /* by offset */
	size_t unit_cnt, unit_cap;
	struct dwarf_abbrevs *abbrevs[DWARF_ABBREVS_KEPT]; /* a cache, by their offset */
	uint64_t attrs_kept;                               /* in it */
	struct dwarf_budget left;
	size_t kept; /* bytes that its units' trees and lines have */
};

/*
 * Takes 'elf'. NULL and errno: ENOMEM (also when 'elf' is NULL), or EFBIG: its sections take too much
 * when they are decompressed. Its units are found by dwarf_units_scan().
 */
struct dwarf_file *dwarf_file_new(struct elf_file *elf, int owned_fd, bool dwo);
void dwarf_file_free(struct dwarf_file *f);
/* The bytes of a section from 'offset' on, as many; false: it does not have them. */
bool dwarf_part(struct dwarf_file *f, enum dwarf_section_id id, uint64_t offset, uint64_t size,
                struct dwarf_cursor *c);
/* All the bytes of a section from 'offset' on. */
bool dwarf_rest(struct dwarf_file *f, enum dwarf_section_id id, uint64_t offset,
                struct dwarf_cursor *c);
/* The string at that offset, NULL = there is none. */
const char *dwarf_string(struct dwarf_file *f, enum dwarf_section_id id, uint64_t offset);
size_t dwarf_section_size(struct dwarf_file *f, enum dwarf_section_id id);
/* Could code be there? What a linker threw away is at 0, 1 or the highest addresses. */
bool dwarf_is_code(const struct dwarf_file *f, uint64_t address);

#endif
