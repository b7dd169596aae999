// SPDX-License-Identifier: Apache-2.0
/* Exact times divided among samples: sums are exact, shares are the samples', and nothing is left out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "session/wall.h"

static struct sample_key key(uint8_t kind, uint32_t tgid, uint32_t tid)
{
	struct sample_key k = { .kind = kind, .tgid = tgid, .tid = tid, .start = 5 };

	return k;
}

static void add(struct wall *w, struct sample_key k, int64_t a, int64_t b, int64_t c, int64_t d)
{
	struct sample_value v = { .v = { a, b, c, d } };

	assert_int_equal(wall_add(w, &k, &v), 0);
}

static size_t divide(struct wall *w, struct sample_key k, int64_t a, int64_t b, int64_t c,
                     struct wall_part *parts)
{
	struct sample_value v = { .v = { a, b, c } };

	return wall_divide(w, &k, &v, parts);
}

/* A sample of a wait has two parts, one of the timer one. */
static void test_parts(void **state)
{
	struct sample_key ticks = key(KIND_cpu, 7, 7), wait = key(KIND_offcpu, 7, 7);
	struct wall_part parts[WALL_STATES];
	struct wall w;

	wall_init(&w, true);
	add(&w, key(KIND_wall, 7, 7), 300, 20, 80, 400);
	wait.reason = REASON_LOCK;
	add(&w, ticks, 3, 150, 0, 0);
	add(&w, wait, 2, 40, 40, 0);
	assert_int_equal(divide(&w, ticks, 3, 150, 0, parts), 1);
	assert_int_equal(parts[0].key.state, WALL_RUNNING);
	assert_int_equal(parts[0].value.v[0], 3);
	assert_int_equal(parts[0].value.v[1], 300);
	assert_int_equal(divide(&w, wait, 2, 40, 40, parts), 2);
	assert_int_equal(parts[0].key.state, WALL_RUNNABLE);
	assert_int_equal(parts[0].value.v[0], 0);
	assert_int_equal(parts[0].value.v[1], 20);
	assert_int_equal(parts[1].key.state, WALL_BLOCKED);
	assert_int_equal(parts[1].key.reason, REASON_LOCK);
	assert_int_equal(parts[1].value.v[0], 2);
	assert_int_equal(parts[1].value.v[1], 80);
	assert_int_equal(w.totals.sampled[WALL_RUNNING], 150);
	assert_int_equal(w.totals.residual, 0);
	assert_int_equal(divide(&w, key(KIND_wall, 7, 7), 300, 20, 80, parts), 0);
	wall_release(&w);
}

/* Whatever the samples are, their sum is the total, and each is within one of its share. */
static void test_sums_are_exact(void **state)
{
	static int64_t said[500];
	struct sample_key k = key(KIND_cpu, 1, 1);
	struct wall_part parts[WALL_STATES];
	int64_t total, sum, all;
	unsigned int round, i, n;
	struct wall w;
	double want;

	srand(11);
	for (round = 0; round < 200; round++) {
		wall_init(&w, true);
		n = 1 + (unsigned int)rand() % 500;
		total = (int64_t)rand() * (round % 3 ? 1 : 2000000) + 1;
		for (i = 0, all = 0; i < n; i++) {
			said[i] = (int64_t)(rand() % 1000) * (round % 2 ? 1 : 1000000000);
			all += said[i];
			add(&w, k, 1, said[i], 0, 0);
		}
		add(&w, key(KIND_wall, 1, 1), total, 0, 0, total);
		for (i = 0, sum = 0; i < n; i++) {
			if (!divide(&w, k, 1, said[i], 0, parts))
				continue;
			sum += parts[0].value.v[1];
			want = (double)said[i] / (double)all * (double)total;
			assert_true((double)parts[0].value.v[1] - want <= 1 + want * 1e-9);
			assert_true(want - (double)parts[0].value.v[1] <= 1 + want * 1e-9);
		}
		assert_int_equal(sum, all ? total : 0);
		wall_release(&w);
	}
}

/* Threads of a process are one share, or one each; a number that is used anew is another process. */
static void test_who(void **state)
{
	struct sample_key one = key(KIND_cpu, 7, 8), two = key(KIND_cpu, 7, 9);
	struct sample_key other = key(KIND_cpu, 7, 8);
	struct wall_part parts[WALL_STATES];
	struct wall w;
	int per_thread;

	other.start = 6;
	for (per_thread = 0; per_thread < 2; per_thread++) {
		wall_init(&w, per_thread);
		add(&w, key(KIND_wall, 7, 8), 100, 0, 0, 100);
		add(&w, key(KIND_wall, 7, 9), 300, 0, 0, 300);
		add(&w, one, 1, 10, 0, 0);
		add(&w, two, 1, 10, 0, 0);
		add(&w, other, 1, 10, 0, 0);
		assert_int_equal(divide(&w, one, 1, 10, 0, parts), 1);
		assert_int_equal(parts[0].value.v[1], per_thread ? 100 : 200);
		assert_int_equal(divide(&w, two, 1, 10, 0, parts), 1);
		assert_int_equal(parts[0].value.v[1], per_thread ? 300 : 200);
		/* Nothing is known of that one: as its samples say. */
		assert_int_equal(divide(&w, other, 1, 10, 0, parts), 1);
		assert_int_equal(parts[0].value.v[1], 10);
		assert_int_equal(w.totals.unscaled, 10);
		assert_int_equal(w.totals.threads, 2);
		wall_release(&w);
	}
}

/* What no sample tells of is not left out; what the counters say was not has no time. */
static void test_rest(void **state)
{
	struct wall_part part, parts[WALL_STATES];
	size_t at = 0;
	struct wall w;

	wall_init(&w, true);
	add(&w, key(KIND_wall, 1, 1), 0, 5, 60, 65);
	add(&w, key(KIND_cpu, 1, 1), 1, 10, 0, 0);
	add(&w, key(KIND_offcpu, 1, 1), 1, 50, 0, 0);
	add(&w, key(KIND_wall, 2, 3), 70, 0, 0, 70);
	assert_int_equal(divide(&w, key(KIND_cpu, 1, 1), 1, 10, 0, parts), 0);
	assert_true(wall_rest(&w, &at, &part));
	assert_int_equal(part.key.kind, KIND_wall);
	assert_int_equal(part.key.tgid, 1);
	assert_int_equal(part.key.state, WALL_RUNNABLE);
	assert_int_equal(part.value.v[0], 0);
	assert_int_equal(part.value.v[1], 5);
	assert_true(wall_rest(&w, &at, &part));
	assert_int_equal(part.key.tgid, 2);
	assert_int_equal(part.key.tid, 3);
	assert_int_equal(part.key.state, WALL_RUNNING);
	assert_int_equal(part.value.v[1], 70);
	assert_false(wall_rest(&w, &at, &part));
	wall_release(&w);
}

/* Threads whose errors have opposite signs do not hide each other. */
static void test_residual(void **state)
{
	struct wall w;

	wall_init(&w, false);
	add(&w, key(KIND_wall, 1, 1), 500, 300, 200, 1000);
	assert_int_equal(w.totals.residual, 0);
	add(&w, key(KIND_wall, 1, 2), 500, 300, 150, 1000);
	add(&w, key(KIND_wall, 1, 3), 500, 300, 300, 1000);
	assert_int_equal(w.totals.residual, 150);
	assert_true(w.totals.worst > 0.0999 && w.totals.worst < 0.1001);
	assert_int_equal(w.totals.time, 3000);
	add(&w, key(KIND_wall, 1, 4), 1, 0, 0, 0);
	assert_true(w.totals.worst == 1);
	wall_release(&w);
}

/* Events of --samples come one by one; more than was added (they came in between) gets nothing. */
static void test_more_than_was_added(void **state)
{
	struct sample_key k = key(KIND_cpu, 1, 1);
	struct wall_part parts[WALL_STATES];
	struct wall w;

	wall_init(&w, true);
	add(&w, key(KIND_wall, 1, 1), 90, 0, 0, 90);
	add(&w, k, 3, 30, 0, 0);
	assert_int_equal(divide(&w, k, 1, 10, 0, parts), 1);
	assert_int_equal(parts[0].value.v[1], 30);
	assert_int_equal(divide(&w, k, 3, 30, 0, parts), 1);
	assert_int_equal(parts[0].value.v[1], 60);
	assert_int_equal(divide(&w, k, 1, 10, 0, parts), 0);
	assert_int_equal(divide(&w, key(KIND_cpu, 9, 9), 1, 10, 0, parts), 0);
	wall_release(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parts),    cmocka_unit_test(test_sums_are_exact),
		cmocka_unit_test(test_who),      cmocka_unit_test(test_rest),
		cmocka_unit_test(test_residual), cmocka_unit_test(test_more_than_was_added),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
