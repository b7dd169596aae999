// SPDX-License-Identifier: Apache-2.0
/* Parts of an array: taken, given back, resting, side by side. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "unwind/ranges.h"

static void test_take_until_none(void **state)
{
	struct ranges r = { 0 };

	assert_int_equal(ranges_take(&r, 1), RANGES_NONE);
	assert_int_equal(ranges_add(&r, 10, 5), 0);
	assert_int_equal(ranges_take(&r, 6), RANGES_NONE);
	assert_int_equal(ranges_take(&r, 3), 10);
	assert_int_equal(ranges_take(&r, 3), RANGES_NONE);
	assert_int_equal(ranges_take(&r, 2), 13);
	assert_int_equal(r.cnt, 0);
	ranges_release(&r);
}

static void test_given_ones_rest(void **state)
{
	struct ranges r = { 0 };

	ranges_add(&r, 0, 4);
	assert_int_equal(ranges_take(&r, 4), 0);
	ranges_give(&r, 0, 4, 1000);
	assert_int_equal(ranges_take(&r, 4), RANGES_NONE);
	ranges_tick(&r, 1000 + RANGES_GRACE_NS - 1);
	assert_int_equal(ranges_take(&r, 4), RANGES_NONE);
	ranges_tick(&r, 1000 + RANGES_GRACE_NS);
	assert_int_equal(ranges_take(&r, 4), 0);
	ranges_release(&r);
}

/* A range that joins an older one rests as long as the younger. */
static void test_joined_ones_rest_longer(void **state)
{
	struct ranges r = { 0 };

	ranges_add(&r, 0, 8);
	ranges_take(&r, 8);
	ranges_give(&r, 0, 4, 0);
	ranges_give(&r, 4, 4, 500);
	ranges_tick(&r, RANGES_GRACE_NS);
	assert_int_equal(ranges_take(&r, 1), RANGES_NONE);
	ranges_tick(&r, RANGES_GRACE_NS + 500);
	assert_int_equal(ranges_take(&r, 8), 0);
	ranges_release(&r);
}

static void test_neighbours_join(void **state)
{
	struct ranges r = { 0 };

	ranges_add(&r, 0, 2);
	ranges_add(&r, 4, 2);
	assert_int_equal(r.cnt, 2);
	ranges_add(&r, 2, 2);
	assert_int_equal(r.cnt, 1);
	ranges_add(&r, 8, 2);
	ranges_add(&r, 7, 1);
	assert_int_equal(r.cnt, 2);
	ranges_add(&r, 6, 1);
	assert_int_equal(r.cnt, 1);
	assert_int_equal(ranges_take(&r, 10), 0);
	ranges_release(&r);
}

/* A place that was never added keeps its neighbours apart, as word 0 of a shard does. */
static void test_gaps_stay(void **state)
{
	struct ranges r = { 0 };

	ranges_add(&r, 1, 9);
	ranges_add(&r, 11, 9);
	assert_int_equal(ranges_take(&r, 10), RANGES_NONE);
	assert_int_equal(ranges_take(&r, 9), 1);
	assert_int_equal(ranges_take(&r, 9), 11);
	ranges_give(&r, 1, 9, 0);
	ranges_give(&r, 11, 9, 0);
	ranges_tick(&r, RANGES_GRACE_NS);
	assert_int_equal(r.cnt, 2);
	ranges_release(&r);
}

enum { PLACES = 512, TAKEN = 64 };

struct model {
	struct ranges r;
	unsigned char used[PLACES];
	struct range taken[TAKEN];
};

static void model_take(struct model *m, struct range *t)
{
	uint32_t i, cnt = 1 + (uint32_t)rand() % 24, at = ranges_take(&m->r, cnt);

	if (at == RANGES_NONE)
		return;
	*t = (struct range){ at, cnt };
	for (i = 0; i < cnt; i++) {
		assert_true(at + i < PLACES);
		assert_false(m->used[at + i]);
		m->used[at + i] = 1;
	}
}

static void model_give(struct model *m, struct range *t, uint64_t now_ns)
{
	ranges_give(&m->r, t->start, t->cnt, now_ns);
	memset(m->used + t->start, 0, t->cnt);
	t->cnt = 0;
}

/* At random: nothing is handed out twice, and in the end all is one range again. */
static void test_random(void **state)
{
	struct model m = { 0 };
	uint64_t now_ns = 0;
	int i, n;

	srand(7);
	ranges_add(&m.r, 0, PLACES);
	for (i = 0; i < 100000; i++) {
		n = rand() % TAKEN;
		if (m.taken[n].cnt)
			model_give(&m, &m.taken[n], now_ns);
		else
			model_take(&m, &m.taken[n]);
		now_ns += RANGES_GRACE_NS / 16;
		ranges_tick(&m.r, now_ns);
	}
	for (n = 0; n < TAKEN; n++)
		if (m.taken[n].cnt)
			model_give(&m, &m.taken[n], now_ns);
	ranges_tick(&m.r, now_ns + RANGES_GRACE_NS);
	assert_int_equal(m.r.cnt, 1);
	assert_int_equal(m.r.items[0].cnt, PLACES);
	ranges_release(&m.r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_take_until_none),
		cmocka_unit_test(test_given_ones_rest),
		cmocka_unit_test(test_joined_ones_rest_longer),
		cmocka_unit_test(test_neighbours_join),
		cmocka_unit_test(test_gaps_stay),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
