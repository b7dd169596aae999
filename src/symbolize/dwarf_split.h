/* SPDX-License-Identifier: Apache-2.0 */
/* Split DWARF: the units of .dwo files and of the packages (.dwp) that hold many of them. */
#ifndef EBPROF_SYMBOLIZE_DWARF_SPLIT_H
#define EBPROF_SYMBOLIZE_DWARF_SPLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "symbolize/dwarf.h"

struct dwarf_file;
struct dwarf_unit;

struct dwarf_split {
	struct dwarf_options options;
	struct dwarf_file *package; /* NULL = none */
	bool package_tried;
	struct dwarf_file **files; /* .dwo files in use, closed with all else */
	size_t cnt, cap;
	uint32_t missing; /* skeletons without the rest */
};

void dwarf_split_release(struct dwarf_split *s);
/* The unit that has the entries: that of the .dwo if 'u' is a skeleton and it can be found, else 'u'. */
struct dwarf_unit *dwarf_split_unit(struct dwarf_split *s, struct dwarf_unit *u);

#endif
