// SPDX-License-Identifier: Apache-2.0
#include "popped.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdlib.h>

enum {
	REG_SP = 7, /* DWARF's numbers of x86-64 */
	REG_CNT = 16,
	RED_ZONE = 128, /* bytes below the stack pointer that nobody else writes */
};

/* The CFA where it is a register and an offset, as it is in all epilogues; 0 = it is not. */
static uint64_t simple_cfa(Dwarf_Frame *frame, const uint64_t *regs)
{
	Dwarf_Op *op;
	size_t cnt;

	if (dwarf_frame_cfa(frame, &op, &cnt) || cnt != 1)
		return 0;
	if (op->atom == DW_OP_bregx && op->number < REG_CNT)
		return regs[op->number] + op->number2;
	if (op->atom >= DW_OP_breg0 && op->atom < DW_OP_breg0 + REG_CNT)
		return regs[op->atom - DW_OP_breg0] + op->number;
	return 0;
}

/* Where a register was saved, given the CFA; 0 = nowhere. */
static uint64_t slot_of(Dwarf_Frame *frame, int reg, uint64_t cfa)
{
	Dwarf_Op mem[3], *ops;
	size_t cnt;

	if (dwarf_frame_register(frame, reg, mem, &ops, &cnt) || cnt != 2 || ops != mem ||
	    ops[0].atom != DW_OP_call_frame_cfa || ops[1].atom != DW_OP_plus_uconst)
		return 0;
	return cfa + ops[1].number;
}

bool popped_read(struct image *image, const struct check_sample *s, uint64_t at, uint64_t *word)
{
	Dwarf_Frame *frame;
	uint64_t cfa;
	int reg;

	if (at >= s->regs[REG_SP] || at < s->regs[REG_SP] - RED_ZONE)
		return false;
	frame = image_frame(image, s->pc);
	cfa = frame ? simple_cfa(frame, s->regs) : 0;
	for (reg = 0; cfa && reg < REG_CNT; reg++)
		if (slot_of(frame, reg, cfa) == at)
			break;
	free(frame);
	if (!cfa || reg == REG_CNT)
		return false;
	*word = s->regs[reg];
	return true;
}
