// SPDX-License-Identifier: Apache-2.0
#include "symbolize/dwarf_ranges.h"

#include "symbolize/dwarf_const.h"
#include "symbolize/dwarf_file.h"
#include "symbolize/dwarf_unit.h"

static const struct dwarf_unit *main_unit(const struct dwarf_unit *u)
{
	return u->skeleton ? u->skeleton : u;
}

static bool report(const struct dwarf_unit *u, const struct dwarf_ranges *r, uint64_t start,
                   uint64_t end)
{
	if (start >= end || !start || !dwarf_is_code(main_unit(u)->file, start))
		return true;
	return r->each(r->arg, start, end);
}

static bool spend(const struct dwarf_unit *u)
{
	return u->file->left.ranges && u->file->left.ranges--;
}

/* DWARF 4, 2.17.3: pairs behind a base. In a split unit they are the program's. */
static void list_read(const struct dwarf_unit *u, uint64_t offset, const struct dwarf_ranges *r)
{
	const struct dwarf_unit *of = main_unit(u);
	uint64_t base = of->low_pc, start, end;
	uint64_t all_ones = of->address_size == 8 ? UINT64_MAX : UINT32_MAX;
	struct dwarf_cursor c;

	if (u->skeleton)
		offset += of->ranges_base;
	if (!dwarf_rest(of->file, DWARF_RANGES, offset, &c))
		return;
	while (spend(u)) {
		start = dwarf_uint(&c, of->address_size);
		end = dwarf_uint(&c, of->address_size);
		if (c.bad || (!start && !end))
			return;
		if (start == all_ones)
			base = end;
		else if (!report(u, r, base + start, base + end))
			return;
	}
}

/* DWARF 5, 7.25: one entry, false = the list ends. */
static bool rnglist_step(const struct dwarf_unit *u, struct dwarf_cursor *c, uint64_t *base,
                         const struct dwarf_ranges *r)
{
	uint64_t kind = dwarf_uint(c, 1), start = 0, end = 0;
	bool known = true;

	switch (kind) {
	case RLE_BASE_ADDRESSX:
		return dwarf_address(u, dwarf_uleb(c), base) && !c->bad;
	case RLE_BASE_ADDRESS:
		*base = dwarf_uint(c, u->address_size);
		return !c->bad;
	case RLE_STARTX_ENDX:
		known = dwarf_address(u, dwarf_uleb(c), &start);
		known = dwarf_address(u, dwarf_uleb(c), &end) && known;
		break;
	case RLE_STARTX_LENGTH:
		known = dwarf_address(u, dwarf_uleb(c), &start);
		end = start + dwarf_uleb(c);
		break;
	case RLE_OFFSET_PAIR:
		start = *base + dwarf_uleb(c);
		end = *base + dwarf_uleb(c);
		break;
	case RLE_START_END:
		start = dwarf_uint(c, u->address_size);
		end = dwarf_uint(c, u->address_size);
		break;
	case RLE_START_LENGTH:
		start = dwarf_uint(c, u->address_size);
		end = start + dwarf_uleb(c);
		break;
	default:
		return false;
	}
	return !c->bad && (!known || report(u, r, start, end));
}

/* The lists of a split unit are in its own file. */
static void rnglist_read(const struct dwarf_unit *u, uint64_t offset, const struct dwarf_ranges *r)
{
	uint64_t base = main_unit(u)->low_pc;
	struct dwarf_cursor c;

	if (!dwarf_rest(u->file, DWARF_RNGLISTS, offset, &c))
		return;
	while (spend(u) && rnglist_step(u, &c, &base, r))
		;
}

static bool rnglist_at(const struct dwarf_unit *u, uint64_t number, uint64_t *offset)
{
	struct dwarf_cursor c;

	if (number > UINT32_MAX ||
	    !dwarf_part(u->file, DWARF_RNGLISTS, u->rnglists_base + number * u->offset_size,
	                u->offset_size, &c))
		return false;
	*offset = u->rnglists_base + dwarf_uint(&c, u->offset_size);
	return true;
}

void dwarf_ranges_each(const struct dwarf_unit *u, const struct dwarf_die *die,
                       const struct dwarf_ranges *r)
{
	const struct dwarf_value *low = &die->values[SLOT_LOW_PC];
	const struct dwarf_value *high = &die->values[SLOT_HIGH_PC];
	const struct dwarf_value *list = &die->values[SLOT_RANGES];
	uint64_t start, end, offset = list->number;

	if (list->form) {
		if (u->version < 5)
			list_read(u, offset, r);
		else if (list->form != FORM_RNGLISTX || rnglist_at(u, offset, &offset))
			rnglist_read(u, offset, r);
		return;
	}
	if (!low->form || !high->form || !dwarf_value_address(u, low, &start))
		return;
	if (!dwarf_value_is_address(high))
		end = start + high->number;
	else if (!dwarf_value_address(u, high, &end))
		return;
	report(u, r, start, end);
}
