// SPDX-License-Identifier: Apache-2.0
/* How many events a sample is said to be of, and what they weigh, in what tools write. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "profile/profile.h"
#include "report/spread.h"

/* Three types at most; 'period' is of the type and unit that come before it. */
struct file {
	const char *types[3][2];
	const char *period_type, *period_unit;
	int64_t period;
	int64_t values[2][3]; /* two samples */
};

static struct profile *make(const struct file *f)
{
	struct profile *p = profile_new();
	struct profile_line line = { 0 };
	uint32_t id;
	int i;

	assert_non_null(p);
	for (i = 0; i < 3 && f->types[i][0]; i++)
		profile_add_type(p, f->types[i][0], f->types[i][1]);
	profile_set_period(p, f->period_type, f->period_unit, f->period);
	for (i = 0; i < 2; i++) {
		line.function = profile_add_function(p, i ? "g" : "f", "", "", 0);
		id = profile_add_named_location(p, 0, 0, false, &line, 1);
		profile_add_sample(p, &id, 1, NULL, 0, f->values[i]);
	}
	return p;
}

/* The sum of the squares in type 'type'. */
static void check(const struct file *f, size_t type, double want)
{
	struct profile *p = make(f);
	struct spread s;

	assert_true(spread_init(&s, p, type));
	if (fabs(s.all.square - want) > 0.01 * want)
		fail_msg("%g, not %g", s.all.square, want);
	profile_free(p);
}

static void test_samples(void **state)
{
	const struct file cpu = { { { "samples", "count" }, { "cpu", "nanoseconds" } },
		                  "cpu",
		                  "nanoseconds",
		                  100,
		                  { { 5, 500 }, { 3, 300 } } };
	const struct file events = { { { "cycles_sample", "count" }, { "cycles_event", "count" } },
		                     "cycles",
		                     "count",
		                     0,
		                     { { 5, 500 }, { 3, 600 } } };
	const struct file plain = { { { "cpu", "ms" } }, "cpu", "ms", 10, { { 50 }, { 30 } } };
	const struct file nothing = { { { "things", "widgets" } }, "", "", 0, { { 50 }, { 30 } } };

	check(&cpu, 0, 8);
	check(&cpu, 1, 8 * 100 * 100);
	check(&events, 0, 8);
	check(&events, 1, 2 * 500.0 * 500 / 6 + 2 * 600.0 * 600 / 4); /* of 100 and of 200 */
	check(&plain, 0, 8 * 10 * 10);
	check(&nothing, 0, 50 * 50 + 30 * 30); /* an event each */
}

/* Short waits weigh a threshold each, however many they stand for; long ones what they last. */
static void test_waits(void **state)
{
	struct file f = { { { "contentions", "count" }, { "delay", "nanoseconds" } },
		          "delay",
		          "nanoseconds",
		          1000,
		          { { 500, 10000 }, { 90, 2000 } } };

	check(&f, 1, 12 * 1000.0 * 1000);
	check(&f, 0, 2 * 500.0 * 500 / 11 + 2 * 90.0 * 90 / 3);
	f.values[1][0] = 4;
	f.values[1][1] = 40000;
	check(&f, 1, 2 * 1e4 * 1e4 / 11 + 2 * 4e4 * 4e4 / 5);
	f.period_type = "contentions"; /* Go's */
	f.period_unit = "count";
	f.period = 1;
	check(&f, 1, 2 * 1e4 * 1e4 / 501 + 2 * 4e4 * 4e4 / 5);
	check(&f, 0, 504);
}

/* 10 objects of 64 bytes were met, and 3 of 8 MiB. */
static void test_heap(void **state)
{
	double small = -1 / expm1(-64.0 / 524288), large = -1 / expm1(-16);
	struct file f = { { { "inuse_objects", "count" }, { "inuse_space", "bytes" } },
		          "space",
		          "bytes",
		          524288,
		          { { llround(10 * small), llround(640 * small) }, { 3, 3 << 23 } } };

	check(&f, 0, 10 * small * small + 3 * large * large);
	check(&f, 1, 10 * (64 * small) * (64 * small) + 3 * 0x1p46);
}

static void test_negative(void **state)
{
	struct profile *p =
		make(&(struct file){ { { "n", "count" } }, "", "", 0, { { 5 }, { -1 } } });
	struct spread s;

	assert_false(spread_init(&s, p, 0));
	profile_free(p);
}

/* A share that moves as that of so many samples that weigh the same. */
static void test_unit(void **state)
{
	const struct spread_sum all = { 1000, 10000 }, part = { 500, 5000 }, none = { 0, 0 };
	const struct spread_sum heavy = { 500, 9000 };
	struct stats_interval i = spread_share(&part, &all);

	assert_true(fabs(spread_unit(&part, &all) - 10) < 1e-9);
	assert_true(fabs(spread_unit(&none, &all) - 10) < 1e-9);
	assert_true(fabs(spread_unit(&all, &all) - 10) < 1e-9);
	assert_true(fabs(spread_unit(&heavy, &all) - 0.5 * 18 - 0.5 * 2) < 1e-9);
	assert_true(i.low > 0.40 && i.low < 0.41 && i.high > 0.59 && i.high < 0.60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samples), cmocka_unit_test(test_waits),
		cmocka_unit_test(test_heap),    cmocka_unit_test(test_negative),
		cmocka_unit_test(test_unit),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
