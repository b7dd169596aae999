// SPDX-License-Identifier: Apache-2.0
/*
 * A function's name is rarely where its code is told of: an inlined call refers to the function it
 * is of (abstract_origin), that to its declaration in a class (specification); in LTO or after dwz they
 * are in other units or another file.
 */
#include "symbolize/dwarf_file.h"
#include "symbolize/dwarf_tree.h"
#include "symbolize/dwarf_unit.h"

#define CHAIN_MAX 16 /* compilers need three steps */
#define ENTRY_MAX 512

static bool entry_try(struct dwarf_unit *u, uint64_t at, uint64_t size, struct dwarf_die *die)
{
	const struct dwarf_abbrevs *table = dwarf_abbrevs_get(u->file, u->abbrevs);
	const struct dwarf_abbrev *abbrev;
	struct dwarf_cursor c;

	if (!table || !dwarf_part(u->file, DWARF_INFO, at, size, &c))
		return false;
	abbrev = dwarf_abbrev_find(table, dwarf_uleb(&c));
	return abbrev && dwarf_die_read(&c, u, abbrev, die);
}

static bool entry_read(struct dwarf_unit *u, uint64_t at, struct dwarf_die *die)
{
	uint64_t size = u->end - at;

	if (at < u->first || at >= u->end || !dwarf_unit_open(u, NULL))
		return false;
	return (size > ENTRY_MAX && entry_try(u, at, ENTRY_MAX, die)) ||
	       entry_try(u, at, size, die);
}

/* Takes what the entry says and no entry before it has said. */
static void entry_use(const struct dwarf_unit *u, const struct dwarf_die *die,
                      struct dwarf_scope *s, const char **name)
{
	const struct dwarf_value *v = die->values;

	if (!s->linkage)
		s->linkage = dwarf_value_text(u, &v[SLOT_LINKAGE]);
	if (!*name)
		*name = dwarf_value_text(u, &v[SLOT_NAME]);
	if (!s->start_line && v[SLOT_DECL_LINE].number <= UINT32_MAX)
		s->start_line = (uint32_t)v[SLOT_DECL_LINE].number;
}

void dwarf_scope_name(struct dwarf_unit *u, struct dwarf_scope *s)
{
	const char *name = NULL;
	uint64_t at = s->at;
	struct dwarf_die die;
	int n;

	if (s->named)
		return;
	s->named = true;
	for (n = 0; u && n < CHAIN_MAX && entry_read(u, at, &die); n++) {
		entry_use(u, &die, s, &name);
		if (s->linkage && s->start_line)
			break;
		u = dwarf_value_ref(u,
		                    die.values[SLOT_ORIGIN].form ? &die.values[SLOT_ORIGIN]
		                                                 : &die.values[SLOT_SPECIFICATION],
		                    &at);
	}
	if (!s->linkage || !*s->linkage)
		s->linkage = name && *name ? name : NULL;
}
