/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program of a CIE or an FDE while it runs, for three columns: the CFA, the frame pointer, the
 * return address; and each operation that such a program can have.
 */
#ifndef EBPROF_ELF_CFI_OPS_H
#define EBPROF_ELF_CFI_OPS_H

#include <stdbool.h>
#include <stdint.h>

#include "elf/arch_x86_64.h"
#include "elf/cfi.h"
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

#define STATES_MAX     16  /* remembered at a time */
#define CFI_LOOKED_MAX 512 /* rows of a file whose code is looked at; 180 are the most known */

struct cfi_state {
	struct cursor c; /* at its end when nothing more is run */
	const struct cfi_cie *cie;
	const struct cfi_table *table; /* NULL: a CIE's own program */
	struct row_builder *b;
	uint64_t end; /* of the range */
	uint8_t fp;   /* the register that is followed as the frame pointer */
	bool done;    /* the location is there */
	unsigned int depth;
	/* 'pad' is not 0 while the caller's stack pointer has a rule of its own (longjmp) */
	struct elf_row now;
	struct row_rule saved[STATES_MAX];
};

/* Is the CFA by the stack or frame pointer and the return address in the stack, as nearly always? */
static inline bool cfi_is_plain(const struct elf_row *now)
{
	return now->cfa == ROW_REG && (now->reg == ARCH_REG_SP || now->reg == ARCH_REG_FP) &&
	       now->ra == SAVE_CFA && !now->pad && !now->landing;
}

/* Is a register's rule of any interest? */
static inline bool cfi_is_followed(const struct cfi_state *s, uint64_t reg)
{
	return reg == s->fp || reg == ARCH_REG_SP || reg == s->cie->ra;
}

/* Runs the operation whose code was just read. */
void cfi_op(struct cfi_state *s, uint8_t op);
/* Puts the rule in force, which holds from its address up to 'end'. */
void cfi_put(struct cfi_state *s, uint64_t end);
/* Up to 'size' bytes of the file's code; how many there are. */
size_t cfi_read_code(const struct elf_file *f, uint64_t address, uint64_t size, uint8_t *code);
/*
 * The row's CFA is by a register, which only the leaf's rule can tell: where that is one that functions
 * keep for their callers, and one of them is called, puts a row for the time of the call. The callee
 * has saved the register at a known distance from the stack pointer that the call will leave.
 */
void cfi_put_calls(struct cfi_state *s, const struct elf_row *row, uint64_t end);
/*
 * The row in force has its CFA in a register. If the function leaves by it for a handler of an exception,
 * marks the row as 'landing' and puts rows from where the handler's registers are copied up to it.
 */
void cfi_put_handler(struct cfi_state *s);

#endif
