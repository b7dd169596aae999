/* SPDX-License-Identifier: Apache-2.0 */
/* The units of .debug_info: their headers, and what the first entry says of all others. */
#ifndef EBPROF_SYMBOLIZE_DWARF_UNIT_H
#define EBPROF_SYMBOLIZE_DWARF_UNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "symbolize/dwarf_form.h"

struct dwarf_file;
struct dwarf_lines;
struct dwarf_tree;

struct dwarf_unit {
	struct dwarf_file *file;
	uint64_t offset, end, first; /* in .debug_info: the header, the end, the first entry */
	uint64_t abbrevs;            /* offset of its table */
	uint64_t id;                 /* of a skeleton and its split unit */
	uint8_t version, type, offset_size, address_size;

	/* What dwarf_unit_open() reads. */
	bool opened, bad;
	bool has_ranges; /* its first entry has addresses */
	bool has_lines;
	uint16_t tag;
	uint64_t low_pc; /* which its lists of ranges begin with */
	uint64_t str_offsets_base, addr_base, rnglists_base, ranges_base;
	uint64_t lines_at; /* in .debug_line */
	const char *comp_dir, *dwo_name;

	struct dwarf_unit *skeleton; /* of a split unit */
	struct dwarf_unit *split; /* of a skeleton; its file is of this unit unless it is shared */
	bool split_tried, in_aranges;
	struct dwarf_tree *tree;
	struct dwarf_lines *lines;
	bool tree_tried, lines_tried;
};

/* Reads the headers of all units of the file; units behind a broken one stay unknown. */
void dwarf_units_scan(struct dwarf_file *f);
void dwarf_units_free(struct dwarf_file *f);
/* The unit that has the entry at an offset of .debug_info; NULL = none. */
struct dwarf_unit *dwarf_unit_at(struct dwarf_file *f, uint64_t offset);
/*
 * When much is kept of the units, frees the trees and lines of all but this one and the abbreviations; they
 * are read again when they are asked for. Who asks by ascending addresses hardly ever comes back to a unit.
 */
void dwarf_units_trim(struct dwarf_file *f, const struct dwarf_unit *but);
/* Reads the first entry, once; 'die' gets it (NULL: not wanted) with no abbreviation. */
bool dwarf_unit_open(struct dwarf_unit *u, struct dwarf_die *die);

#endif
