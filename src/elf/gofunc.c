// SPDX-License-Identifier: Apache-2.0
/*
 * struct _func of Go's src/runtime/runtime2.go, the same in 1.18 and 1.19, and from 1.20 to 1.26: 32-bit
 * numbers, then as many of "pcdata", which are tables, and of "funcdata", as it says. Before 1.18 its
 * entry and "funcdata" are addresses.
 */
#include "elf/gofunc.h"

#include "elf/gopclntab.h"

#define PCDATA_INL_TREE   2 /* src/internal/abi/symtab.go of Go 1.26; the same in 1.19 */
#define FUNCDATA_INL_TREE 3
#define NO_FUNCDATA       UINT32_MAX

uint64_t gofunc_find(const struct go_table *t, uint64_t address)
{
	uint64_t lo = 0, hi = t->func_cnt, mid;

	/* invariant: where they are in order, entry(lo - 1) <= address < entry(hi) */
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (go_entry(t, mid) <= address)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo || go_entry(t, lo - 1) > address || go_entry(t, lo) <= address)
		return t->func_cnt;
	return lo - 1;
}

/* 'at': where what the function has of "funcdata" begins. */
static void read_tree(const struct go_table *t, uint64_t at, struct gofunc *func)
{
	if (t->version == 16) {
		at += at & 4; /* addresses are aligned */
		func->tree = go_word(t, at + 8 * FUNCDATA_INL_TREE, 8);
		func->has_tree = func->tree;
		return;
	}
	func->tree = go_word(t, at + 4 * FUNCDATA_INL_TREE, 4);
	func->has_tree = func->tree != NO_FUNCDATA;
}

bool gofunc_at(const struct go_table *t, uint64_t i, struct gofunc *func)
{
	uint64_t offset = go_func_offset(t, i), at = t->funcs + offset, tables, end;

	*func = (struct gofunc){ .entry = go_entry(t, i) };
	if (i >= t->func_cnt || go_entry(t, i + 1) <= func->entry || offset > t->size)
		return false;
	func->size = go_entry(t, i + 1) - func->entry;
	at += t->version == 16 ? 8 : 4;
	end = at + (t->version == 20 ? 40 : 36);
	if (end > t->size)
		return false;
	func->name = (uint32_t)go_word(t, at, 4);
	func->files = (uint32_t)go_word(t, at + 16, 4);
	func->lines = (uint32_t)go_word(t, at + 20, 4);
	tables = go_word(t, at + 24, 4);
	func->unit = (uint32_t)go_word(t, at + 28, 4);
	func->start_line = t->version == 20 ? (uint32_t)go_word(t, at + 32, 4) : 0;
	if (tables > PCDATA_INL_TREE)
		func->calls = (uint32_t)go_word(t, end + 4 * PCDATA_INL_TREE, 4);
	if (t->data[end - 1] > FUNCDATA_INL_TREE)
		read_tree(t, end + 4 * tables, func);
	return true;
}

int64_t gofunc_value(struct go_table *t, uint32_t table, uint64_t pc)
{
	struct go_steps s;

	go_steps_start(t, table, 0, &s);
	while (go_steps_next(t, &s))
		if (pc < s.pc)
			return s.value;
	return -1;
}
