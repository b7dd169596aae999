// SPDX-License-Identifier: Apache-2.0
#include "symbolize/dwarf_unit.h"

#include <stdlib.h>

#include "base/array.h"
#include "symbolize/dwarf_abbrev.h"
#include "symbolize/dwarf_const.h"
#include "symbolize/dwarf_file.h"
#include "symbolize/dwarf_line.h"
#include "symbolize/dwarf_tree.h"

#define UNITS_MAX  (1u << 18) /* Chromium has 30,000 */
#define HEADER_MAX 40         /* bytes of a header in the 64-bit format */
#define FIRST_MAX  1024       /* bytes of a first entry, mostly: the rest of the unit is not read */
#define ATTRS_MAX  64
#define KEPT_MAX   (64u << 20) /* bytes of trees, lines, abbreviations; all of libjvm's: 130 MB */

/* DWARF 5, 7.5.1; what follows the length. False: no unit that anyone needs. */
static bool header_read(struct dwarf_cursor *c, struct dwarf_unit *u)
{
	u->version = (uint8_t)dwarf_uint(c, 1);
	if (dwarf_uint(c, 1) || u->version < 2 || u->version > 5)
		return false;
	if (u->version == 5) {
		u->type = (uint8_t)dwarf_uint(c, 1);
		u->address_size = (uint8_t)dwarf_uint(c, 1);
	}
	u->abbrevs = dwarf_uint(c, u->offset_size);
	if (u->version < 5) {
		u->type = UT_COMPILE;
		u->address_size = (uint8_t)dwarf_uint(c, 1);
	}
	if (u->type == UT_SKELETON || u->type == UT_SPLIT_COMPILE)
		u->id = dwarf_uint(c, 8);
	return !c->bad && (u->address_size == 8 || u->address_size == 4) && u->type != UT_TYPE &&
	       u->type != UT_SPLIT_TYPE;
}

/* The unit at 'offset', or false; 'end' is where the next one begins, 0 = nowhere. */
static bool unit_read(struct dwarf_file *f, uint64_t offset, struct dwarf_unit *u, uint64_t *end)
{
	uint64_t left = dwarf_section_size(f, DWARF_INFO) - offset, length;
	struct dwarf_cursor c;
	const uint8_t *from;
	unsigned int size;
	bool good;

	*end = 0;
	if (!dwarf_part(f, DWARF_INFO, offset, left < HEADER_MAX ? left : HEADER_MAX, &c))
		return false;
	from = c.at;
	length = dwarf_length(&c, &size);
	if (c.bad || !length || length > left - (uint64_t)(c.at - from))
		return false;
	*end = offset + (uint64_t)(c.at - from) + length;
	*u = (struct dwarf_unit){
		.file = f, .offset = offset, .end = *end, .offset_size = (uint8_t)size
	};
	good = header_read(&c, u);
	u->first = offset + (uint64_t)(c.at - from);
	return good && u->first < u->end;
}

void dwarf_units_scan(struct dwarf_file *f)
{
	uint64_t offset, end, size = dwarf_section_size(f, DWARF_INFO);
	struct dwarf_unit u, *units;

	for (offset = 0; offset < size; offset = end) {
		if (unit_read(f, offset, &u, &end)) {
			units = f->unit_cnt < UNITS_MAX
			                ? array_reserve(f->units, &f->unit_cap, f->unit_cnt + 1,
			                                sizeof(*units))
			                : NULL;
			if (!units)
				return;
			f->units = units;
			units[f->unit_cnt++] = u;
		}
		if (!end)
			return;
	}
}

/* What cannot be read is not tried again. */
static void unit_forget(struct dwarf_unit *u)
{
	u->tree_tried = u->tree_tried && !u->tree;
	u->lines_tried = u->lines_tried && !u->lines;
	dwarf_tree_free(u->tree);
	dwarf_lines_free(u->lines);
	u->tree = NULL;
	u->lines = NULL;
}

void dwarf_units_trim(struct dwarf_file *f, const struct dwarf_unit *but)
{
	size_t i;

	if (f->kept + f->attrs_kept * sizeof(struct dwarf_attr) < KEPT_MAX)
		return;
	dwarf_abbrevs_drop(f);
	for (i = 0; i < f->unit_cnt; i++)
		if (&f->units[i] != but)
			unit_forget(&f->units[i]);
	f->kept = 0;
}

void dwarf_units_free(struct dwarf_file *f)
{
	size_t i;

	for (i = 0; i < f->unit_cnt; i++)
		unit_forget(&f->units[i]);
	free(f->units);
	f->units = NULL;
	f->unit_cnt = f->unit_cap = 0;
}

struct dwarf_unit *dwarf_unit_at(struct dwarf_file *f, uint64_t offset)
{
	size_t lo = 0, hi = f->unit_cnt, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (f->units[mid].offset <= offset)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo && offset < f->units[lo - 1].end ? &f->units[lo - 1] : NULL;
}

/*
 * Bases that the unit does not tell: behind the header of the only part there is. The sections of a
 * .dwo of DWARF 4 have no headers.
 */
static void bases_set(struct dwarf_unit *u, const struct dwarf_die *die)
{
	const struct dwarf_value *v = die->values;
	uint64_t header = u->offset_size == 8 ? 16 : 8;

	if (v[SLOT_STR_OFFSETS_BASE].form)
		u->str_offsets_base = v[SLOT_STR_OFFSETS_BASE].number;
	else if (u->version >= 5)
		u->str_offsets_base += header; /* a package has set it */
	if (v[SLOT_RNGLISTS_BASE].form)
		u->rnglists_base = v[SLOT_RNGLISTS_BASE].number;
	else
		u->rnglists_base += header + 4;
	u->addr_base = v[SLOT_ADDR_BASE].form ? v[SLOT_ADDR_BASE].number
	               : u->version >= 5      ? header
	                                      : 0;
	u->ranges_base = v[SLOT_RANGES_BASE].number;
}

static void facts_set(struct dwarf_unit *u, const struct dwarf_die *die)
{
	const struct dwarf_value *v = die->values;

	bases_set(u, die);
	if (v[SLOT_DWO_ID].form)
		u->id = v[SLOT_DWO_ID].number;
	u->has_lines = v[SLOT_STMT_LIST].form;
	u->lines_at = v[SLOT_STMT_LIST].number;
	u->has_ranges = v[SLOT_LOW_PC].form || v[SLOT_RANGES].form;
	u->comp_dir = dwarf_value_text(u, &v[SLOT_COMP_DIR]);
	u->dwo_name = dwarf_value_text(u, &v[SLOT_DWO_NAME]);
	if (!dwarf_value_address(u, &v[SLOT_LOW_PC], &u->low_pc))
		u->low_pc = 0;
}

/* Most tables have the first entry's abbreviation first; then the rest of it need not be read. */
static bool first_read(struct dwarf_unit *u, uint64_t size, struct dwarf_die *die)
{
	struct dwarf_attr attrs[ATTRS_MAX];
	const struct dwarf_abbrevs *table;
	const struct dwarf_abbrev *abbrev;
	struct dwarf_abbrev first;
	struct dwarf_cursor c;
	uint64_t code;
	bool good;

	if (!dwarf_part(u->file, DWARF_INFO, u->first, size, &c))
		return false;
	code = dwarf_uleb(&c);
	abbrev = &first;
	if (!dwarf_abbrev_first(u->file, u->abbrevs, code, &first, attrs, ATTRS_MAX)) {
		table = dwarf_abbrevs_get(u->file, u->abbrevs);
		abbrev = table ? dwarf_abbrev_find(table, code) : NULL;
	}
	good = abbrev && dwarf_die_read(&c, u, abbrev, die);
	u->tag = good ? abbrev->tag : 0;
	die->abbrev = NULL;
	return good;
}

bool dwarf_unit_open(struct dwarf_unit *u, struct dwarf_die *die)
{
	uint64_t size = u->end - u->first;
	struct dwarf_die own;

	if (u->opened && (!die || u->bad))
		return !u->bad;
	die = die ? die : &own;
	u->bad = !(size > FIRST_MAX && first_read(u, FIRST_MAX, die)) && !first_read(u, size, die);
	if (!u->bad && !u->opened)
		facts_set(u, die);
	u->opened = true;
	return !u->bad;
}
