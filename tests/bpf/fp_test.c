// SPDX-License-Identifier: Apache-2.0
// cflags: -D__TARGET_ARCH_x86
/* bpf/unwind/fp.bpf.c and dispatch.bpf.c as plain C on made-up stacks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "shim.h"
#include "unwind/fp.bpf.c"
#include "unwind/dispatch.bpf.c"

const volatile struct abi_config config = { .user_frames = ABI_USER_FRAMES };
static struct scratch scratch;

/* Not taken here: every walk of this test is by frame pointer. */
int unwind_native(__u32 slot)
{
	return 1;
}

struct scratch *scratch_get(__u32 slot)
{
	return slot ? NULL : &scratch;
}

/* A chain of n frame records, 'gap' words apart, from word 'first' on; returns the last one's word. */
static unsigned int chain(unsigned int first, unsigned int n, unsigned int gap)
{
	unsigned int i, at = first;

	for (i = 0; i < n; i++, at += gap) {
		shim_stack[at] = i + 1 < n ? stack_at(at + gap) : 0;
		shim_stack[at + 1] = 0x400000 + i;
	}
	return at - gap;
}

static struct walk *walk_from(unsigned int word)
{
	struct walk *w = &scratch.user;

	memset(&scratch, 0, sizeof(scratch));
	w->step.pc = 0x3fffff;
	w->step.sp = stack_at(0);
	w->step.fp = stack_at(word);
	w->word = 8;
	w->by_fp = 1;
	w->end = END_TRUNCATED;
	unwind_user(0);
	return w;
}

static int setup(void **state)
{
	memset(shim_stack, 0, sizeof(shim_stack));
	shim_words = STACK_WORDS;
	shim_reads = 0;
	return 0;
}

static void test_three_frames(void **state)
{
	struct walk *w;

	chain(4, 3, 6);
	w = walk_from(4);
	assert_int_equal(w->end, END_NONE);
	assert_int_equal(w->head.cnt, 4);
	assert_int_equal(w->frames[0], 0x3fffff);
	assert_int_equal(w->frames[1], 0x400000);
	assert_int_equal(w->frames[3], 0x400002);
}

static void test_hash_tells_stacks_apart(void **state)
{
	struct walk *w;
	__u64 first;

	chain(4, 3, 6);
	first = walk_from(4)->hash;
	w = walk_from(4);
	assert_true(w->hash == first);
	shim_stack[5]++;
	assert_true(walk_from(4)->hash != first);
}

static void test_windows(void **state)
{
	struct walk *w;

	/* 100 frames of 40 bytes are 4,000 bytes: four windows, not a hundred reads. */
	chain(3, 100, 5);
	w = walk_from(3);
	assert_int_equal(w->end, END_NONE);
	assert_int_equal(w->head.cnt, 101);
	assert_int_equal(w->frames[100], 0x400063);
	assert_true(shim_reads <= 5);
}

static void test_window_past_the_end(void **state)
{
	unsigned int last = chain(3, 20, 5);

	shim_words = last + 2; /* the last record ends where the stack does */
	assert_int_equal(walk_from(3)->end, END_NONE);
	assert_int_equal(scratch.user.head.cnt, 21);
	shim_words = last + 1;
	assert_int_equal(walk_from(3)->end, END_FAULT);
	assert_int_equal(scratch.user.head.cnt, 20);
}

static void test_too_deep(void **state)
{
	chain(3, 1500, 4);
	assert_int_equal(walk_from(3)->end, END_TRUNCATED);
	assert_int_equal(scratch.user.head.cnt, ABI_USER_FRAMES);
}

static void test_no_frame_pointer(void **state)
{
	struct walk *w;

	chain(40, 3, 6);
	shim_stack[46] = 1; /* a register that holds a small number */
	w = walk_from(40);
	assert_int_equal(w->end, END_NO_FP);
	assert_int_equal(w->head.cnt, 3);
	shim_stack[46] = stack_at(40); /* a loop */
	assert_int_equal(walk_from(40)->end, END_NO_FP);
	shim_stack[46] = stack_at(60) + 4; /* unaligned */
	assert_int_equal(walk_from(40)->end, END_NO_FP);
	shim_stack[46] = stack_at(60) + (2ull << 20); /* far away */
	assert_int_equal(walk_from(40)->end, END_NO_FP);
}

static void test_bad_return_addresses(void **state)
{
	chain(4, 3, 6);
	shim_stack[11] = 0;
	assert_int_equal(walk_from(4)->end, END_ZERO_PC);
	assert_int_equal(scratch.user.head.cnt, 2);
	shim_stack[11] = 0xffffffff81000000ull;
	assert_int_equal(walk_from(4)->end, END_BAD_PC);
}

static void test_32_bit_words(void **state)
{
	struct walk *w = &scratch.user;
	__u32 *words = (__u32 *)shim_stack;
	__u64 fp, pc;

	memset(&scratch, 0, sizeof(scratch));
	w->word = 4;
	words[8] = 0x11223344;
	words[9] = 0x55667788;
	assert_int_equal(frame_read(w, stack_at(4), &fp, &pc), 0);
	assert_int_equal(fp, 0x11223344);
	assert_int_equal(pc, 0x55667788);
	/* There is no other way to walk it: one reason for all ends but a root. */
	w->step.fp = stack_at(4) + 1;
	assert_int_equal(unwind_fp(0), 1);
	assert_int_equal(w->end, END_COMPAT);
	w->step.fp = 0;
	assert_int_equal(unwind_fp(0), 1);
	assert_int_equal(w->end, END_NONE);
}

static void test_bad_slot(void **state)
{
	assert_int_equal(unwind_fp(1), 1);
	assert_int_equal(unwind_user(1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_three_frames, setup),
		cmocka_unit_test_setup(test_hash_tells_stacks_apart, setup),
		cmocka_unit_test_setup(test_windows, setup),
		cmocka_unit_test_setup(test_window_past_the_end, setup),
		cmocka_unit_test_setup(test_too_deep, setup),
		cmocka_unit_test_setup(test_no_frame_pointer, setup),
		cmocka_unit_test_setup(test_bad_return_addresses, setup),
		cmocka_unit_test_setup(test_32_bit_words, setup),
		cmocka_unit_test_setup(test_bad_slot, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
