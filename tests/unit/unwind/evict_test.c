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

static void test_evicts_in_use(void **state)
{
	const struct mapping *both[] = { own(), libc() };
	struct made a, b;

	cap_for_one();
	process(&made(&a, 10, both, 1)->image);
	process(&made(&b, 11, both + 1, 1)->image);
	assert_int_equal(stats()->evicted_in_use, 1);
	assert_int_equal(blocks_of(10, 0), 0);
	assert_true(blocks_of(11, 0));
	unwind_forget(u, 11);
	unwind_forget(u, 10);
	u->now_ns += 2 * RANGES_GRACE_NS;
	unwind_prepare(u, NULL, &b.image);
	assert_int_equal(stats()->evicted, 1);
	/* One that was given up is not built again at once. */
	process(&a.image);
	assert_int_equal(blocks_of(10, 0), 0);
	assert_int_equal(stats()->evicted, 1);
	assert_int_equal(stats()->tables, 1);
	assert_true(stats()->table_bytes <= u->words_max * 4);
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
	process(&made(&b, 11, both + 1, 1)->image);
	unwind_forget(u, 11);
	cache_at(u, number)->retry_ns = 0; /* as if a second had gone by */
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
		T(evicts_in_use),
		T(evicts_what_nobody_maps),
		T(one_program_beyond_the_cap),
		T(comes_back),
		T(no_room_leaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
