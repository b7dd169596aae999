// SPDX-License-Identifier: Apache-2.0
#include "symbolize/dwarf_tree.h"

#include <stdlib.h>

#include "base/array.h"
#include "symbolize/dwarf_const.h"
#include "symbolize/dwarf_file.h"
#include "symbolize/dwarf_ranges.h"
#include "symbolize/dwarf_unit.h"

#define DEPTH_MAX  512        /* of entries; C++ templates in templates come to about 40 */
#define SCOPES_MAX (1u << 22) /* in one unit */

/* The way down through a unit's entries, each read once. */
struct walk {
	struct dwarf_unit *unit;
	struct dwarf_tree *tree;
	struct dwarf_cursor cursor;
	const uint8_t *begin; /* the unit's first entry */
	const struct dwarf_abbrevs *abbrevs;
	struct dwarf_ranges ranges;
	uint32_t scope;             /* in hand */
	uint32_t depth;             /* of the entry in hand */
	uint32_t around[DEPTH_MAX]; /* the scope of the entries at each depth */
};

static bool add_span(void *arg, uint64_t start, uint64_t end)
{
	struct walk *w = arg;

	return dwarf_spans_add(&w->tree->spans, start, end, w->scope, w->depth);
}

static uint32_t number_of(const struct dwarf_value *v)
{
	return v->number <= UINT32_MAX ? (uint32_t)v->number : 0;
}

/* Is it a function with code, or an inlined call? Declarations, which are the most, are passed over. */
static bool is_scope(const struct dwarf_abbrev *abbrev)
{
	return abbrev->tag == TAG_INLINED_SUBROUTINE ||
	       (abbrev->tag == TAG_SUBPROGRAM && abbrev->has_code);
}

/* A new scope for the entry at 'at'; DWARF_NONE: memory is out. */
static uint32_t scope_add(struct walk *w, uint64_t at, const struct dwarf_die *die)
{
	const struct dwarf_value *v = die->values;
	struct dwarf_tree *t = w->tree;
	bool inlined = die->abbrev->tag == TAG_INLINED_SUBROUTINE;
	struct dwarf_scope *scopes;

	scopes = t->cnt < SCOPES_MAX
	                 ? array_reserve(t->scopes, &t->cap, t->cnt + 1, sizeof(*scopes))
	                 : NULL;
	if (!scopes)
		return DWARF_NONE;
	t->scopes = scopes;
	scopes[t->cnt] = (struct dwarf_scope){ .at = at,
		                               .parent = inlined ? w->around[w->depth] : DWARF_NONE,
		                               .call_file = number_of(&v[SLOT_CALL_FILE]),
		                               .call_line = number_of(&v[SLOT_CALL_LINE]) };
	return (uint32_t)t->cnt++;
}

/* One entry that has a code; false: the rest of the unit makes no sense. */
static bool entry_read(struct walk *w, uint64_t at, uint64_t code)
{
	const struct dwarf_abbrev *abbrev = dwarf_abbrev_find(w->abbrevs, code);
	uint32_t scope = w->around[w->depth];
	struct dwarf_die die;

	if (!abbrev)
		return false;
	if (is_scope(abbrev)) {
		if (!dwarf_die_read(&w->cursor, w->unit, abbrev, &die))
			return false;
		scope = w->scope = scope_add(w, at, &die);
		if (scope != DWARF_NONE)
			dwarf_ranges_each(w->unit, &die, &w->ranges);
	} else if (!dwarf_die_skip(&w->cursor, w->unit, abbrev)) {
		return false;
	} else if (abbrev->tag == TAG_SUBPROGRAM) {
		scope = DWARF_NONE;
	}
	if (!abbrev->has_children)
		return true;
	if (++w->depth >= DEPTH_MAX)
		return false;
	w->around[w->depth] = scope;
	return true;
}

static void walk_unit(struct walk *w)
{
	uint64_t at, code;

	w->around[0] = DWARF_NONE;
	while (w->cursor.at < w->cursor.end) {
		at = w->unit->first + (uint64_t)(w->cursor.at - w->begin);
		code = dwarf_uleb(&w->cursor);
		if (!code && !w->depth)
			return;
		if (!code)
			w->depth--;
		else if (!entry_read(w, at, code))
			return;
	}
}

static struct dwarf_tree *tree_read(struct dwarf_unit *u)
{
	struct walk w = { .unit = u };

	if (!dwarf_unit_open(u, NULL) ||
	    !dwarf_part(u->file, DWARF_INFO, u->first, u->end - u->first, &w.cursor))
		return NULL;
	w.begin = w.cursor.at;
	w.abbrevs = dwarf_abbrevs_get(u->file, u->abbrevs);
	w.tree = w.abbrevs ? calloc(1, sizeof(*w.tree)) : NULL;
	if (!w.tree)
		return NULL;
	w.ranges = (struct dwarf_ranges){ .each = add_span, .arg = &w };
	walk_unit(&w);
	w.tree->scopes =
		array_trim(w.tree->scopes, &w.tree->cap, w.tree->cnt, sizeof(*w.tree->scopes));
	dwarf_spans_settle(&w.tree->spans);
	u->file->kept += w.tree->cap * sizeof(*w.tree->scopes) +
	                 w.tree->spans.cap * sizeof(*w.tree->spans.items);
	return w.tree;
}

struct dwarf_tree *dwarf_tree_get(struct dwarf_unit *u)
{
	if (!u->tree_tried)
		u->tree = tree_read(u);
	u->tree_tried = true;
	return u->tree;
}

void dwarf_tree_free(struct dwarf_tree *t)
{
	if (!t)
		return;
	dwarf_spans_release(&t->spans);
	free(t->scopes);
	free(t);
}
