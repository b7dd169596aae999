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
};

/* Calls 'each' for the ranges that have code; they are in no order. */
void dwarf_ranges_each(const struct dwarf_unit *u, const struct dwarf_die *die,
                       const struct dwarf_ranges *r);

#endif
