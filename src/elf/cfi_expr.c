// SPDX-License-Identifier: Apache-2.0
/*
 * The expressions that compilers, linkers and assembly use, recognised by their form: a register and
 * an offset, perhaps with another one as index, perhaps what is stored there, perhaps an offset again;
 * and the two of the PLT.
 */
#include <string.h>

#include "elf/arch_x86_64.h"
#include "elf/cfi.h"

enum {
	DW_OP_deref = 0x06,
	DW_OP_const1u = 0x08,
	DW_OP_const1s = 0x09,
	DW_OP_const2u = 0x0a,
	DW_OP_const2s = 0x0b,
	DW_OP_const4u = 0x0c,
	DW_OP_const4s = 0x0d,
	DW_OP_constu = 0x10,
	DW_OP_consts = 0x11,
	DW_OP_minus = 0x1c,
	DW_OP_mul = 0x1e,
	DW_OP_plus = 0x22,
	DW_OP_plus_uconst = 0x23,
	DW_OP_lit0 = 0x30,
	DW_OP_lit8 = 0x38,
	DW_OP_lit31 = 0x4f,
	DW_OP_breg0 = 0x70,
	DW_OP_breg31 = 0x8f,
	DW_OP_bregx = 0x92,
};

static bool is_plt(const uint8_t *p, size_t size, const char *form)
{
	return size == ARCH_PLT_SIZE && !memcmp(p, form, size);
}

/* A constant; false when the operation is none. */
static bool constant(struct cursor *c, uint8_t op, int64_t *v)
{
	if (op >= DW_OP_lit0 && op <= DW_OP_lit31)
		*v = op - DW_OP_lit0;
	else if (op == DW_OP_const1u || op == DW_OP_const2u || op == DW_OP_const4u)
		*v = (int64_t)cursor_uint(c, 1u << (op - DW_OP_const1u) / 2);
	else if (op == DW_OP_const1s || op == DW_OP_const2s || op == DW_OP_const4s)
		*v = cursor_sint(c, 1u << (op - DW_OP_const1s) / 2);
	else if (op == DW_OP_constu)
		*v = (int64_t)cursor_uleb(c);
	else if (op == DW_OP_consts)
		*v = cursor_sleb(c);
	else
		return false;
	return true;
}

/* Adds "plus_uconst n", "n plus" or "n minus"; false for anything else and for what is too far. */
static bool add(struct cursor *c, uint8_t op, int64_t *sum)
{
	int64_t v;
	uint8_t sign;

	if (op == DW_OP_plus_uconst) {
		v = (int64_t)cursor_uleb(c);
	} else if (constant(c, op, &v)) {
		sign = cursor_u8(c);
		if (sign != DW_OP_plus && sign != DW_OP_minus)
			return false;
		v = sign == DW_OP_minus && v > INT32_MIN ? -v : v;
	} else {
		return false;
	}
	if (v < INT32_MIN || v > INT32_MAX)
		return false;
	*sum += v;
	return *sum >= INT32_MIN && *sum <= INT32_MAX;
}

static bool base(struct cursor *c, uint64_t *reg, int64_t *offset)
{
	uint8_t op = cursor_u8(c);

	if (op >= DW_OP_breg0 && op <= DW_OP_breg31)
		*reg = op - DW_OP_breg0;
	else if (op == DW_OP_bregx)
		*reg = cursor_uleb(c);
	else
		return false;
	*offset = cursor_sleb(c);
	return *reg < ARCH_REG_CNT && *offset >= INT32_MIN && *offset <= INT32_MAX;
}

/* "breg R 0; lit8; mul; plus": a word of an array at the stack pointer (OpenSSL's bn_mul_mont). */
static bool index_of(struct cursor *c, uint64_t *reg)
{
	int64_t offset;

	return base(c, reg, &offset) && !offset && cursor_u8(c) == DW_OP_lit8 &&
	       cursor_u8(c) == DW_OP_mul && cursor_u8(c) == DW_OP_plus;
}

static bool is_register(const struct cursor *c)
{
	return c->p < c->end && *c->p >= DW_OP_breg0 && *c->p <= DW_OP_breg31;
}

static bool parse(struct cursor *c, struct elf_row *row)
{
	int64_t offset, post = 0;
	bool deref = false, index;
	uint64_t reg;

	if (!base(c, &reg, &offset))
		return false;
	index = is_register(c);
	if (index && (reg != ARCH_REG_SP || !index_of(c, &reg)))
		return false;
	while (c->p < c->end) {
		uint8_t op = cursor_u8(c);

		if (op == DW_OP_deref && !deref)
			deref = true;
		else if (!add(c, op, deref ? &post : &offset))
			return false;
	}
	if (c->bad || post < INT16_MIN || post > INT16_MAX || (index && !deref))
		return false;
	row->cfa = index ? ROW_INDEX : deref ? ROW_DEREF : ROW_REG;
	row->reg = (uint8_t)reg;
	row->offset = (int32_t)offset;
	row->post = (int16_t)post;
	return true;
}

void cfi_cfa_expression(const uint8_t *p, size_t size, struct elf_row *row)
{
	struct cursor c = { p, p + size, false };

	row->cfa = ROW_UNSUPPORTED;
	row->reg = 0;
	row->offset = 0;
	row->post = 0;
	if (is_plt(p, size, ARCH_PLT11))
		row->cfa = ROW_PLT11;
	else if (is_plt(p, size, ARCH_PLT10))
		row->cfa = ROW_PLT10;
	else
		parse(&c, row);
}

uint8_t cfi_save_expression(const uint8_t *p, size_t size)
{
	return size == 2 && p[0] == DW_OP_breg0 + ARCH_REG_FP && !p[1] ? SAVE_DEREF
	                                                               : SAVE_UNSUPPORTED;
}
