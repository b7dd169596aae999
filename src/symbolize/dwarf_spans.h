/* SPDX-License-Identifier: Apache-2.0 */
/* Ranges of addresses, nested or overlapping as they like, in one sorted array. */
#ifndef EBPROF_SYMBOLIZE_DWARF_SPANS_H
#define EBPROF_SYMBOLIZE_DWARF_SPANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DWARF_NONE UINT32_MAX

struct dwarf_span {
	uint64_t start, end;
	uint32_t id;    /* what is there: the owner's number */
	uint32_t depth; /* where several hold an address, the deepest is the answer */
	uint32_t link;  /* the last one before it that holds its start */
};

struct dwarf_spans {
	struct dwarf_span *items;
	size_t cnt, cap;
};

/* False: out of memory, or there are too many. */
bool dwarf_spans_add(struct dwarf_spans *s, uint64_t start, uint64_t end, uint32_t id,
                     uint32_t depth);
/* To be called after the last one is added, before the first is looked for. */
void dwarf_spans_settle(struct dwarf_spans *s);
/* The span that holds the address, NULL = none does. */
const struct dwarf_span *dwarf_spans_find(const struct dwarf_spans *s, uint64_t address);
void dwarf_spans_release(struct dwarf_spans *s);

#endif
