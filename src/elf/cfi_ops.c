// SPDX-License-Identifier: Apache-2.0
#include "elf/cfi_ops.h"

#define SP_IS_NOT_CFA 1 /* as elf_row.pad */

/* No more of the program is run. */
static void stop(struct cfi_state *s)
{
	s->c.end = s->c.p;
}

static void fail(struct cfi_state *s)
{
	s->c.bad = true;
	stop(s);
}

/* A row whose return address is not simply in the stack, or whose CFA cannot be followed. */
static struct elf_row unusual(struct cfi_state *s, const struct elf_row *now)
{
	struct elf_row row = { .address = now->address };

	if (s->cie->signal && now->cfa == ROW_DEREF && now->reg == ARCH_REG_SP &&
	    now->offset == ARCH_SIGNAL_SP_OFFSET && !now->post)
		row.cfa = ROW_SIGNAL;
	else if (now->ra == SAVE_UNDEFINED)
		row.cfa = ROW_STOP;
	else if (now->cfa == ROW_UNSUPPORTED || now->pad ||
	         (now->ra != SAVE_CFA && now->ra != SAVE_REG))
		row.cfa = ROW_UNSUPPORTED;
	else
		return *now;
	s->b->unsupported |= row.cfa == ROW_UNSUPPORTED;
	return row;
}

static void put_unusual(struct cfi_state *s, uint64_t end)
{
	struct elf_row row;

	if (s->now.cfa == ROW_REG)
		cfi_put_handler(s);
	row = unusual(s, &s->now);
	rows_put(s->b, row.address, row_rule(&row));
	if (row.cfa == ROW_REG)
		cfi_put_calls(s, &row, end);
}

void cfi_put(struct cfi_state *s, uint64_t end)
{
	if (cfi_is_plain(&s->now))
		rows_put(s->b, s->now.address, row_rule(&s->now));
	else
		put_unusual(s, end);
}

/* Moves the location on by bytes; where the range ends the program does. */
static void advance(struct cfi_state *s, uint64_t delta)
{
	if (delta >= s->end - s->now.address) { /* a range never ends before its location */
		s->done = s->table;
		s->c.bad |= !s->table;
		delta = s->end - s->now.address;
		stop(s);
	}
	if (!delta)
		return;
	cfi_put(s, s->now.address + delta);
	s->now.address += delta;
}

static void set_loc(struct cfi_state *s)
{
	uint64_t place, to;

	if (!s->table) {
		fail(s);
		return;
	}
	place = s->table->address + (uint64_t)(s->c.p - s->table->data);
	if (cursor_pointer(&s->c, s->cie->encoding, place, 0, &to) && to >= s->now.address)
		advance(s, to - s->now.address);
	else
		fail(s);
}

/* An offset that is not factored; far out of every range when it is too large. */
static int64_t offset_unsigned(struct cfi_state *s)
{
	uint64_t n = cursor_uleb(&s->c);

	return n > INT32_MAX ? INT64_MAX : (int64_t)n;
}

/* A factored number; far out of every range when it is too large. */
static int64_t factored(const struct cfi_state *s, int64_t n)
{
	if (n > INT32_MAX || n < INT32_MIN)
		return INT64_MAX;
	return n * s->cie->data_align;
}

static int64_t factored_unsigned(struct cfi_state *s)
{
	return factored(s, offset_unsigned(s));
}

static int64_t factored_signed(struct cfi_state *s)
{
	return factored(s, cursor_sleb(&s->c));
}

static void save(struct cfi_state *s, uint64_t reg, uint8_t how, int64_t offset)
{
	if (reg == ARCH_REG_SP)
		s->now.pad = how == SAVE_SAME ? 0 : SP_IS_NOT_CFA;
	if (reg != s->fp && reg != s->cie->ra)
		return;
	if (how == SAVE_REG && (offset < 0 || offset >= ARCH_REG_CNT))
		how = SAVE_UNSUPPORTED;
	if (offset < INT16_MIN || offset > INT16_MAX)
		how = SAVE_UNSUPPORTED;
	if (how != SAVE_CFA && how != SAVE_REG)
		offset = 0;
	if (reg == s->cie->ra) {
		s->now.ra = how;
		s->now.ra_offset = (int16_t)offset;
	} else {
		s->now.fp = how == SAVE_UNDEFINED ? SAVE_UNSUPPORTED : how;
		s->now.fp_offset = (int16_t)offset;
	}
}

/* The value itself, not where it is, is CFA + offset. */
static void save_value(struct cfi_state *s, uint64_t reg, int64_t offset)
{
	save(s, reg, reg == ARCH_REG_SP && !offset ? SAVE_SAME : SAVE_UNSUPPORTED, 0);
}

static void restore(struct cfi_state *s, uint64_t reg)
{
	const struct elf_row *initial = &s->cie->initial;

	if (reg == ARCH_REG_SP)
		s->now.pad = initial->pad;
	if (reg == s->cie->ra)
		save(s, reg, initial->ra, initial->ra_offset);
	else if (reg == s->fp)
		save(s, reg, initial->fp, initial->fp_offset);
}

static void define_cfa(struct cfi_state *s, uint64_t reg, int64_t offset)
{
	bool can = reg < ARCH_REG_CNT && offset >= INT32_MIN && offset <= INT32_MAX;

	s->now.cfa = can ? ROW_REG : ROW_UNSUPPORTED;
	s->now.reg = can ? (uint8_t)reg : 0;
	s->now.offset = can ? (int32_t)offset : 0;
	s->now.post = 0;
}

static void define_offset(struct cfi_state *s, int64_t offset)
{
	define_cfa(s, s->now.cfa == ROW_REG ? s->now.reg : ARCH_REG_CNT, offset);
}

static void define_register(struct cfi_state *s, uint64_t reg)
{
	define_cfa(s, s->now.cfa == ROW_REG ? reg : ARCH_REG_CNT, s->now.offset);
}

static void remember(struct cfi_state *s)
{
	if (s->depth < STATES_MAX)
		s->saved[s->depth++] = row_rule(&s->now);
	else
		fail(s);
}

static void restore_state(struct cfi_state *s)
{
	if (s->depth)
		row_set(&s->now, s->now.address, s->saved[--s->depth]);
	else
		fail(s);
}

static void cfa_by_expression(struct cfi_state *s)
{
	uint64_t size = cursor_uleb(&s->c);
	const uint8_t *p = cursor_skip(&s->c, size);

	if (p)
		cfi_cfa_expression(p, size, &s->now);
}

static void save_by_expression(struct cfi_state *s, bool value)
{
	uint64_t reg = cursor_uleb(&s->c), size = cursor_uleb(&s->c);
	const uint8_t *p = cursor_skip(&s->c, size);

	if (p && reg == s->fp && reg == ARCH_REG_FP && !value)
		save(s, reg, cfi_save_expression(p, size), 0);
	else if (p)
		save(s, reg, SAVE_UNSUPPORTED, 0);
}

/* The operations on a saved register; false = another one. */
static bool run_save(struct cfi_state *s, uint8_t op)
{
	uint64_t reg;

	switch (op) {
	case DW_CFA_expression:
	case DW_CFA_val_expression:
		save_by_expression(s, op == DW_CFA_val_expression);
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
		reg = cursor_uleb(&s->c);
		break;
	default:
		return false;
	}
	if (op == DW_CFA_offset_extended)
		save(s, reg, SAVE_CFA, factored_unsigned(s));
	else if (op == DW_CFA_restore_extended)
		restore(s, reg);
	else if (op == DW_CFA_undefined)
		save(s, reg, SAVE_UNDEFINED, 0);
	else if (op == DW_CFA_same_value)
		save(s, reg, SAVE_SAME, 0);
	else if (op == DW_CFA_register)
		save(s, reg, SAVE_REG, (int64_t)cursor_uleb(&s->c));
	else if (op == DW_CFA_offset_extended_sf)
		save(s, reg, SAVE_CFA, factored_signed(s));
	else if (op == DW_CFA_GNU_negative_offset_extended)
		save(s, reg, SAVE_CFA, -factored_unsigned(s));
	else
		save_value(s, reg,
		           op == DW_CFA_val_offset ? factored_unsigned(s) : factored_signed(s));
	return true;
}

/* The operations on the CFA; false = another one. */
static bool run_cfa(struct cfi_state *s, uint8_t op)
{
	uint64_t reg;

	switch (op) {
	case DW_CFA_def_cfa:
	case DW_CFA_def_cfa_sf:
		reg = cursor_uleb(&s->c);
		define_cfa(s, reg, op == DW_CFA_def_cfa ? offset_unsigned(s) : factored_signed(s));
		return true;
	case DW_CFA_def_cfa_register:
		define_register(s, cursor_uleb(&s->c));
		return true;
	case DW_CFA_def_cfa_offset:
		define_offset(s, offset_unsigned(s));
		return true;
	case DW_CFA_def_cfa_offset_sf:
		define_offset(s, factored_signed(s));
		return true;
	case DW_CFA_def_cfa_expression:
		cfa_by_expression(s);
		return true;
	}
	return false;
}

void cfi_op(struct cfi_state *s, uint8_t op)
{
	uint64_t n;

	switch (op) {
	case DW_CFA_nop:
		break;
	case DW_CFA_advance_loc ... DW_CFA_advance_loc + 0x3f:
		advance(s, (op & 0x3f) * s->cie->code_align);
		break;
	case DW_CFA_advance_loc1:
	case DW_CFA_advance_loc2:
	case DW_CFA_advance_loc4:
		n = cursor_uint(&s->c, 1u << (op - DW_CFA_advance_loc1));
		advance(s, n * s->cie->code_align);
		break;
	case DW_CFA_MIPS_advance_loc8:
		n = cursor_uint(&s->c, 8);
		advance(s, n > UINT32_MAX ? UINT64_MAX : n * s->cie->code_align);
		break;
	case DW_CFA_set_loc:
		set_loc(s);
		break;
	case DW_CFA_offset ... DW_CFA_offset + 0x3f:
		save(s, op & 0x3f, SAVE_CFA, factored_unsigned(s));
		break;
	case DW_CFA_restore ... DW_CFA_restore + 0x3f:
		restore(s, op & 0x3f);
		break;
	case DW_CFA_remember_state:
		remember(s);
		break;
	case DW_CFA_restore_state:
		restore_state(s);
		break;
	case DW_CFA_GNU_args_size:
		cursor_uleb(&s->c);
		break;
	default:
		if (!run_cfa(s, op) && !run_save(s, op))
			fail(s);
	}
}
