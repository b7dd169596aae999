// SPDX-License-Identifier: Apache-2.0
/* Walks by every kind of rule, and of stacks that are none. */
#pragma GCC optimize("omit-frame-pointer", "no-optimize-sibling-calls")
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "unwind/capture.h"

/*
 * Code whose caller is found by rules that compilers seldom use. Nothing of it ever runs: a walk begins
 * at its first byte.
 */
__asm__(".text\n"
        ".macro code name\n"
        "	.type \\name, @function\n"
        "\\name:\n"
        "	.cfi_startproc\n"
        ".endm\n"
        ".macro end name\n"
        "	nop\n"
        "	nop\n"
        "	.cfi_endproc\n"
        "	.size \\name, . - \\name\n"
        "	.skip 32\n"
        ".endm\n"
        "code by_rax\n"
        "	.cfi_def_cfa %rax, 16\n"
        "end by_rax\n"
        "code by_r11\n"
        "	.cfi_def_cfa %r11, 8\n"
        "end by_r11\n"
        "code ra_in_rdi\n"
        "	.cfi_def_cfa %rsp, 0\n"
        "	.cfi_register %rip, %rdi\n"
        "end ra_in_rdi\n"
        "code by_word_at_sp\n"
        /* DW_CFA_def_cfa_expression, DW_OP_breg7 8, DW_OP_deref, DW_OP_plus_uconst 8 */
        "	.cfi_escape 0x0f, 5, 0x77, 8, 0x06, 0x23, 8\n"
        "end by_word_at_sp\n"
        "code by_word_at_bp\n"
        /* DW_CFA_def_cfa_expression, DW_OP_breg6 -8, DW_OP_deref */
        "	.cfi_escape 0x0f, 3, 0x76, 0x78, 0x06\n"
        /* DW_CFA_expression 6, DW_OP_breg6 0 */
        "	.cfi_escape 0x10, 6, 2, 0x76, 0\n"
        "end by_word_at_bp\n"
        "code bp_lost\n"
        "	.cfi_undefined %rbp\n"
        "end bp_lost\n"
        "code root\n"
        "	.cfi_undefined %rip\n"
        "end root\n"
        "code by_sp\n"
        "end by_sp\n"
        "no_rows:\n"
        "	.skip 64, 0x90\n"
        /* These two do run, up to their first instruction that is none. */
        "code before\n"
        "	.cfi_def_cfa_offset 4096\n"
        "	.cfi_endproc\n"
        "	.type faults_first, @function\n"
        "faults_first:\n"
        "	.cfi_startproc\n"
        "	ud2\n"
        "end faults_first\n"
        "code faults_by_rax\n"
        "	mov %rsp, %rax\n"
        "	.cfi_def_cfa %rax, 8\n"
        "	ud2\n"
        "end faults_by_rax\n");
extern const char by_rax[], by_r11[], ra_in_rdi[], by_word_at_sp[], by_word_at_bp[], bp_lost[];
extern const char root[], by_sp[], no_rows[];
void faults_first(void);
void faults_by_rax(void);

static sigjmp_buf after_fault;

static void handler_fault(int sig)
{
	capture(handler_end);
	siglongjmp(after_fault, 1);
}

static void fault(void (*fn)(void))
{
	handler_end = stack_end();
	handle(SIGILL, handler_fault, 0);
	if (!sigsetjmp(after_fault, 1))
		fn();
	handle(SIGILL, SIG_DFL, 0);
}

/* One less than the interrupted instruction lies in the function before. */
static void test_signal_at_first_instruction(void **state)
{
	fault(faults_first);
	check_walk();
}

/* What interrupted it saved all registers. */
static void test_signal_where_cfa_is_a_register(void **state)
{
	fault(faults_by_rax);
	check_walk();
}

static void test_cfa_in_register(void **state)
{
	struct stopped s;

	capture(stack_end());
	s = stopped_push(&stop, by_rax, &stop.in.pc, 1);
	s.in.regs[0] = stop.in.sp - 16;
	check_called(s, 1);
	s = stopped_push(&stop, by_r11, &stop.in.pc, 1);
	s.in.regs[11] = stop.in.sp - 8;
	check_called(s, 1);
}

static void test_return_address_in_register(void **state)
{
	struct stopped s;

	capture(stack_end());
	s = stopped_push(&stop, ra_in_rdi, NULL, 0);
	s.in.regs[5] = stop.in.pc;
	check_called(s, 1);
	s = stopped_push(&stop, ra_in_rdi, NULL, 0);
	s.in.regs[5] = 0;
	assert_int_equal(walk(&s), 1);
	assert_int_equal(end, END_BAD_PC);
	free(s.copy);
}

static void test_cfa_in_memory(void **state)
{
	uint64_t words[3] = { 0 };
	struct stopped s;

	capture(stack_end());
	words[1] = stop.in.sp - 8;
	words[2] = stop.in.pc;
	check_called(stopped_push(&stop, by_word_at_sp, words, 3), 1);
	words[0] = stop.in.sp;
	words[1] = stop.in.fp;
	s = stopped_push(&stop, by_word_at_bp, words, 3);
	s.in.fp = s.in.sp + 8;
	check_called(s, 1);
}

/* Registers other than sp and fp are not known of a caller. */
static void test_register_of_caller(void **state)
{
	uint64_t words[2] = { (uint64_t)by_rax + 1 };
	struct stopped s;

	capture(stack_end());
	words[1] = stop.in.pc;
	s = stopped_push(&stop, by_sp, words, 2);
	s.in.regs[0] = stop.in.sp - 16;
	assert_int_equal(walk(&s), 2);
	assert_int_equal(end, END_NO_RULE);
	free(s.copy);
}

static void test_root(void **state)
{
	struct stopped s;

	capture(stack_end());
	s = stopped_push(&stop, root, NULL, 0);
	assert_int_equal(walk(&s), 1);
	assert_int_equal(end, END_NONE);
	free(s.copy);
}

/* Code without rows: by frame pointer, when there still is one. */
static void test_no_rows(void **state)
{
	uint64_t words[3] = { (uint64_t)no_rows + 32 };
	struct stopped s;

	capture(stack_end());
	words[1] = stop.in.fp;
	words[2] = stop.in.pc;
	s = stopped_push(&stop, by_sp, words, 3);
	s.in.fp = s.in.sp + 8;
	check_called(s, 2);
	s = stopped_push(&stop, bp_lost, words, 3);
	s.in.fp = s.in.sp + 8;
	assert_int_equal(walk(&s), 2);
	assert_int_equal(end, END_NO_FP);
	free(s.copy);
	/* A root of code that keeps frame pointers. */
	s = stopped_push(&stop, no_rows + 32, NULL, 0);
	s.in.fp = 0;
	assert_int_equal(walk(&s), 1);
	assert_int_equal(end, END_NONE);
	free(s.copy);
}

static void test_hostile_leaf(void **state)
{
	struct stopped s;

	capture(stack_end());
	s = stopped_push(&stop, (void *)0x10, NULL, 0);
	assert_int_equal(walk(&s), 1);
	assert_int_equal(end, END_NO_CODE);
	assert_int_equal(frames[0], 0x10);
	s.in.pc = FRAME_END_TAG | END_NONE;
	assert_int_equal(walk(&s), 1);
	assert_int_equal(frames[0] >> 56, 0);
	s.in.pc = stop.in.pc;
	s.in.stack_sz = 7;
	assert_int_equal(walk(&s), 1);
	assert_int_equal(end, END_FAULT);
	s.in.stack_sz = 0;
	s.in.stack = NULL;
	assert_int_equal(walk(&s), 1);
	assert_int_equal(end, END_FAULT);
	free(s.copy);
}

static void test_zero_stack(void **state)
{
	struct stopped s;

	capture(stack_end());
	s = stopped_push(&stop, (void *)stop.in.pc, NULL, 0);
	memset(s.copy, 0, s.in.stack_sz);
	assert_int_equal(walk(&s), 1);
	assert_int_equal(end, END_ZERO_PC);
	s.in.pc = (uint64_t)no_rows + 32;
	s.in.fp = s.in.sp;
	assert_int_equal(walk(&s), 1);
	assert_int_equal(end, END_ZERO_PC);
	s.in.fp = s.in.sp + 1;
	assert_int_equal(walk(&s), 1);
	assert_int_equal(end, END_NO_FP);
	free(s.copy);
}

/* A frame record that is its own caller's. */
static void test_frame_pointer_loop(void **state)
{
	uint64_t words[2];
	struct stopped s;

	capture(stack_end());
	words[0] = stop.in.sp - 16;
	words[1] = (uint64_t)no_rows + 32;
	s = stopped_push(&stop, no_rows + 32, words, 2);
	s.in.fp = s.in.sp;
	assert_int_equal(walk(&s), 2);
	assert_int_equal(end, END_NO_FP);
	free(s.copy);
}

/* A signal frame that was interrupted in itself: the walk ends where a stack is too deep. */
static void test_signal_loop(void **state)
{
	uint64_t words[5 + 17] = { 0 };
	const char *restorer;
	struct stopped s;
	uint32_t i;

	handler_end = stack_end();
	handle(SIGUSR1, handler, 0);
	raise(SIGUSR1);
	for (i = 0; i < (uint32_t)want_cnt && want[i] != (void *)handler; i++)
		if (!memcmp(want[i], "\x48\xc7\xc0\x0f\0\0\0\x0f\x05", 9))
			break; /* mov $15, %rax; syscall */
	restorer = want[i];
	words[5 + 15] = stop.in.sp - sizeof(words);
	words[5 + 16] = (uint64_t)restorer;
	s = stopped_push(&stop, restorer, words, sizeof(words) / 8);
	assert_int_equal(walk(&s), FRAMES);
	assert_int_equal(end, END_TRUNCATED);
	free(s.copy);
}

static uint64_t random_word(const struct stopped *s)
{
	const struct mapping *m = &self->mappings[(size_t)rand() % self->image.mapping_cnt];

	switch (rand() % 4) {
	case 0:
		return 0;
	case 1:
		return s->in.sp + (uint64_t)rand() % 2048;
	case 2:
		return (uint64_t)rand() << 33 ^ (uint64_t)rand();
	}
	return m->start + (uint64_t)rand() % (m->end - m->start);
}

static void test_random_stacks(void **state)
{
	uint64_t words[256];
	struct stopped s = { .copy = NULL };
	int i, n;

	srand(5);
	for (n = 0; n < 20000; n++) {
		s.in.sp = 0x7ffe00000000 + (uint64_t)rand() % 64;
		for (i = 0; i < 256; i++)
			words[i] = random_word(&s);
		for (i = 0; i < 16; i++)
			s.in.regs[i] = random_word(&s);
		s.in.pc = random_word(&s);
		s.in.fp = s.in.sp + (uint64_t)rand() % 256;
		s.in.stack = (unsigned char *)words;
		s.in.stack_sz = sizeof(words) - (uint64_t)rand() % 32;
		assert_in_range(walk(&s), 1, FRAMES);
		assert_true(end < END_CNT);
	}
}

#define T(name) cmocka_unit_test(test_##name)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(signal_at_first_instruction),
		T(signal_where_cfa_is_a_register),
		T(cfa_in_register),
		T(return_address_in_register),
		T(cfa_in_memory),
		T(register_of_caller),
		T(root),
		T(no_rows),
		T(hostile_leaf),
		T(zero_stack),
		T(frame_pointer_loop),
		T(signal_loop),
		T(random_stacks),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
