/* SPDX-License-Identifier: Apache-2.0 */
/* The line table of one unit: which line of which file an address is from. */
#ifndef EBPROF_SYMBOLIZE_DWARF_LINE_H
#define EBPROF_SYMBOLIZE_DWARF_LINE_H

#include <stdbool.h>
#include <stdint.h>

struct dwarf_lines;
struct dwarf_unit;
struct strings;

/* Reads the table, once; NULL: the unit has none. Not of a split unit: it has its skeleton's. */
struct dwarf_lines *dwarf_lines_get(struct dwarf_unit *u);
void dwarf_lines_free(struct dwarf_lines *l);
/* False: the table has nothing there. 'line' 0: no line of the source made it. */
bool dwarf_lines_find(const struct dwarf_lines *l, uint64_t address, uint32_t *file,
                      uint32_t *line);
/* The path of a file by its number, absolute where that is known; lives in 'texts'; NULL = none. */
const char *dwarf_lines_path(struct dwarf_lines *l, uint32_t file, struct strings *texts);

#endif
