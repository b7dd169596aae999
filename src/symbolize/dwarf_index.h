/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which unit has the code at an address. Three sources, each used when the one before has nothing:
 * .debug_aranges and, for units that are not in it, the addresses of the unit itself; those of units
 * that are in it as well, for it may be incomplete; and the functions of units that tell none.
 */
#ifndef EBPROF_SYMBOLIZE_DWARF_INDEX_H
#define EBPROF_SYMBOLIZE_DWARF_INDEX_H

#include <stdint.h>

#include "symbolize/dwarf_ranges.h"
#include "symbolize/dwarf_spans.h"

struct dwarf_file;
struct dwarf_unit;

struct dwarf_index {
	struct dwarf_file *file;
	struct dwarf_spans spans; /* id = number of a unit */
	struct dwarf_ranges ranges;
	uint32_t unit;  /* in hand */
	int steps_done; /* of the three */
};

/* Reads .debug_aranges, and the first entries of units that are not in it. */
void dwarf_index_init(struct dwarf_index *x, struct dwarf_file *f);
void dwarf_index_release(struct dwarf_index *x);
struct dwarf_unit *dwarf_index_find(struct dwarf_index *x, uint64_t address);

#endif
