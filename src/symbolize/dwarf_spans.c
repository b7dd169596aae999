// SPDX-License-Identifier: Apache-2.0
#include "symbolize/dwarf_spans.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/order.h"

#define SPANS_MAX (1u << 23) /* 320 MB; libLLVM has 1.5 million functions and inlined calls */
#define CHAIN_MAX 4096       /* spans around one address; compilers nest to about 50 */

bool dwarf_spans_add(struct dwarf_spans *s, uint64_t start, uint64_t end, uint32_t id,
                     uint32_t depth)
{
	struct dwarf_span *items;

	if (start >= end)
		return true;
	if (s->cnt >= SPANS_MAX)
		return false;
	items = array_reserve(s->items, &s->cap, s->cnt + 1, sizeof(*items));
	if (!items)
		return false;
	s->items = items;
	items[s->cnt++] =
		(struct dwarf_span){ .start = start, .end = end, .id = id, .depth = depth };
	return true;
}

/* The outer one first. */
static int by_start(const void *pa, const void *pb)
{
	const struct dwarf_span *a = pa, *b = pb;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	if (a->end != b->end)
		return a->end > b->end ? -1 : 1;
	if (a->depth != b->depth)
		return a->depth < b->depth ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id;
}

/*
 * What holds an item's start and comes before it also holds the start of the item before it, unless
 * it is that one. So the chain of links from an item has all that hold its start; and because what
 * one step passes has ended, all steps together are as many as there are items.
 */
void dwarf_spans_settle(struct dwarf_spans *s)
{
	uint32_t i, around;

	s->items = array_trim(s->items, &s->cap, s->cnt, sizeof(*s->items));
	order_array(s->items, s->cnt, sizeof(*s->items), by_start);
	for (i = 0; i < s->cnt; i++) {
		around = i ? i - 1 : DWARF_NONE;
		while (around != DWARF_NONE && s->items[around].end <= s->items[i].start)
			around = s->items[around].link;
		s->items[i].link = around;
	}
}

const struct dwarf_span *dwarf_spans_find(const struct dwarf_spans *s, uint64_t address)
{
	const struct dwarf_span *found = NULL;
	size_t lo = 0, hi = s->cnt, mid;
	uint32_t i;
	int n;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (s->items[mid].start <= address)
			lo = mid + 1;
		else
			hi = mid;
	}
	i = lo ? (uint32_t)lo - 1 : DWARF_NONE;
	for (n = 0; i != DWARF_NONE && n < CHAIN_MAX; n++, i = s->items[i].link)
		if (address < s->items[i].end && (!found || s->items[i].depth > found->depth))
			found = &s->items[i];
	return found;
}

void dwarf_spans_release(struct dwarf_spans *s)
{
	free(s->items);
	*s = (struct dwarf_spans){ 0 };
}
