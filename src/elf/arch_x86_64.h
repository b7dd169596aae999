/* SPDX-License-Identifier: Apache-2.0 */
/* Registers and code of x86-64, by their DWARF numbers: the only place of this room that names them. */
#ifndef EBPROF_ELF_ARCH_X86_64_H
#define EBPROF_ELF_ARCH_X86_64_H

#define ARCH_MACHINE EM_X86_64
#define ARCH_REG_FP  6  /* rbp */
#define ARCH_REG_SP  7  /* rsp */
#define ARCH_REG_CNT 16 /* general purpose ones: 0 to 15 */
#define ARCH_REG_RA  16 /* rip */

#define ARCH_RA_OFFSET (-8) /* of the return address from the CFA, after a call */

/*
 * Where a signal frame keeps the interrupted stack pointer, from its own: uc_mcontext is at 40 of
 * struct ucontext and REG_RSP is its 16th word (linux arch/x86/include/uapi/asm/sigcontext.h).
 */
#define ARCH_SIGNAL_SP_OFFSET 160

/* breg7 8; breg16 0; lit15; and; lit11; ge; lit3; shl; plus (binutils elf_x86_64_eh_frame_plt) */
#define ARCH_PLT_SIZE 11
#define ARCH_PLT11    "\x77\x08\x80\x00\x3f\x1a\x3b\x2a\x33\x24\x22"
#define ARCH_PLT10    "\x77\x08\x80\x00\x3f\x1a\x3a\x2a\x33\x24\x22"

#define ARCH_PUSH_FP   0x55 /* push %rbp */
#define ARCH_CALL      0xe8 /* call, with 4 bytes of displacement */
#define ARCH_CALL_SIZE 5

/* Registers that functions keep for their callers, but for rbp: rbx, r12 to r15, by bits. */
#define ARCH_REGS_KEPT   (1u << 3 | 0xfu << 12)
#define ARCH_REGS_STABLE (ARCH_REGS_KEPT | 1u << ARCH_REG_FP | 1u << ARCH_REG_SP)
#define ARCH_REG_ARG     5 /* rdi: of a call's first argument */

/* Instructions "REX.W opcode modrm [sib] disp", and the DWARF numbers of the registers in them. */
#define ARCH_REX_W  0x48
#define ARCH_REX_R  0x04
#define ARCH_REX_RX 0x06
#define ARCH_STORE  0x89
#define ARCH_LOAD   0x8b
#define ARCH_LEA    0x8d
#define ARCH_RM_SIB 4
#define ARCH_RM_FP  5
#define ARCH_DWARF_NUMBERS                                           \
	{                                                            \
		0, 2, 1, 3, 7, 6, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15 \
	}

#endif
