// SPDX-License-Identifier: Apache-2.0
/* Stubs of arm64: perhaps bti c, then adrp x16, PAGE; ldr x17, [x16, #OFFSET]. */
#include <string.h>

#include "elf/arch.h"

#define BTI_C 0xd503245f

static uint32_t instruction(const struct arch_stub *s, size_t at)
{
	uint32_t insn = 0;

	if (at + sizeof(insn) <= s->size)
		memcpy(&insn, s->code + at, sizeof(insn));
	return insn;
}

bool arch_arm64_stub(const struct arch_stub *s, uint64_t *slot)
{
	size_t at = instruction(s, 0) == BTI_C ? 4 : 0;
	uint32_t adrp = instruction(s, at), ldr = instruction(s, at + 4);
	uint64_t pages;

	if ((adrp & 0x9f00001f) != 0x90000010 || (ldr & 0xffc003ff) != 0xf9400211)
		return false;
	pages = (adrp >> 29 & 3) | (adrp >> 3 & 0x1ffffc);
	if (pages & 1 << 20)
		pages |= ~0x1fffffull;
	*slot = ((s->address + at) & ~0xfffull) + (pages << 12) + (ldr >> 10 & 0xfff) * 8;
	return true;
}

/* b and bl: 26 bits of words, signed (ARM DDI 0487, C6.2). The return address is in a register. */
bool arch_arm64_targets(const unsigned char *code, size_t size, uint64_t vaddr, arch_target *target,
                        void *arg)
{
	uint32_t insn;
	uint64_t by;
	size_t at;

	for (at = 0; at + sizeof(insn) <= size; at += sizeof(insn)) {
		memcpy(&insn, code + at, sizeof(insn));
		if ((insn & 0x7c000000) != 0x14000000)
			continue;
		by = (uint64_t)(insn & 0x03ffffff) << 2;
		if (by & 1 << 27)
			by |= ~0xfffffffull;
		if (target(arg, vaddr + at + by, false))
			return true;
	}
	return false;
}
