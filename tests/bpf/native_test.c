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
		cmocka_unit_test_setup(test_absent, setup),
		cmocka_unit_test_setup(test_met, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
