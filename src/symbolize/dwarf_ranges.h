/* SPDX-License-Identifier: Apache-2.0 */
/* The addresses of an entry: DW_AT_low_pc and DW_AT_high_pc, or a list of ranges. */
#ifndef EBPROF_SYMBOLIZE_DWARF_RANGES_H
#define EBPROF_SYMBOLIZE_DWARF_RANGES_H

#include <stdbool.h>
#include <stdint.h>

struct dwarf_die;
struct dwarf_unit;

struct dwarf_ranges {
	bool (*each)(void *arg, uint64_t start, uint64_t end); /* false: no more */
	void *arg;
	/* Entries of lists that may still be read: many DIEs can point to the same long list. */
	uint32_t budget;
};

#define DWARF_RANGES_MAX (1u << 23) /* a budget for whatever one program has */

/* Calls 'each' for the ranges that have code; they are in no order. */
void dwarf_ranges_each(const struct dwarf_unit *u, const struct dwarf_die *die,
                       struct dwarf_ranges *r);

#endif
