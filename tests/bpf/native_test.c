// SPDX-License-Identifier: Apache-2.0
// cflags: -D__TARGET_ARCH_x86
/* bpf/unwind/native.bpf.c as plain C: its look-ups in made-up tables, its walk of a made-up stack. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "shim.h"
#include "unwind/native.bpf.c"

#define AT_BLOCK 1000 /* word of the shard where the only block is */
#define CODE     0x400000ull
#define FILE_NR  7

const volatile struct abi_config config = { .user_frames = ABI_USER_FRAMES };
static struct scratch scratch;
static struct segments_value segments_made;
static struct blocks_value blocks_made;
static struct rules_value rules_made;
static __u32 shard_made[SHARD_WORDS];
static struct unwind_process process_made;
static int shard_lookups;

struct scratch *scratch_get(__u32 slot)
{
	return slot ? NULL : &scratch;
}

void *bpf_map_lookup_elem(void *map, const void *key)
{
	if (map == &processes)
		return *(const __u32 *)key == 4711 ? &process_made : NULL;
	if (map == &segments)
		return &segments_made;
	if (map == &blocks)
		return &blocks_made;
	if (map == &rules)
		return &rules_made;
	if (map == &shards)
		return *(const __u32 *)key ? NULL : shard_made;
	assert_ptr_equal(map, shard_made);
	shard_lookups++;
	return shard_made;
}

/* The block of file offsets 0 to 64 KiB: rows every 'gap' bytes, the n-th of rule n + 1. */
static void make_rows(__u32 gap)
{
	__u16 *index = (__u16 *)(shard_made + AT_BLOCK);
	__u32 granule, n;

	blocks_made.items[3] = AT_BLOCK;
	for (n = 0; n * gap < 1 << BLOCK_SHIFT; n++)
		shard_made[AT_BLOCK + BLOCK_INDEX_WORDS + n] = ROW(n * gap, n % 1000 + 1);
	for (granule = 0; granule < 256; granule++)
		index[granule] = (__u16)((granule << GRANULE_SHIFT) / gap);
	index[256] = (__u16)(n - 1);
}

static struct unwind_segment segment_at(__u64 start, __u32 file)
{
	return (struct unwind_segment){
		.start = start, .end = start + 0x10000, .file = file, .block = 3, .block_cnt = 1
	};
}

static int setup(void **state)
{
	memset(&scratch, 0, sizeof(scratch));
	memset(&segments_made, 0, sizeof(segments_made));
	memset(shim_stack, 0, sizeof(shim_stack));
	shim_words = STACK_WORDS;
	shard_lookups = 0;
	scratch.user.segments = 5;
	scratch.user.segment_cnt = 1;
	segments_made.items[5] = segment_at(CODE, FILE_NR);
	make_rows(16);
	return 0;
}

static void test_rows(void **state)
{
	static const __u32 gaps[] = { 1, 2, 3, 15, 16, 17, 100, 255, 256, 300, 4096, 65535 };
	__u32 i, offset;

	for (i = 0; i < sizeof(gaps) / sizeof(*gaps); i++) {
		make_rows(gaps[i]);
		scratch.user.step.seg = segment_at(CODE, FILE_NR);
		for (offset = 0; offset < 1 << BLOCK_SHIFT; offset += 7)
			assert_int_equal(row_find(&scratch.user.step, offset),
			                 offset / gaps[i] % 1000 + 1);
	}
}

static void test_no_rows(void **state)
{
	struct unwind_rule r = { .cfa = 99 };

	scratch.user.step.seg = segment_at(CODE, FILE_NR);
	scratch.user.step.seg.block = 4; /* its descriptor is 0 */
	step_rule(&scratch.user.step, 32, &r);
	assert_int_equal(r.cfa, 99);
	/* Not remembered either. */
	scratch.user.step.seg.block = 3;
	rules_made.items[3] = (struct unwind_rule){ .kind = RULE_SP, .cfa = 8 };
	step_rule(&scratch.user.step, 32, &r);
	assert_int_equal(r.cfa, 8);
}

static void test_rules_are_remembered(void **state)
{
	struct unwind_rule r = { 0 };
	struct step *s = &scratch.user.step;
	int i;

	rules_made.items[3] = (struct unwind_rule){ .kind = RULE_SP, .cfa = 8 };
	rules_made.items[4] = (struct unwind_rule){ .kind = RULE_SP, .cfa = 16 };
	s->seg = segment_at(CODE, FILE_NR);
	for (i = 0; i < 3; i++) {
		step_rule(s, 32, &r);
		assert_int_equal(r.cfa, 8);
	}
	assert_int_equal(shard_lookups, 1);
	/* Another offset and another file are other frames. */
	step_rule(s, 48, &r);
	assert_int_equal(r.cfa, 16);
	assert_int_equal(shard_lookups, 2);
	s->seg.file++;
	step_rule(s, 32, &r);
	assert_int_equal(shard_lookups, 3);
	/* Code without a file has no identity: its rows are looked up each time. */
	s->seg.file = 0;
	step_rule(s, 32, &r);
	step_rule(s, 32, &r);
	assert_int_equal(shard_lookups, 5);
}

static void test_segments(void **state)
{
	static const __u32 cnts[] = { 1, 2, 3, 63, 64, 65, 66, 1000, PROCESS_SEGMENTS_MAX };
	struct step *s = &scratch.user.step;
	__u32 i, n, cnt;
	__u64 start;

	for (i = 0; i < sizeof(cnts) / sizeof(*cnts); i++) {
		cnt = scratch.user.segment_cnt = cnts[i];
		for (n = 0; n < cnt; n++)
			segments_made.items[5 + n] = segment_at(CODE + n * 0x20000ull, n + 1);
		segments_made.items[5 + cnt] = segment_at(CODE, 99); /* of somebody else */
		for (n = 0; n < cnt; n++) {
			start = CODE + n * 0x20000ull;
			assert_true(step_segment(s, start + 0xffff));
			assert_int_equal(s->seg.file, n + 1);
			assert_true(step_segment(s, start));
			memset(&s->seg, 0, sizeof(s->seg));
			assert_false(step_segment(s, start + 0x10000));
			assert_false(step_segment(s, start - 1));
		}
	}
}

/* Frames of 32 bytes, all of one function but for the root. */
static void make_stack(unsigned int frames)
{
	unsigned int i;

	for (i = 0; i < frames; i++)
		shim_stack[i * 4 + 3] = CODE + (i + 1 < frames ? 0x100 : 0x200);
	for (i = 0; i < 1000; i++)
		rules_made.items[i + 1] = (struct unwind_rule){ .kind = RULE_SP, .cfa = 32 };
	rules_made.items[(0x200 - 1) / 16 + 1].kind = RULE_STOP;
	scratch.user.step.pc = CODE + 0x42;
	scratch.user.step.sp = stack_at(0);
	scratch.user.step.exact = 1;
	scratch.user.step.seg.end = 0;
	scratch.user.step.seg.start = 0;
	scratch.user.window_sz = 0;
	scratch.user.head.cnt = 0;
}

static void test_walk(void **state)
{
	const struct walk *w = &scratch.user;
	int turn;

	for (turn = 0; turn < 2; turn++) {
		make_stack(30);
		while (!unwind_native(0)) {
		}
		assert_int_equal(w->end, END_NONE);
		assert_int_equal(w->head.cnt, 31);
		assert_true(w->frames[0] == FRAME_FILE(FILE_NR, 0x42));
		assert_true(w->frames[1] == FRAME_FILE(FILE_NR, 0x100));
		assert_true(w->frames[30] == FRAME_FILE(FILE_NR, 0x200));
	}
	assert_int_equal(shard_lookups, 3);
}

enum {
	HANDLER_AT = 40, /* words of the stack: the handler's CFA */
	OWN_CFA = 20,
	SAVED_FP = 4, /* words below the CFA */
	CALLER = 0x100,
	CALL = 0x300, /* of the handler's function */
	LANDING = 0x340,
	ROOT = 0x200,
};
#define OWN_FP ((stack_at(OWN_CFA) + 15) & ~15ull)

/*
 * A function of libgcc's that calls 0x42 from 0x80, where RULE_HANDLER holds; its caller, and the frame
 * of the handler, each lead to the root by a frame of 32 bytes.
 */
static void make_handler(void)
{
	make_stack(0);
	rules_made.items[(ROOT - 1) / 16 + 1].kind = RULE_STOP;
	rules_made.items[0x42 / 16 + 1] = (struct unwind_rule){ .kind = RULE_SP, .cfa = 8 };
	rules_made.items[(0x80 - 1) / 16 + 1] =
		(struct unwind_rule){ .kind = RULE_HANDLER,
		                      .fp = RULE_FP_CFA,
		                      .fp_off = -8 * SAVED_FP,
		                      .cfa = (__s32)(16 | (__u32)-64 << 16) };
	shim_stack[0] = CODE + 0x80;
	shim_stack[OWN_CFA - 2 - 8] = stack_at(HANDLER_AT);
	shim_stack[OWN_CFA - SAVED_FP] = OWN_FP;
	shim_stack[OWN_CFA - 1] = CODE + CALLER;
	shim_stack[OWN_CFA + 3] = shim_stack[HANDLER_AT + 3] = CODE + ROOT;
	shim_stack[HANDLER_AT - 1] = CODE + CALL;
	scratch.user.step.fp = stack_at(OWN_CFA - 2);
}

/* The walk has four frames: the third is that at 'offset', whose CFA and frame pointer are these. */
static void check_third(__u32 offset, unsigned int cfa, __u64 fp)
{
	const struct walk *w = &scratch.user;

	assert_false(unwind_native(0));
	assert_false(unwind_native(0));
	assert_true(w->step.sp == stack_at(cfa));
	assert_true(w->step.fp == fp);
	assert_int_equal(w->step.exact, STEP_RETURN);
	assert_false(unwind_native(0));
	assert_true(unwind_native(0));
	assert_int_equal(w->end, END_NONE);
	assert_int_equal(w->head.cnt, 4);
	assert_true(w->frames[2] == FRAME_FILE(FILE_NR, offset));
}

static void test_handler(void **state)
{
	/* Nothing was copied. */
	make_handler();
	check_third(CALLER, OWN_CFA, OWN_FP);
	/* The handler's frame pointer was. */
	make_handler();
	shim_stack[OWN_CFA - SAVED_FP] = (stack_at(HANDLER_AT) + 15) & ~15ull;
	check_third(CALL, HANDLER_AT, shim_stack[OWN_CFA - SAVED_FP]);
	/* The return address too. */
	make_handler();
	shim_stack[OWN_CFA - SAVED_FP] = 4711;
	shim_stack[OWN_CFA - 1] = CODE + CALL;
	check_third(CALL, HANDLER_AT, 4711);
}

/* The frame pointer is none: whose is it? Where the caller needs one it was copied. */
static void test_handler_unsure(void **state)
{
	static const __u64 fps[] = { 32, ~0ull };
	struct unwind_rule *caller = &rules_made.items[(CALLER - 1) / 16 + 1];
	const struct walk *w = &scratch.user;
	int i;

	for (i = 0; i < 2; i++) {
		make_handler();
		shim_stack[OWN_CFA - SAVED_FP] = fps[i];
		assert_false(unwind_native(0));
		assert_false(unwind_native(0));
		assert_int_equal(w->step.exact, STEP_UNSURE);
		assert_true(w->step.sp == stack_at(OWN_CFA));
		assert_true(w->step.fp == (i ? 1 : 32));
		assert_false(unwind_native(0));
		assert_int_equal(w->step.exact, STEP_RETURN);
		assert_true(w->step.sp == stack_at(OWN_CFA + 4));
		assert_true(unwind_native(0));
		assert_int_equal(w->head.cnt, 4);
		assert_true(w->frames[2] == FRAME_FILE(FILE_NR, CALLER));
		make_handler();
		shim_stack[OWN_CFA - SAVED_FP] = fps[i];
		*caller = (struct unwind_rule){ .kind = RULE_BP, .cfa = 16 };
		memset(scratch.user.rules, 0, sizeof(scratch.user.rules));
		assert_false(unwind_native(0));
		assert_false(unwind_native(0));
		assert_false(unwind_native(0));
		assert_int_equal(w->head.cnt, 2);
		assert_true(w->step.sp == stack_at(HANDLER_AT));
		assert_false(unwind_native(0));
		assert_true(unwind_native(0));
		assert_int_equal(w->head.cnt, 4);
		assert_true(w->frames[2] == FRAME_FILE(FILE_NR, CALL));
		memset(scratch.user.rules, 0, sizeof(scratch.user.rules));
	}
}

static void test_handler_unreadable(void **state)
{
	static const unsigned int words[] = { OWN_CFA - 2 - 8, OWN_CFA - SAVED_FP, OWN_CFA - 1 };
	unsigned int i;

	for (i = 0; i < 3; i++) {
		make_handler();
		assert_false(unwind_native(0));
		scratch.user.window_sz = 0;
		shim_words = words[i];
		assert_true(unwind_native(0));
		assert_int_equal(scratch.user.end, END_FAULT);
		shim_words = STACK_WORDS;
	}
	make_handler();
	shim_stack[OWN_CFA - 2 - 8] = 8;
	assert_false(unwind_native(0));
	assert_true(unwind_native(0));
	assert_int_equal(scratch.user.end, END_FAULT);
}

/* Whose rules were not met before. */
static void make_new_stack(void)
{
	make_stack(0);
	memset(scratch.user.rules, 0, sizeof(scratch.user.rules));
}

/* The row that holds at a handler's first instruction counts, not the one in front of it. */
static void test_landing(void **state)
{
	const struct walk *w = &scratch.user;
	struct unwind_rule *leaf = &rules_made.items[0x42 / 16 + 1];
	int by_register;

	for (by_register = 0; by_register < 2; by_register++) {
		make_new_stack();
		*leaf = (struct unwind_rule){ .kind = by_register ? RULE_RA_REG : RULE_REG,
			                      .fp = 2 << 4 | RULE_LANDING,
			                      .cfa = by_register ? 0 : 8 };
		scratch.user.step.regs[2] = by_register ? CODE + LANDING : stack_at(HANDLER_AT - 1);
		scratch.user.step.sp = stack_at(HANDLER_AT) - 256 * !by_register;
		shim_stack[HANDLER_AT - 1] = CODE + LANDING;
		shim_stack[HANDLER_AT + 5] = CODE + ROOT;
		rules_made.items[LANDING / 16] = (struct unwind_rule){ .kind = RULE_UNSUPPORTED };
		rules_made.items[LANDING / 16 + 1].cfa = 48;
		rules_made.items[(ROOT - 1) / 16 + 1].kind = RULE_STOP;
		assert_false(unwind_native(0));
		assert_int_equal(w->step.exact, STEP_LANDING);
		assert_false(unwind_native(0));
		assert_true(unwind_native(0));
		assert_int_equal(w->end, END_NONE);
		assert_true(w->frames[1] == FRAME_FILE(FILE_NR, LANDING + 1));
		assert_true(w->frames[2] == FRAME_FILE(FILE_NR, ROOT));
	}
	/* Registers are not known there. */
	make_new_stack();
	*leaf = (struct unwind_rule){ .kind = RULE_SP, .fp = RULE_LANDING, .cfa = 8 };
	shim_stack[0] = CODE + LANDING;
	rules_made.items[LANDING / 16 + 1] = (struct unwind_rule){ .kind = RULE_REG, .fp = 3 << 4 };
	assert_false(unwind_native(0));
	assert_true(unwind_native(0));
	assert_int_equal(w->end, END_NO_RULE);
}

static void test_index(void **state)
{
	const struct walk *w = &scratch.user;
	struct unwind_rule *leaf = &rules_made.items[0x42 / 16 + 1];

	make_new_stack();
	*leaf = (struct unwind_rule){ .kind = RULE_INDEX, .fp = 9 << 4, .cfa = 8 | 16 << 16 };
	scratch.user.step.regs[9] = 6;
	shim_stack[1 + 6] = stack_at(30);
	shim_stack[31] = CODE + CALLER;
	assert_false(unwind_native(0));
	assert_true(w->step.sp == stack_at(32));
	assert_true(w->step.pc == CODE + CALLER);
	/* Of a caller the register is not known. */
	rules_made.items[(CALLER - 1) / 16 + 1] = *leaf;
	assert_true(unwind_native(0));
	assert_int_equal(w->end, END_NO_RULE);
	/* Nor is memory there. */
	make_new_stack();
	*leaf = (struct unwind_rule){ .kind = RULE_INDEX, .fp = 9 << 4, .cfa = 8 | 16 << 16 };
	scratch.user.step.regs[9] = 1ull << 40;
	assert_true(unwind_native(0));
	assert_int_equal(w->end, END_FAULT);
}

/* The file has a table, but it is not here: only a frame pointer that leads somewhere helps. */
static void test_absent(void **state)
{
	const struct walk *w = &scratch.user;

	segments_made.items[5].block_cnt = 0;
	segments_made.items[5].absent = 1;
	make_stack(2);
	scratch.user.step.fp = 0;
	assert_true(unwind_native(0));
	assert_int_equal(w->end, END_NO_TABLE);
	make_stack(2);
	scratch.user.step.fp = stack_at(2);
	assert_false(unwind_native(0));
	scratch.user.step.fp = 1;
	assert_true(unwind_native(0));
	assert_int_equal(w->end, END_NO_TABLE);
	assert_int_equal(w->head.cnt, 2);
}

static void test_met(void **state)
{
	struct sample_key key = { .tgid = 4711, .start = 5, .exec_id = 6 };

	process_made = (struct unwind_process){ .start = 5, .exec_id = 6, .first = 10, .cnt = 2 };
	assert_true(unwind_met(&scratch.user, &key));
	assert_int_equal(scratch.user.segments, 10);
	key.exec_id = 7;
	assert_false(unwind_met(&scratch.user, &key));
	key.tgid = 1;
	assert_false(unwind_met(&scratch.user, &key));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_rows, setup),
		cmocka_unit_test_setup(test_no_rows, setup),
		cmocka_unit_test_setup(test_rules_are_remembered, setup),
		cmocka_unit_test_setup(test_segments, setup),
		cmocka_unit_test_setup(test_walk, setup),
		cmocka_unit_test_setup(test_handler, setup),
		cmocka_unit_test_setup(test_handler_unsure, setup),
		cmocka_unit_test_setup(test_handler_unreadable, setup),
		cmocka_unit_test_setup(test_landing, setup),
		cmocka_unit_test_setup(test_index, setup),
		cmocka_unit_test_setup(test_absent, setup),
		cmocka_unit_test_setup(test_met, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
