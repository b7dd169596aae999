/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of one unit and what was inlined into them, by address. */
#ifndef EBPROF_SYMBOLIZE_DWARF_TREE_H
#define EBPROF_SYMBOLIZE_DWARF_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "symbolize/dwarf_spans.h"

struct dwarf_unit;

/* A function, or one that is inlined into its parent. */
struct dwarf_scope {
	uint64_t at;     /* its entry in .debug_info */
	uint32_t parent; /* DWARF_NONE: it is no inlined one */
	uint32_t call_file, call_line;
	uint32_t start_line;
	const char *linkage; /* these two are filled in when they are asked for */
	bool named;
};

struct dwarf_tree {
	struct dwarf_scope *scopes;
	size_t cnt, cap;
	struct dwarf_spans spans; /* id = number of a scope */
};

/* Reads the whole unit, once; NULL: it cannot be read. A unit that is bad half way has its first half. */
struct dwarf_tree *dwarf_tree_get(struct dwarf_unit *u);
void dwarf_tree_free(struct dwarf_tree *t);
/* Finds out the name of a scope and where its function begins. */
void dwarf_scope_name(struct dwarf_unit *u, struct dwarf_scope *s);

#endif
