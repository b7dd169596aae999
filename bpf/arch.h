/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Everything that depends on the processor: registers by name, and where the kernel keeps them. */
#ifndef EBPROF_BPF_ARCH_H
#define EBPROF_BPF_ARCH_H

#include <linux/types.h>

/* User addresses are below 2^56 on both (5-level paging; 52-bit VA): the kernel's are negative. */
#define USER_ADDRESS_END (1ull << 56)

#if defined(__TARGET_ARCH_x86)

/* arch/x86/include/uapi/asm/ptrace.h: the layout is ABI. */
struct arch_regs {
	__u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di;
	__u64 orig_ax, ip, cs, flags, sp, ss;
};

#define ARCH_THREAD_SIZE 16384 /* arch/x86/include/asm/page_64_types.h, without KASAN */
#define ARCH_USER32_CS   0x23  /* arch/x86/include/asm/segment.h __USER32_CS */
#define arch_pc(r)       ((r)->ip)
#define arch_sp(r)       ((r)->sp)
#define arch_fp(r)       ((r)->bp)
#define arch_syscall(r)  ((__s64)(r)->orig_ax) /* -1: an exception or interrupt (entry_64.S) */
#define arch_arg1(r)     ((r)->di)
#define arch_arg2(r)     ((r)->si)
#define arch_arg3(r)     ((r)->dx)
#define arch_arg4(r)     ((r)->cx)
#define arch_result(r)   ((r)->ax)
#define arch_word(r)     (((r)->cs & 0xffff) == ARCH_USER32_CS ? 4 : 8)

/* DWARF's numbers: System V ABI, AMD64 supplement, figure 3.36. */
static inline void arch_dwarf(const struct arch_regs *r, __u64 *to)
{
	to[0] = r->ax;
	to[1] = r->dx;
	to[2] = r->cx;
	to[3] = r->bx;
	to[4] = r->si;
	to[5] = r->di;
	to[6] = r->bp;
	to[7] = r->sp;
	to[8] = r->r8;
	to[9] = r->r9;
	to[10] = r->r10;
	to[11] = r->r11;
	to[12] = r->r12;
	to[13] = r->r13;
	to[14] = r->r14;
	to[15] = r->r15;
}

static inline void arch_set_dwarf_sp(__u64 *regs, __u64 sp)
{
	regs[7] = sp;
}

#elif defined(__TARGET_ARCH_arm64)

/* arch/arm64/include/uapi/asm/ptrace.h struct user_pt_regs */
struct arch_regs {
	__u64 regs[31], sp, pc, pstate;
};

/* What follows user_pt_regs in struct pt_regs before 6.18: the rest of it, 16-byte aligned. */
#define ARCH_THREAD_SIZE   (16384 - 64) /* arch/arm64/include/asm/memory.h, 4 KiB pages */
#define ARCH_PSTATE_MODE32 0x10         /* PSR_MODE32_BIT */
#define arch_pc(r)         ((r)->pc)
#define arch_sp(r)         ((r)->sp)
#define arch_fp(r)         ((r)->regs[29])
#define arch_syscall(r)    ((__s64)(__s32)(r)->regs[8]) /* not told from a fault so far */
#define arch_arg1(r)       ((r)->regs[0])
#define arch_arg2(r)       ((r)->regs[1])
#define arch_arg3(r)       ((r)->regs[2])
#define arch_arg4(r)       ((r)->regs[3])
#define arch_result(r)     ((r)->regs[0])
#define arch_word(r)       ((r)->pstate & ARCH_PSTATE_MODE32 ? 4 : 8)

/* Rows are of x86-64 only so far: on arm64 every walk is by frame pointer. */
static inline void arch_dwarf(const struct arch_regs *r, __u64 *to)
{
}

static inline void arch_set_dwarf_sp(__u64 *regs, __u64 sp)
{
}

#else
#error "no register names for this processor"
#endif

/* include/uapi/linux/bpf_perf_event.h, of the processor that is compiled for. */
struct tick_context {
	struct arch_regs regs;
	__u64 sample_period, addr;
};

#endif
