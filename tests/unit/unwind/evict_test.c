// SPDX-License-Identifier: Apache-2.0
/* More tables than may be kept: which go, who notices, what comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "unwind/programs.h"

static int setup_small(void **state)
{
	setup(state);
	unwind_free(u);
	u = self_engine(1); /* of the bytes */
	return 0;
}

static void test_nothing_fits(void **state)
{
	const struct mapping *both[] = { own(), libc() };
	struct made a;

	process(&made(&a, 10, both, 2)->image);
	assert_int_equal(stats()->tables, 0);
	assert_int_equal(stats()->table_bytes, 0);
	assert_int_equal(stats()->over_cap, 2);
	assert_int_equal(blocks_of(10, 0), 0);
	/* Not tried again and again. */
	process(&a.image);
	assert_int_equal(stats()->over_cap, 2);
}

/* Makes an engine in which the table of either file fits, but not of both. */
static void cap_for_one(void)
{
	const struct mapping *both[] = { own(), libc() };
	struct made a;
	uint64_t libc_bytes;

	process(&made(&a, 10, both + 1, 1)->image);
	libc_bytes = stats()->table_bytes;
	unwind_free(u);
	u = self_engine(libc_bytes + 4);
}

/* So many samples for each 1,024 words of its table, of a stack that goes through file i of a process. */
static void sampled(uint32_t pid, size_t i, uint32_t density)
{
	uint32_t cnt, number = segments_of(pid, &cnt)[i].file;
	const uint64_t frames[] = { 4711, FRAME_FILE(number, 16), FRAME_FILE(number, 32) };

	unwind_sampled(u, frames, 3, 1 + (uint64_t)density * cache_at(u, number)->words / 1024);
}

/* As if a second had gone by. */
static void next_second(void)
{
	uint32_t n;

	for (n = 1; n <= stats()->files; n++)
		cache_at(u, n)->retry_ns = 0;
	u->planned_ns = 0;
	unwind_tick(u);
}

/* A table that is there gives way to one with more than twice its samples a word, and to no other. */
static void test_evicts_for_more_samples(void **state)
{
	const struct mapping *both[] = { own(), libc() };
	struct made a, b;

	cap_for_one();
	process(&made(&a, 10, both, 1)->image);
	process(&made(&b, 11, both + 1, 1)->image);
	assert_int_equal(stats()->over_cap, 1);
	sampled(10, 0, 100);
	sampled(11, 0, 190);
	next_second();
	process(&b.image);
	assert_true(blocks_of(10, 0));
	assert_int_equal(blocks_of(11, 0), 0);
	sampled(11, 0, 20);
	next_second();
	process(&b.image);
	assert_int_equal(stats()->evicted_in_use, 1);
	assert_int_equal(blocks_of(10, 0), 0);
	assert_true(blocks_of(11, 0));
	assert_true(segments_of(10, &(uint32_t){ 0 })->absent);
	/* Neither of them takes it back. */
	sampled(10, 0, 300);
	next_second();
	process(&a.image);
	assert_int_equal(stats()->evicted, 1);
	assert_int_equal(stats()->over_cap, 2);
	assert_int_equal(stats()->tables, 1);
	assert_true(stats()->table_bytes <= u->words_max * 4);
}

/* Samples of long ago count little. */
static void test_samples_fade(void **state)
{
	const struct mapping *both[] = { own(), libc() };
	struct made a, b;
	int i;

	cap_for_one();
	process(&made(&a, 10, both, 1)->image);
	process(&made(&b, 11, both + 1, 1)->image);
	sampled(10, 0, 1000);
	for (i = 0; i < 4 * 10; i++)
		next_second();
	sampled(11, 0, 10);
	next_second();
	process(&b.image);
	assert_true(blocks_of(11, 0));
}

/* What was given up is built again as CPU time allows. */
static void test_builds_in_measure(void **state)
{
	const struct mapping *both[] = { own(), libc() };
	struct made a, b;

	cap_for_one();
	process(&made(&a, 10, both, 1)->image);
	process(&made(&b, 11, both + 1, 1)->image);
	unwind_forget(u, 10);
	u->credit_ns = -1000000000000;
	next_second();
	process(&b.image);
	assert_int_equal(blocks_of(11, 0), 0);
	u->credit_ns = 1;
	process(&b.image);
	assert_true(blocks_of(11, 0));
	assert_true(u->credit_ns <= 1);
}

/* A table that no process needs goes before an older one that is needed. */
static void test_evicts_what_nobody_maps(void **state)
{
	const struct mapping *ld = NULL, *m;
	const struct mapping *three[] = { own(), libc(), NULL };
	struct made a, b, c;
	size_t bytes;

	for (m = self->mappings; !ld && m < self->mappings + self->image.mapping_cnt; m++)
		if (strstr(m->file->path, "ld-linux"))
			ld = m;
	assert_non_null(ld);
	three[2] = ld;
	process(&made(&a, 10, three, 2)->image);
	bytes = stats()->table_bytes;
	unwind_free(u);
	u = self_engine(bytes);
	process(&made(&a, 10, three, 1)->image);
	process(&made(&b, 11, three + 1, 1)->image);
	unwind_forget(u, 11);
	process(&made(&c, 12, three + 2, 1)->image);
	assert_int_equal(stats()->evicted, 1);
	assert_int_equal(stats()->evicted_in_use, 0);
	assert_true(blocks_of(10, 0));
	assert_true(blocks_of(12, 0));
}

/* A program's own files are not given up for one another. */
static void test_one_program_beyond_the_cap(void **state)
{
	const struct mapping *both[] = { own(), libc() };
	struct made a;

	cap_for_one();
	process(&made(&a, 10, both, 2)->image);
	assert_true(blocks_of(10, 0));
	assert_int_equal(blocks_of(10, 1), 0);
	assert_int_equal(stats()->evicted, 0);
	assert_int_equal(stats()->over_cap, 1);
}

/* An evicted table comes back when there is room; what rested is used again. */
static void test_comes_back(void **state)
{
	const struct mapping *both[] = { own(), libc() };
	struct made a, b;
	uint32_t first, number, cnt;

	cap_for_one();
	process(&made(&a, 10, both, 1)->image);
	first = blocks_of(10, 0);
	number = segments_of(10, &cnt)->file;
	unwind_forget(u, 10);
	process(&made(&b, 11, both + 1, 1)->image);
	unwind_forget(u, 11);
	next_second();
	process(&a.image);
	assert_int_equal(blocks_of(10, 0), first);
	assert_int_equal(segments_of(10, &cnt)->file, number);
	assert_int_equal(stats()->evicted, 2);
	assert_int_equal(stats()->built, 3);
}

/* All room is there again when all is given up, however often. */
static void test_no_room_leaks(void **state)
{
	const struct mapping *both[] = { own(), libc() };
	struct made a, b;
	uint32_t n;
	int i;

	cap_for_one();
	made(&a, 10, both, 1);
	made(&b, 11, both + 1, 1);
	for (i = 0; i < 40; i++) {
		process(i & 1 ? &b.image : &a.image);
		unwind_forget(u, i & 1 ? 11 : 10);
		for (n = 1; n <= stats()->files; n++)
			cache_at(u, n)->retry_ns = 0;
		u->credit_ns = 1000000000;
		ranges_tick(&u->segments, u->now_ns + RANGES_GRACE_NS);
		ranges_tick(&u->blocks, u->now_ns + RANGES_GRACE_NS);
		ranges_tick(&u->words, u->now_ns + RANGES_GRACE_NS);
	}
	assert_int_equal(stats()->tables, 1);
	assert_int_equal(stats()->evicted, 39);
	assert_in_range(stats()->shard_bytes, 1 << 20, 2 << 20);
	assert_int_equal(u->segments.cnt, 1);
	assert_int_equal(u->segments.items[0].cnt, SEGMENTS_MAX);
}

#define T(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nothing_fits, setup_small, teardown),
		T(evicts_for_more_samples),
		T(samples_fade),
		T(builds_in_measure),
		T(evicts_what_nobody_maps),
		T(one_program_beyond_the_cap),
		T(comes_back),
		T(no_room_leaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
