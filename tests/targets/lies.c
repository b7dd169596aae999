// SPDX-License-Identifier: Apache-2.0
// cflags: -O2 -fomit-frame-pointer
/*
 * lies [SECONDS [NAME]]: functions whose unwind tables, or whose frames, are not true. By turns each
 * spins for 2 ms in lie_NAME and returns as it must; with a NAME that one alone. A walk finds so much,
 * and then must say why it ends:
 *
 *   flat, down         the leaf: the caller's frame is said to be where this one is, or below it
 *   far                the leaf: a gigabyte above
 *   odd                the leaf: where an expression says that no unwinder knows
 *   broken             the leaf: the table's operations are none
 *   zero, wild, data   the leaf: the return address is 0, no address at all, one in the stack
 *   ring               3 frames: two say of each other that it is the caller, by CFA
 *   chain              the same by frame pointer: no table has this function
 *   endless            2,000 frames that call themselves
 *   signal             frames without end: a signal frame says that it interrupted itself
 */
#include <string.h>

#include "target.h"

#ifdef __x86_64__
/*
 * void lie_NAME(long turns): 'make' fills the 32 KiB at rsp and may set rbp; while it spins 'lie' is
 * what the table says. 9: is behind a place where a call might be.
 */
#define LIE(name, start, frame, make, lie, truth, end)                                      \
	void lie_##name(long turns);                                                        \
	__asm__(".text\n.p2align 4\n.type lie_" #name ", @function\nlie_" #name ":\n" start \
	        "push %rbp\nsub $32768, %rsp\n" frame make "\n" lie                         \
	        "8: dec %rdi\n9: jnz 8b\n" truth "add $32768, %rsp\npop %rbp\nret\n" end    \
	        ".size lie_" #name ", .-lie_" #name "\n")
#define START ".cfi_startproc\n"
#define FRAME ".cfi_def_cfa_offset 32784\n.cfi_offset rbp, -16\n"
#define TRUTH ".cfi_restore_state\n"
#define END   ".cfi_endproc\n"
#define TABLE_LIE(name, make, lie) \
	LIE(name, START, FRAME, make, ".cfi_remember_state\n" lie "\n", TRUTH, END)

TABLE_LIE(flat, "lea 9f(%rip), %rax\nmov %rax, -8(%rsp)", ".cfi_def_cfa rsp, 0");
TABLE_LIE(down, "lea 9f(%rip), %rax\nmov %rax, -72(%rsp)", ".cfi_def_cfa rsp, -64");
TABLE_LIE(far, "", ".cfi_def_cfa rsp, 0x40000000");
TABLE_LIE(odd, "", ".cfi_escape 0x0f, 3, 0x77, 8, 0x96"); /* breg7 8; nop */
TABLE_LIE(broken, "", ".cfi_escape 0x0b, 0x0b");
TABLE_LIE(zero, "movq $0, 16(%rsp)", ".cfi_def_cfa rsp, 24");
TABLE_LIE(wild, "movabs $0x1122334455667788, %rax\nmov %rax, 16(%rsp)", ".cfi_def_cfa rsp, 24");
TABLE_LIE(data, "mov %rsp, 16(%rsp)", ".cfi_def_cfa rsp, 24");

/* The frame at rsp + 32, called by that at rsp + 64, called by the first one. */
#define RING                                                           \
	"lea 9f(%rip), %rax\nmov %rax, 40(%rsp)\nmov %rax, 72(%rsp)\n" \
	"lea 32(%rsp), %rbp\nlea 64(%rsp), %rax\nmov %rax, 32(%rsp)\nmov %rbp, 64(%rsp)"
#define BY_FP ".cfi_def_cfa rbp, 16\n.cfi_offset rbp, -16"
TABLE_LIE(ring, RING, BY_FP);
LIE(chain, "", "", RING, "", "", "");

/* Frames of 16 bytes from rsp on. */
TABLE_LIE(endless,
          "lea 9f(%rip), %rdx\nmov %rsp, %rbp\nmov %rsp, %rax\nmov $2000, %ecx\n"
          "7: lea 16(%rax), %rsi\nmov %rsi, (%rax)\nmov %rdx, 8(%rax)\nmov %rsi, %rax\n"
          "dec %ecx\njnz 7b",
          BY_FP);

/* As in __restore_rt: the CFA is *(rsp + 160), the interrupted rsp; rip is behind it. */
LIE(signal, START ".cfi_signal_frame\n", FRAME,
    "lea 8f(%rip), %rax\nmov %rsp, 160(%rsp)\nmov %rax, 168(%rsp)",
    ".cfi_remember_state\n.cfi_escape 0x0f, 4, 0x77, 0xa0, 1, 6\n"
    ".cfi_escape 0x10, 16, 3, 0x77, 0xa8, 1\n",
    TRUTH, END);
#else
static void lie_none(long turns)
{
	(void)turns;
}
#endif

static const struct lie {
	const char *name;
	void (*run)(long turns);
} lies[] = {
#ifdef __x86_64__
	{ "flat", lie_flat },     { "down", lie_down },       { "far", lie_far },
	{ "odd", lie_odd },       { "zero", lie_zero },       { "wild", lie_wild },
	{ "data", lie_data },     { "ring", lie_ring },       { "chain", lie_chain },
	{ "broken", lie_broken }, { "endless", lie_endless }, { "signal", lie_signal },
#else
	{ "none", lie_none },
#endif
};

static NOINLINE void f_run(const struct lie *lie)
{
	uint64_t end = target_cpu_ns() + 2 * MS;

	do
		lie->run(100000);
	while (target_cpu_ns() < end);
}

int main(int argc, char **argv)
{
	uint64_t end = target_begin(argc, argv);
	size_t i;

	while (!target_over(end))
		for (i = 0; i < sizeof(lies) / sizeof(*lies); i++)
			if (argc < 3 || !strcmp(argv[2], lies[i].name))
				f_run(&lies[i]);
	return 0;
}
