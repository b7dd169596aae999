// SPDX-License-Identifier: Apache-2.0
/*
 * Functions that leave for a handler of an exception by __builtin_eh_return: _Unwind_RaiseException,
 * _Unwind_Resume and their kin. libgcc's uw_install_context_1() copies the registers of the handler's
 * frame over those that the function saved of its caller, the return address too; it returns by how
 * much the stack pointer is to grow (gcc: libgcc/unwind-dw2.c, uw_install_context()). Of all that the
 * CFI knows nothing until the stack pointer is changed. But the code tells:
 *
 *   call uw_install_context_1
 *   mov  T+8(%rbp), HANDLER        ra of the struct _Unwind_Context, a local variable
 *   mov  T(%rbp), %rdi             its cfa, for the debugger's hook
 *   …
 *   mov  HANDLER, 8(%rbp,GROW,1)   a return address at the new place
 *   lea  8(%rbp,GROW,1), %rcx      the stack pointer to be; these two in any order
 *   …                              registers, %rbp the last
 *   mov  %rcx, %rsp                here the CFI has the CFA in %rcx
 */
#include <endian.h>
#include <string.h>

#include "elf/cfi_ops.h"

#define CODE_MAX   512 /* bytes in front of the change of stacks that are looked at; libgcc has 140 */
#define ACCESS_MAX 8   /* bytes of an instruction that is looked for */

/* An instruction on a register and the word at disp(%rbp) or disp(%rbp,INDEX,1). */
struct access {
	uint8_t op, reg; /* the register by its DWARF number */
	bool indexed;
	int32_t disp;
	size_t size;
};

/* Code, from 'address' on, and where in it the parts of a departure end. */
struct departure {
	uint8_t code[CODE_MAX];
	size_t size;
	uint64_t address;
	uint8_t handler;   /* register */
	size_t store, lea; /* 0 = there is none */
	size_t install;    /* of the call */
	int32_t target;    /* T */
};

/* Reads an instruction of those above; false: these bytes are another. */
static bool read_access(const uint8_t *p, size_t left, struct access *a)
{
	static const uint8_t numbers[] = ARCH_DWARF_NUMBERS;
	uint8_t mod, rm;
	uint32_t disp;

	if (left < ACCESS_MAX || (p[0] & ~ARCH_REX_RX) != ARCH_REX_W)
		return false;
	mod = p[2] >> 6;
	rm = p[2] & 7;
	a->op = p[1];
	a->reg = numbers[(p[2] >> 3 & 7) | (p[0] & ARCH_REX_R) << 1];
	a->indexed = rm == ARCH_RM_SIB;
	if ((mod != 1 && mod != 2) || (a->indexed ? (p[3] & 0xc7) : rm) != ARCH_RM_FP)
		return false;
	p += 3 + a->indexed;
	memcpy(&disp, p, sizeof(disp));
	a->disp = mod == 1 ? (int8_t)p[0] : (int32_t)le32toh(disp);
	a->size = 3u + a->indexed + (mod == 1 ? 1 : 4);
	return true;
}

/* The stack pointer to be and the return address there, each for the last time. */
static void find_departure(struct departure *d, const struct elf_row *body,
                           const struct elf_row *row)
{
	struct access a;
	size_t i;

	for (i = 0; i < d->size; i++) {
		if (!read_access(d->code + i, d->size - i, &a) || !a.indexed)
			continue;
		if (a.op == ARCH_LEA && a.reg == row->reg && a.disp == body->offset - row->offset)
			d->lea = i + a.size;
		if (a.op != ARCH_STORE || a.disp != body->offset + ARCH_RA_OFFSET)
			continue;
		d->store = i + a.size;
		d->handler = a.reg;
	}
}

/* The last load of a register in front of the store, of any word or of *disp; 'size' = there is none. */
static size_t find_load(const struct departure *d, uint8_t reg, bool any, int32_t *disp)
{
	struct access a;
	size_t i, at = d->size;
	int32_t want = *disp;

	for (i = 0; i < d->store; i++) {
		if (!read_access(d->code + i, d->size - i, &a) || a.op != ARCH_LOAD || a.indexed ||
		    a.reg != reg || (!any && a.disp != want))
			continue;
		*disp = a.disp;
		at = i;
	}
	return at;
}

/* The call of uw_install_context_1(), and where the handler's CFA is. */
static void find_install(const struct row_ranges *ranges, struct departure *d)
{
	size_t handler = find_load(d, d->handler, true, &d->target), cfa, i;
	struct row_range callee;
	uint64_t to;
	uint32_t by;

	d->target = (int32_t)((uint32_t)d->target - 8);
	cfa = find_load(d, ARCH_REG_ARG, false, &d->target);
	if (handler == d->size || cfa == d->size || d->target != (int16_t)d->target)
		return;
	for (i = 0; i + ARCH_CALL_SIZE <= (handler < cfa ? handler : cfa); i++) {
		memcpy(&by, d->code + i + 1, sizeof(by));
		to = d->address + i + ARCH_CALL_SIZE + (uint64_t)(int32_t)le32toh(by);
		if (d->code[i] == ARCH_CALL && row_ranges_find(ranges, to, &callee))
			d->install = i + ARCH_CALL_SIZE;
	}
}

/* A function that keeps its frame pointer up to where the CFA is in a register that it need not keep. */
static bool may_depart(const struct cfi_state *s, const struct elf_row *body)
{
	const struct elf_row *now = &s->now;

	return s->b->file && body->cfa == ROW_REG && body->reg == ARCH_REG_FP &&
	       body->fp == SAVE_CFA && !(body->offset + body->fp_offset) && body->ra == SAVE_CFA &&
	       body->ra_offset == ARCH_RA_OFFSET && !(ARCH_REGS_STABLE >> now->reg & 1) &&
	       now->fp == SAVE_SAME && now->ra == SAVE_CFA && now->ra_offset == ARCH_RA_OFFSET &&
	       !now->pad && now->address > body->address && s->b->looked++ < CFI_LOOKED_MAX;
}

static bool read_departure(const struct cfi_state *s, const struct elf_row *body,
                           struct departure *d)
{
	uint64_t size = s->now.address - body->address;

	d->store = d->lea = d->install = 0;
	d->size = size < CODE_MAX ? size : CODE_MAX;
	d->address = s->now.address - d->size;
	d->target = 0;
	if (cfi_read_code(s->b->file, d->address, d->size, d->code) != d->size)
		return false;
	find_departure(d, body, &s->now);
	return d->store && d->lea;
}

/* From within the call on; once the return address is stored, it is no more the handler's own. */
static void put_install(struct row_builder *b, const struct departure *d,
                        const struct elf_row *body)
{
	struct elf_row row = *body;

	row.cfa = ROW_HANDLER;
	row.post = (int16_t)d->target;
	rows_put(b, d->address + d->install - ARCH_CALL_SIZE + 1, row_rule(&row));
	if (d->store > d->lea)
		return;
	row.cfa = ROW_DEREF;
	row.offset = d->target;
	row.post = 0;
	row.fp = SAVE_DEREF;
	row.fp_offset = 0;
	row.landing = 1;
	rows_put(b, d->address + d->store, row_rule(&row));
}

void cfi_put_handler(struct cfi_state *s)
{
	const struct elf_row body = s->b->last ? *s->b->last : (struct elf_row){ 0 };
	struct departure d;
	struct elf_row row;

	if (s->now.landing || !may_depart(s, &body) || !read_departure(s, &body, &d))
		return;
	find_install(&s->b->ranges, &d);
	s->now.landing = 1;
	if (d.install)
		put_install(s->b, &d, &body);
	/* Here the new stack pointer is in its register, and the return address is there. */
	row = s->now;
	row.fp = SAVE_DEREF;
	rows_put(s->b, d.address + (d.store > d.lea ? d.store : d.lea), row_rule(&row));
}
