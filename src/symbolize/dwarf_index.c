// SPDX-License-Identifier: Apache-2.0
#include "symbolize/dwarf_index.h"

#include "symbolize/dwarf_const.h"
#include "symbolize/dwarf_file.h"
#include "symbolize/dwarf_tree.h"
#include "symbolize/dwarf_unit.h"

/*
 * Bytes of units without addresses that are read in search of functions. Before DWARF 3 a unit with
 * code in several places told none; today units without any have no code.
 */
#define SEARCH_MAX (64u << 20)

static bool add(void *arg, uint64_t start, uint64_t end)
{
	struct dwarf_index *x = arg;

	return dwarf_spans_add(&x->spans, start, end, x->unit, 0);
}

/* One set: its unit, then pairs of address and length. DWARF 5, 6.1.2. */
static void set_read(struct dwarf_index *x, struct dwarf_cursor *c, const uint8_t *begin,
                     unsigned int offset_size)
{
	uint64_t version = dwarf_uint(c, 2), offset = dwarf_uint(c, offset_size), start, size;
	unsigned int address_size = (unsigned int)dwarf_uint(c, 1);
	struct dwarf_unit *u = dwarf_unit_at(x->file, offset);

	dwarf_uint(c, 1); /* of a segment's selector */
	if (c->bad || version != 2 || !u || u->offset != offset ||
	    (address_size != 4 && address_size != 8))
		return;
	while ((uint64_t)(c->at - begin) % (2 * address_size))
		dwarf_uint(c, 1);
	x->unit = (uint32_t)(u - x->file->units);
	for (;;) {
		start = dwarf_uint(c, address_size);
		size = dwarf_uint(c, address_size);
		if (c->bad || (!start && !size))
			return;
		/* Data have an entry too. */
		if (!start || !dwarf_is_code(x->file, start))
			continue;
		if (size > UINT64_MAX - start || !add(x, start, start + size))
			return;
		u->in_aranges = true;
	}
}

static void aranges_read(struct dwarf_index *x)
{
	struct dwarf_cursor c, set;
	unsigned int offset_size;
	const uint8_t *begin;
	uint64_t length;

	if (!dwarf_rest(x->file, DWARF_ARANGES, 0, &c))
		return;
	while (c.at < c.end) {
		begin = c.at;
		length = dwarf_length(&c, &offset_size);
		if (!length || length > dwarf_left(&c))
			return;
		set = (struct dwarf_cursor){ .at = c.at, .end = c.at + length };
		set_read(x, &set, begin, offset_size);
		dwarf_skip(&c, length);
	}
}

/* The addresses that the units tell, of those that are, or are not, in .debug_aranges. */
static void units_read(struct dwarf_index *x, bool in_aranges)
{
	struct dwarf_file *f = x->file;
	struct dwarf_die die;

	for (x->unit = 0; x->unit < f->unit_cnt; x->unit++) {
		struct dwarf_unit *u = &f->units[x->unit];

		if (u->in_aranges == in_aranges && u->type != UT_PARTIAL &&
		    dwarf_unit_open(u, &die) && u->tag != TAG_PARTIAL_UNIT)
			dwarf_ranges_each(u, &die, &x->ranges);
	}
}

static void functions_read(struct dwarf_index *x)
{
	struct dwarf_file *f = x->file;
	uint64_t left = SEARCH_MAX;
	struct dwarf_tree *t;
	size_t i;

	for (x->unit = 0; x->unit < f->unit_cnt; x->unit++) {
		struct dwarf_unit *u = &f->units[x->unit];

		if (u->has_ranges || u->in_aranges || u->dwo_name || u->bad ||
		    u->type == UT_PARTIAL || u->tag == TAG_PARTIAL_UNIT ||
		    u->end - u->offset > left)
			continue;
		left -= u->end - u->offset;
		t = dwarf_tree_get(u);
		for (i = 0; t && i < t->spans.cnt; i++)
			add(x, t->spans.items[i].start, t->spans.items[i].end);
	}
}

static void step(struct dwarf_index *x)
{
	switch (x->steps_done++) {
	case 0:
		aranges_read(x);
		units_read(x, false);
		break;
	case 1:
		units_read(x, true);
		break;
	default:
		functions_read(x);
	}
	dwarf_spans_settle(&x->spans);
}

void dwarf_index_init(struct dwarf_index *x, struct dwarf_file *f)
{
	*x = (struct dwarf_index){ .file = f, .ranges = { .each = add } };
	x->ranges.arg = x;
	step(x);
}

void dwarf_index_release(struct dwarf_index *x)
{
	dwarf_spans_release(&x->spans);
}

struct dwarf_unit *dwarf_index_find(struct dwarf_index *x, uint64_t address)
{
	const struct dwarf_span *span;

	if (!dwarf_is_code(x->file, address))
		return NULL;
	while (!(span = dwarf_spans_find(&x->spans, address)) && x->steps_done < 3)
		step(x);
	return span ? &x->file->units[span->id] : NULL;
}
