// SPDX-License-Identifier: Apache-2.0
// cflags: -D__TARGET_ARCH_x86
/*
 * Are the sums of what is kept those of all waits? 200 runs over waits of known total, each run's error
 * in standard deviations (z), by class of length too. Seeded: the same numbers in every run of the test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>

#include "random.h"
#include "shim.h"

#define bpf_get_prandom_u32 next_random
#include "weigh.bpf.h"

#define RUNS      200
#define WAITS     100000
#define THRESHOLD 1000000ull
#define CLASSES   4

/* Lengths of four classes: around 15 µs, 60 µs, 600 µs, and above the threshold. */
static uint64_t length_of(unsigned int class)
{
	static const uint64_t least[CLASSES] = { 5000, 20000, 200000, 1000000 };

	return least[class] + next_random() % (least[class] * 5);
}

struct sums {
	double truth[3], kept[3], variance[3];
};

/* One wait of length d that is kept with probability expected / threshold: its part of the sums. */
static void add(struct sums *s, uint64_t d, uint64_t expected)
{
	struct sample_value v = { .v = { 1, (__s64)(d - d / 4), (__s64)(d / 4) } };
	double p = expected >= THRESHOLD ? 1 : (double)expected / THRESHOLD;
	int i;

	for (i = 0; i < 3; i++) {
		s->truth[i] += (double)v.v[i];
		s->variance[i] += (double)v.v[i] * (double)v.v[i] * (1 - p) / p;
	}
	/* A count that is rounded by chance varies a little more. */
	s->variance[WAIT_CNT] += p < 1 ? 0.25 * p : 0;
	if (!wait_kept(expected, THRESHOLD))
		return;
	wait_weigh(expected, THRESHOLD, &v);
	for (i = 0; i < 3; i++)
		s->kept[i] += (double)v.v[i];
}

static double z_of(const struct sums *s, int value)
{
	if (s->variance[value] == 0)
		return s->kept[value] == s->truth[value] ? 0 : 1e9;
	return (s->kept[value] - s->truth[value]) / sqrt(s->variance[value]);
}

/* Each run's z stays within 4, and so does that of all runs together, which sees a small bias. */
static void check_runs(const struct sums *runs)
{
	double sum;
	int run, value;

	for (value = 0; value < 3; value++) {
		sum = 0;
		for (run = 0; run < RUNS; run++) {
			assert_true(fabs(z_of(&runs[run], value)) < 4);
			sum += z_of(&runs[run], value);
		}
		assert_true(fabs(sum / sqrt(RUNS)) < 4);
	}
}

static void run_classes(unsigned int first, unsigned int last, bool guessed)
{
	static struct sums runs[RUNS];
	uint64_t d, expected;
	int run, i;

	memset(runs, 0, sizeof(runs));
	seed = 88172645463325252ull + first * 8 + last;
	for (run = 0; run < RUNS; run++)
		for (i = 0; i < WAITS; i++) {
			d = length_of(first + next_random() % (last - first + 1));
			expected = guessed ? length_of(next_random() % CLASSES) : d;
			add(&runs[run], d, expected);
		}
	check_runs(runs);
}

static void all_lengths(void **state)
{
	run_classes(0, CLASSES - 1, false);
}

static void each_class(void **state)
{
	unsigned int i;

	for (i = 0; i < CLASSES; i++)
		run_classes(i, i, false);
}

/* Where the stack is taken first, the probability is a guess, and may be far off. */
static void guessed_lengths(void **state)
{
	run_classes(0, CLASSES - 1, true);
}

/* A wait that was woken after 'woken' of its length: its two parts are kept each by itself. */
static void add_woken(struct sums *s, uint64_t woken, uint64_t d)
{
	struct sample_value v = { .v = { 1, (__s64)woken, (__s64)(d - woken) } };
	double p[3] = { [WAIT_CNT] = (double)woken / THRESHOLD,
		        [WAIT_BLOCKED] = (double)woken / THRESHOLD,
		        [WAIT_RUNNABLE] = (double)d / THRESHOLD };
	uint32_t luck = next_random();
	bool has_waker = wait_kept_by(luck, woken, THRESHOLD);
	int i;

	for (i = 0; i < 3; i++) {
		p[i] = p[i] < 1 ? p[i] : 1;
		s->truth[i] += (double)v.v[i];
		s->variance[i] += (double)v.v[i] * (double)v.v[i] * (1 - p[i]) / p[i];
	}
	s->variance[WAIT_CNT] += p[WAIT_CNT] < 1 ? 0.25 * p[WAIT_CNT] : 0;
	if (!wait_kept_by(luck, d, THRESHOLD)) {
		assert_false(has_waker);
		return;
	}
	wait_weigh_woken(luck, woken, d, THRESHOLD, &v);
	assert_int_equal(v.v[WAIT_BLOCKED] > 0, has_waker);
	for (i = 0; i < 3; i++)
		s->kept[i] += (double)v.v[i];
}

/* No blocked time is without its waker, whatever part of the wait came after. */
static void woken_waits(void **state)
{
	static struct sums runs[RUNS];
	uint64_t woken;
	int run, i;

	memset(runs, 0, sizeof(runs));
	seed = 88172645463325252ull;
	for (run = 0; run < RUNS; run++)
		for (i = 0; i < WAITS; i++) {
			woken = length_of(next_random() % CLASSES);
			add_woken(&runs[run], woken, woken + length_of(next_random() % 2));
		}
	check_runs(runs);
}

static void no_threshold(void **state)
{
	struct sample_value v = { .v = { 1, 5, 2 } };

	assert_true(wait_kept(0, 0));
	wait_weigh(7, 0, &v);
	assert_int_equal(v.v[WAIT_CNT], 1);
	assert_int_equal(v.v[WAIT_BLOCKED], 5);
	assert_int_equal(v.v[WAIT_RUNNABLE], 2);
}

/* A very long wait that was expected to be short does not overflow. */
static void long_wait(void **state)
{
	struct sample_value v = { .v = { 1, 86400000000000ll, 0 } };

	wait_weigh(62500, 4000000000ull, &v);
	assert_int_equal(v.v[WAIT_BLOCKED], 86400000000000ll / 62500 * 4000000000ll);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_lengths),     cmocka_unit_test(each_class),
		cmocka_unit_test(guessed_lengths), cmocka_unit_test(no_threshold),
		cmocka_unit_test(long_wait),       cmocka_unit_test(woken_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
