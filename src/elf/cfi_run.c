// SPDX-License-Identifier: Apache-2.0
/* Runs the programs of CIEs and FDEs for three columns: the CFA, the frame pointer, the return address. */
#include <string.h>

#include "elf/arch_x86_64.h"
#include "elf/rows_build.h"

enum {
	DW_CFA_nop = 0x00,
	DW_CFA_set_loc = 0x01,
	DW_CFA_advance_loc1 = 0x02,
	DW_CFA_advance_loc2 = 0x03,
	DW_CFA_advance_loc4 = 0x04,
	DW_CFA_offset_extended = 0x05,
	DW_CFA_restore_extended = 0x06,
	DW_CFA_undefined = 0x07,
	DW_CFA_same_value = 0x08,
	DW_CFA_register = 0x09,
	DW_CFA_remember_state = 0x0a,
	DW_CFA_restore_state = 0x0b,
	DW_CFA_def_cfa = 0x0c,
	DW_CFA_def_cfa_register = 0x0d,
	DW_CFA_def_cfa_offset = 0x0e,
	DW_CFA_def_cfa_expression = 0x0f,
	DW_CFA_expression = 0x10,
	DW_CFA_offset_extended_sf = 0x11,
	DW_CFA_def_cfa_sf = 0x12,
	DW_CFA_def_cfa_offset_sf = 0x13,
	DW_CFA_val_offset = 0x14,
	DW_CFA_val_offset_sf = 0x15,
	DW_CFA_val_expression = 0x16,
	DW_CFA_MIPS_advance_loc8 = 0x1d,
	DW_CFA_GNU_args_size = 0x2e,
	DW_CFA_GNU_negative_offset_extended = 0x2f,
	DW_CFA_advance_loc = 0x40,
	DW_CFA_offset = 0x80,
	DW_CFA_restore = 0xc0,
};

#define STATES_MAX 16 /* remembered at a time */

/* elf_row.pad while a program runs: the caller's stack pointer has a rule of its own (longjmp). */
#define SP_IS_NOT_CFA 1

struct run {
	struct cursor c;
	struct cfi_cie *cie;
	const struct cfi_table *table; /* NULL: a CIE's own program */
	struct row_builder *b;
	uint64_t end;
	bool done; /* the location is past the range, or the program is broken (c.bad) */
	unsigned int depth;
	struct elf_row now;
	struct elf_row saved[STATES_MAX];
};

/* A row whose return address is not simply in the stack, or whose CFA cannot be followed. */
static struct elf_row unusual(struct run *r, const struct elf_row *now)
{
	struct elf_row row = { .address = now->address };

	if (r->cie->signal && now->cfa == ROW_DEREF && now->reg == ARCH_REG_SP &&
	    now->offset == ARCH_SIGNAL_SP_OFFSET && !now->post)
		row.cfa = ROW_SIGNAL;
	else if (now->ra == SAVE_UNDEFINED)
		row.cfa = ROW_STOP;
	else if (now->cfa == ROW_UNSUPPORTED || now->pad ||
	         (now->ra != SAVE_CFA && now->ra != SAVE_REG))
		row.cfa = ROW_UNSUPPORTED;
	else
		return *now;
	r->b->unsupported |= row.cfa == ROW_UNSUPPORTED;
	return row;
}

/* Puts the rule in force, from its address on. */
static void put(struct run *r)
{
	struct elf_row row;

	if (r->now.ra == SAVE_CFA && r->now.cfa != ROW_UNSUPPORTED && !r->now.pad) {
		rows_put(r->b, r->now.address, row_rule(&r->now));
		return;
	}
	row = unusual(r, &r->now);
	rows_put(r->b, row.address, row_rule(&row));
}

static void advance(struct run *r, uint64_t to)
{
	if (!r->table || to < r->now.address) {
		r->c.bad = true;
		return;
	}
	if (to == r->now.address)
		return;
	put(r);
	r->done = to >= r->end;
	r->now.address = to;
}

static void advance_by(struct run *r, uint64_t delta)
{
	uint64_t left = r->end - r->now.address; /* a range never ends before its location */

	if (delta > UINT32_MAX || delta * r->cie->code_align >= left)
		advance(r, r->end);
	else
		advance(r, r->now.address + delta * r->cie->code_align);
}

static void set_loc(struct run *r)
{
	uint64_t place, to;

	if (!r->table)
		r->c.bad = true;
	if (r->c.bad)
		return;
	place = r->table->address + (uint64_t)(r->c.p - r->table->data);
	if (cursor_pointer(&r->c, r->cie->encoding, place, 0, &to))
		advance(r, to < r->end ? to : r->end);
	else
		r->c.bad = true;
}

/* An offset that is not factored; far out of every range when it is too large. */
static int64_t offset_unsigned(struct run *r)
{
	uint64_t n = cursor_uleb(&r->c);

	return n > INT32_MAX ? INT64_MAX : (int64_t)n;
}

/* A factored number; far out of every range when it is too large. */
static int64_t factored(const struct run *r, int64_t n)
{
	if (n > INT32_MAX || n < INT32_MIN)
		return INT64_MAX;
	return n * r->cie->data_align;
}

static int64_t factored_unsigned(struct run *r)
{
	return factored(r, offset_unsigned(r));
}

static int64_t factored_signed(struct run *r)
{
	return factored(r, cursor_sleb(&r->c));
}

/* Is a register's rule of any interest? */
static bool is_followed(const struct run *r, uint64_t reg)
{
	return reg == ARCH_REG_FP || reg == ARCH_REG_SP || reg == r->cie->ra;
}

static void save(struct run *r, uint64_t reg, uint8_t how, int64_t offset)
{
	if (reg == ARCH_REG_SP)
		r->now.pad = how == SAVE_SAME ? 0 : SP_IS_NOT_CFA;
	if (reg != ARCH_REG_FP && reg != r->cie->ra)
		return;
	if (how == SAVE_REG && (offset < 0 || offset >= ARCH_REG_CNT))
		how = SAVE_UNSUPPORTED;
	if (offset < INT16_MIN || offset > INT16_MAX)
		how = SAVE_UNSUPPORTED;
	if (how != SAVE_CFA && how != SAVE_REG)
		offset = 0;
	if (reg == r->cie->ra) {
		r->now.ra = how;
		r->now.ra_offset = (int16_t)offset;
	} else {
		r->now.fp = how == SAVE_UNDEFINED ? SAVE_UNSUPPORTED : how;
		r->now.fp_offset = (int16_t)offset;
	}
}

/* The value itself, not where it is, is CFA + offset. */
static void save_value(struct run *r, uint64_t reg, int64_t offset)
{
	save(r, reg, reg == ARCH_REG_SP && !offset ? SAVE_SAME : SAVE_UNSUPPORTED, 0);
}

static void restore(struct run *r, uint64_t reg)
{
	const struct elf_row *initial = &r->cie->initial;

	if (reg == ARCH_REG_SP)
		r->now.pad = initial->pad;
	if (reg == r->cie->ra)
		save(r, reg, initial->ra, initial->ra_offset);
	else if (reg == ARCH_REG_FP)
		save(r, reg, initial->fp, initial->fp_offset);
}

static void define_cfa(struct run *r, uint64_t reg, int64_t offset)
{
	bool can = reg < ARCH_REG_CNT && offset >= INT32_MIN && offset <= INT32_MAX;

	r->now.cfa = can ? ROW_REG : ROW_UNSUPPORTED;
	r->now.reg = can ? (uint8_t)reg : 0;
	r->now.offset = can ? (int32_t)offset : 0;
	r->now.post = 0;
}

static void define_offset(struct run *r, int64_t offset)
{
	define_cfa(r, r->now.cfa == ROW_REG ? r->now.reg : ARCH_REG_CNT, offset);
}

static void define_register(struct run *r, uint64_t reg)
{
	define_cfa(r, r->now.cfa == ROW_REG ? reg : ARCH_REG_CNT, r->now.offset);
}

static void remember(struct run *r)
{
	if (r->depth < STATES_MAX)
		r->saved[r->depth++] = r->now;
	else
		r->c.bad = true;
}

static void restore_state(struct run *r)
{
	uint64_t address = r->now.address;

	if (!r->depth) {
		r->c.bad = true;
		return;
	}
	r->now = r->saved[--r->depth];
	r->now.address = address;
}

static void cfa_by_expression(struct run *r)
{
	uint64_t size = cursor_uleb(&r->c);
	const uint8_t *p = cursor_skip(&r->c, size);

	if (p)
		cfi_cfa_expression(p, size, &r->now);
}

static void save_by_expression(struct run *r, bool value)
{
	uint64_t reg = cursor_uleb(&r->c), size = cursor_uleb(&r->c);
	const uint8_t *p = cursor_skip(&r->c, size);

	if (p && reg == ARCH_REG_FP && !value)
		save(r, reg, cfi_save_expression(p, size), 0);
	else if (p)
		save(r, reg, SAVE_UNSUPPORTED, 0);
}

/* The operations on a saved register; false = another one. */
static bool run_save(struct run *r, uint8_t op)
{
	uint64_t reg;

	switch (op) {
	case DW_CFA_expression:
	case DW_CFA_val_expression:
		save_by_expression(r, op == DW_CFA_val_expression);
		return true;
	case DW_CFA_offset_extended:
	case DW_CFA_restore_extended:
	case DW_CFA_undefined:
	case DW_CFA_same_value:
	case DW_CFA_register:
	case DW_CFA_offset_extended_sf:
	case DW_CFA_val_offset:
	case DW_CFA_val_offset_sf:
	case DW_CFA_GNU_negative_offset_extended:
		reg = cursor_uleb(&r->c);
		break;
	default:
		return false;
	}
	if (op == DW_CFA_offset_extended)
		save(r, reg, SAVE_CFA, factored_unsigned(r));
	else if (op == DW_CFA_restore_extended)
		restore(r, reg);
	else if (op == DW_CFA_undefined)
		save(r, reg, SAVE_UNDEFINED, 0);
	else if (op == DW_CFA_same_value)
		save(r, reg, SAVE_SAME, 0);
	else if (op == DW_CFA_register)
		save(r, reg, SAVE_REG, (int64_t)cursor_uleb(&r->c));
	else if (op == DW_CFA_offset_extended_sf)
		save(r, reg, SAVE_CFA, factored_signed(r));
	else if (op == DW_CFA_GNU_negative_offset_extended)
		save(r, reg, SAVE_CFA, -factored_unsigned(r));
	else
		save_value(r, reg,
		           op == DW_CFA_val_offset ? factored_unsigned(r) : factored_signed(r));
	return true;
}

/* The rarer operations. */
static void run_other(struct run *r, uint8_t op)
{
	uint64_t reg;

	switch (op) {
	case DW_CFA_set_loc:
		set_loc(r);
		break;
	case DW_CFA_advance_loc4:
		advance_by(r, cursor_uint(&r->c, 4));
		break;
	case DW_CFA_MIPS_advance_loc8:
		advance_by(r, cursor_uint(&r->c, 8));
		break;
	case DW_CFA_def_cfa_sf:
		reg = cursor_uleb(&r->c);
		define_cfa(r, reg, factored_signed(r));
		break;
	case DW_CFA_def_cfa_offset_sf:
		define_offset(r, factored_signed(r));
		break;
	case DW_CFA_def_cfa_expression:
		cfa_by_expression(r);
		break;
	case DW_CFA_GNU_args_size:
		cursor_uleb(&r->c);
		break;
	default:
		r->c.bad |= !run_save(r, op);
	}
}

static void run_extended(struct run *r, uint8_t op)
{
	uint64_t reg;

	switch (op) {
	case DW_CFA_nop:
		break;
	case DW_CFA_advance_loc1:
		advance_by(r, cursor_u8(&r->c));
		break;
	case DW_CFA_advance_loc2:
		advance_by(r, cursor_uint(&r->c, 2));
		break;
	case DW_CFA_remember_state:
		remember(r);
		break;
	case DW_CFA_restore_state:
		restore_state(r);
		break;
	case DW_CFA_def_cfa:
		reg = cursor_uleb(&r->c);
		define_cfa(r, reg, offset_unsigned(r));
		break;
	case DW_CFA_def_cfa_register:
		define_register(r, cursor_uleb(&r->c));
		break;
	case DW_CFA_def_cfa_offset:
		define_offset(r, offset_unsigned(r));
		break;
	default:
		run_other(r, op);
	}
}

static void run_one(struct run *r, uint8_t op)
{
	switch (op & 0xc0) {
	case DW_CFA_advance_loc:
		advance_by(r, op & 0x3f);
		break;
	case DW_CFA_offset:
		save(r, op & 0x3f, SAVE_CFA, factored_unsigned(r));
		break;
	case DW_CFA_restore:
		restore(r, op & 0x3f);
		break;
	default:
		run_extended(r, op);
	}
}

/* As one word, because rows_put() loads it as one. */
static inline void set_offset(struct elf_row *row, uint8_t offset)
{
	uint64_t word;

	memcpy(&word, &row->offset, sizeof(word));
	word = (word & ~0xffffffffull) | offset;
	memcpy(&row->offset, &word, sizeof(word));
}

/*
 * The commonest operations where they change little: how many bytes that were, 0 = not one of them. In one place and
 * without the cursor, because most of the time of a table goes here.
 */
static inline int run_quick(struct run *r, uint8_t op, const uint8_t *p)
{
	unsigned int low = op & 0x3f;
	uint64_t delta;

	switch (op & 0xc0) {
	case DW_CFA_advance_loc:
		delta = (uint64_t)low * r->cie->code_align;
		if (!delta || delta >= r->end - r->now.address)
			return 0;
		put(r);
		r->now.address += delta;
		return 1;
	case DW_CFA_offset:
		return *p < 0x80 && !is_followed(r, low) ? 2 : 0;
	case DW_CFA_restore:
		return !is_followed(r, low);
	}
	if (op != DW_CFA_def_cfa_offset || *p >= 0x80 || r->now.cfa != ROW_REG)
		return op == DW_CFA_nop;
	set_offset(&r->now, *p);
	return 2;
}

static void run(struct run *r)
{
	const uint8_t *p = r->c.p, *end = r->c.end;
	int quick;

	while (end - p > 1) {
		quick = run_quick(r, *p, p + 1);
		p += quick;
		if (quick)
			continue;
		r->c.p = p + 1;
		run_one(r, *p);
		p = r->c.p;
		if (r->c.bad || r->done)
			return;
	}
	r->c.p = p;
	if (p < end)
		run_one(r, *r->c.p++);
}

bool cfi_run_cie(struct cfi_cie *cie, struct cursor program)
{
	struct run r;

	memset(&cie->initial, 0, sizeof(cie->initial));
	cie->initial.cfa = ROW_UNSUPPORTED;
	cie->initial.ra = SAVE_UNSUPPORTED;
	r.c = program;
	r.cie = cie;
	r.table = NULL;
	r.b = NULL;
	r.end = 0;
	r.done = false;
	r.depth = 0;
	r.now = cie->initial;
	run(&r);
	cie->initial = r.now;
	return !r.c.bad;
}

/*
 * The caller of a signal handler is looked up one byte before its return address, and a signal frame's
 * is its first byte: its rows start one byte early.
 */
void cfi_run(const struct cfi_table *t, const struct row_range *range, struct row_builder *b)
{
	struct run r;

	r.c.p = t->data + range->source.at;
	r.c.end = r.c.p + range->source.left;
	r.c.bad = false;
	r.cie = &t->cies[range->source.owner];
	r.table = t;
	r.b = b;
	r.end = range->start + range->size;
	r.done = false;
	r.depth = 0;
	r.now = r.cie->initial;
	r.now.address = range->start;
	if (r.cie->signal && range->start) {
		r.now.address--;
		put(&r);
		r.now.address++;
	}
	run(&r);
	if (r.done)
		return;
	if (r.c.bad) {
		r.now.cfa = ROW_UNSUPPORTED;
		r.now.ra = SAVE_UNSUPPORTED;
	}
	put(&r);
}
