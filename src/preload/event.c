// SPDX-License-Identifier: Apache-2.0
/*
 * The function that the probe sits on. Its first instruction is a nop of one byte, which every kernel does by
 * itself (linux: arch/x86/kernel/uprobes.c branch_setup_xol_ops()). One of five bytes would cost half as much
 * with linux 6.18, which makes it a call, but to a page that a forked child has not (create_uprobe_trampoline():
 * VM_DONTCOPY), while it has the call: the child would die of it. At a function's entry nothing is in use below
 * the stack pointer. Callers jump here, so that the stack is that of whoever called the allocator.
 */
#include "sampler.h"

#if defined(__x86_64__)
#define RESULT "mov %rdi, %rax\n"
#elif defined(__aarch64__)
#define RESULT ""
#else
#error "no probe for this processor"
#endif

__asm__(".pushsection " PRELOAD_EVENT ", \"ax\", %progbits\n"
        ".balign 16\n"
        ".globl preload_event\n"
        ".hidden preload_event\n"
        ".type preload_event, %function\n"
        "preload_event:\n"
        ".cfi_startproc\n"
        "nop\n" RESULT "ret\n"
        ".cfi_endproc\n"
        ".size preload_event, . - preload_event\n"
        ".balign 16\n"
        ".popsection\n");

/* What stands here when nobody has written it: collect/preload.c does. */
const struct preload_settings preload_settings
	__attribute__((section(PRELOAD_SETTINGS), used)) = { .rate = 512 << 10, .seed = 1 };
