// SPDX-License-Identifier: Apache-2.0
#include "symbolize/dwarf_abbrev.h"

#include <stdlib.h>

#include "base/array.h"
#include "symbolize/dwarf_const.h"
#include "symbolize/dwarf_file.h"
#include "symbolize/dwarf_form.h"

#define KEPT_MAX (1u << 23) /* attributes: 64 MB; libLLVM's tables have 6 million */

struct dwarf_abbrevs {
	uint64_t offset;
	struct dwarf_abbrev *items; /* sorted by code */
	size_t cnt, cap;
	struct dwarf_attr *attrs;
	size_t attr_cnt, attr_cap;
};

static uint8_t slot_of(uint64_t at)
{
	switch (at) {
	case AT_NAME:
		return SLOT_NAME;
	case AT_LINKAGE_NAME:
	case AT_MIPS_LINKAGE_NAME:
		return SLOT_LINKAGE;
	case AT_LOW_PC:
		return SLOT_LOW_PC;
	case AT_HIGH_PC:
		return SLOT_HIGH_PC;
	case AT_RANGES:
		return SLOT_RANGES;
	case AT_ABSTRACT_ORIGIN:
		return SLOT_ORIGIN;
	case AT_SPECIFICATION:
		return SLOT_SPECIFICATION;
	case AT_CALL_FILE:
		return SLOT_CALL_FILE;
	case AT_CALL_LINE:
		return SLOT_CALL_LINE;
	case AT_DECL_LINE:
		return SLOT_DECL_LINE;
	case AT_STMT_LIST:
		return SLOT_STMT_LIST;
	case AT_COMP_DIR:
		return SLOT_COMP_DIR;
	case AT_DWO_NAME:
	case AT_GNU_DWO_NAME:
		return SLOT_DWO_NAME;
	case AT_GNU_DWO_ID:
		return SLOT_DWO_ID;
	case AT_ADDR_BASE:
	case AT_GNU_ADDR_BASE:
		return SLOT_ADDR_BASE;
	case AT_STR_OFFSETS_BASE:
		return SLOT_STR_OFFSETS_BASE;
	case AT_RNGLISTS_BASE:
		return SLOT_RNGLISTS_BASE;
	case AT_GNU_RANGES_BASE:
		return SLOT_RANGES_BASE;
	default:
		return SLOT_NONE;
	}
}

static bool attr_read(struct dwarf_cursor *c, struct dwarf_attr *a)
{
	uint64_t at = dwarf_uleb(c), form = dwarf_uleb(c);
	int64_t implicit = form == FORM_IMPLICIT_CONST ? dwarf_sleb(c) : 0;

	*a = dwarf_attr_of(form);
	a->slot = slot_of(at);
	a->implicit = implicit == (int32_t)implicit ? (int32_t)implicit : 0;
	return (at || form) && !c->bad;
}

/* Its code, tag and children; false: the table ends here. */
static bool abbrev_begin(struct dwarf_cursor *c, struct dwarf_abbrev *b)
{
	uint64_t tag;

	*b = (struct dwarf_abbrev){ .code = dwarf_uleb(c), .fixed = true };
	if (!b->code)
		return false;
	tag = dwarf_uleb(c);
	b->tag = tag <= UINT16_MAX ? (uint16_t)tag : 0;
	b->has_children = dwarf_uint(c, 1);
	return !c->bad;
}

static void abbrev_count(struct dwarf_abbrev *b, const struct dwarf_attr *a)
{
	b->attr_cnt++;
	b->has_code |= a->slot == SLOT_LOW_PC || a->slot == SLOT_RANGES;
	if (a->size == DWARF_SIZE_VARIES)
		b->fixed = false;
	else if (a->size == DWARF_SIZE_OFFSET)
		b->offsets++;
	else if (a->size == DWARF_SIZE_ADDRESS)
		b->addresses++;
	else
		b->bytes += (uint32_t)a->size;
}

bool dwarf_abbrev_first(struct dwarf_file *f, uint64_t offset, uint64_t code,
                        struct dwarf_abbrev *abbrev, struct dwarf_attr *attrs, uint32_t max)
{
	size_t size = dwarf_section_size(f, DWARF_ABBREV);
	struct dwarf_cursor c;

	/* Of 4 KiB: no compiler's first entry is longer. */
	if (offset >= size ||
	    !dwarf_part(f, DWARF_ABBREV, offset, size - offset < 4096 ? size - offset : 4096, &c) ||
	    !abbrev_begin(&c, abbrev) || abbrev->code != code)
		return false;
	abbrev->attrs = attrs;
	while (abbrev->attr_cnt < max && attr_read(&c, &attrs[abbrev->attr_cnt]))
		abbrev_count(abbrev, &attrs[abbrev->attr_cnt]);
	return !c.bad && abbrev->attr_cnt < max;
}

static bool spend(uint64_t *left)
{
	return *left && (*left)--;
}

static bool abbrev_add(struct dwarf_abbrevs *t, struct dwarf_cursor *c, struct dwarf_abbrev *b,
                       uint64_t *left)
{
	struct dwarf_abbrev *items;
	struct dwarf_attr *attrs, a;

	while (attr_read(c, &a)) {
		attrs = t->attr_cnt < KEPT_MAX && spend(left)
		                ? array_reserve(t->attrs, &t->attr_cap, t->attr_cnt + 1,
		                                sizeof(*attrs))
		                : NULL;
		if (!attrs)
			return false;
		t->attrs = attrs;
		attrs[t->attr_cnt++] = a;
		abbrev_count(b, &a);
	}
	items = !c->bad && spend(left)
	                ? array_reserve(t->items, &t->cap, t->cnt + 1, sizeof(*items))
	                : NULL;
	if (!items)
		return false;
	t->items = items;
	items[t->cnt++] = *b;
	return true;
}

static int by_code(const void *pa, const void *pb)
{
	const struct dwarf_abbrev *a = pa, *b = pb;

	return a->code < b->code ? -1 : a->code > b->code;
}

static struct dwarf_abbrevs *abbrevs_read(struct dwarf_file *f, uint64_t offset)
{
	struct dwarf_abbrevs *t;
	struct dwarf_abbrev b;
	struct dwarf_cursor c;
	bool sorted = true;
	size_t i, at = 0;

	if (!dwarf_rest(f, DWARF_ABBREV, offset, &c))
		return NULL;
	t = calloc(1, sizeof(*t));
	if (!t)
		return NULL;
	t->offset = offset;
	while (abbrev_begin(&c, &b) && abbrev_add(t, &c, &b, &f->left.attrs))
		sorted = sorted && (t->cnt < 2 || t->items[t->cnt - 2].code < b.code);
	for (i = 0; i < t->cnt; i++) {
		t->items[i].attrs = t->attr_cnt ? t->attrs + at : NULL;
		at += t->items[i].attr_cnt;
	}
	if (!sorted)
		qsort(t->items, t->cnt, sizeof(*t->items), by_code);
	return t;
}

/* In attributes: an entry is as long as six. */
static uint64_t table_size(const struct dwarf_abbrevs *t)
{
	return t->attr_cnt + 6 * t->cnt;
}

static void slot_clear(struct dwarf_file *f, struct dwarf_abbrevs **slot)
{
	struct dwarf_abbrevs *t = *slot;

	if (!t)
		return;
	f->attrs_kept -= table_size(t);
	free(t->items);
	free(t->attrs);
	free(t);
	*slot = NULL;
}

const struct dwarf_abbrevs *dwarf_abbrevs_get(struct dwarf_file *f, uint64_t offset)
{
	struct dwarf_abbrevs **slot =
		&f->abbrevs[(offset * 0x9e3779b97f4a7c15u) >> 32 & (DWARF_ABBREVS_KEPT - 1)];

	if (*slot && (*slot)->offset == offset)
		return *slot;
	if (f->attrs_kept > KEPT_MAX)
		dwarf_abbrevs_drop(f);
	slot_clear(f, slot);
	*slot = abbrevs_read(f, offset);
	f->attrs_kept += *slot ? table_size(*slot) : 0;
	return *slot;
}

void dwarf_abbrevs_drop(struct dwarf_file *f)
{
	size_t i;

	for (i = 0; i < DWARF_ABBREVS_KEPT; i++)
		slot_clear(f, &f->abbrevs[i]);
}

const struct dwarf_abbrev *dwarf_abbrev_find(const struct dwarf_abbrevs *a, uint64_t code)
{
	size_t lo = 0, hi = a->cnt, mid;

	/* Compilers number them 1, 2, 3… */
	if (code - 1 < a->cnt && a->items[code - 1].code == code)
		return &a->items[code - 1];
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (a->items[mid].code < code)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < a->cnt && a->items[lo].code == code ? &a->items[lo] : NULL;
}
