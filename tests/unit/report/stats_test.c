// SPDX-License-Identifier: Apache-2.0
/* Against values that others have published or that follow from a formula. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "report/stats.h"

/* Within a part of 'off' of what is wanted. */
static void check(double got, double want, double off)
{
	if (!(fabs(got - want) <= off * fabs(want)))
		fail_msg("%.10g, not %.10g", got, want);
}

static void check_interval(struct stats_interval i, double low, double high)
{
	if (!(fabs(i.low - low) < 1e-4 && fabs(i.high - high) < 1e-4))
		fail_msg("%.6f to %.6f, not %.6f to %.6f", i.low, i.high, low, high);
}

/* One and two degrees of freedom have closed forms; others: Abramowitz and Stegun, table 26.10. */
static void test_student(void **state)
{
	double t;

	for (t = 0.1; t < 1000; t *= 1.7) {
		check(stats_student(t, 1), 2 / M_PI * atan(1 / t), 1e-12);
		check(stats_student(-t, 2), 2 / (2 + t * t + t * sqrt(2 + t * t)), 1e-12);
	}
	check(stats_student(2.776, 4), 0.05, 1e-3);
	check(stats_student(4.587, 10), 0.001, 2e-3);
	check(stats_student(1.980, 120), 0.05, 1e-3);
	check(stats_student(1.959963985, INFINITY), 0.05, 1e-8);
	check(stats_student(0, 3), 1, 1e-12);
	assert_true(stats_student(INFINITY, 3) == 0);
	check(stats_student(3, 1e6), stats_student(3, INFINITY), 1e-4);
}

static void test_quantile(void **state)
{
	check(stats_quantile(1), 12.7062047, 1e-7);
	check(stats_quantile(4), 2.7764451, 1e-7);
	check(stats_quantile(INFINITY), 1.9599640, 1e-7);
}

/* Newcombe, Statistics in Medicine 17, 1998, 857 (one share) and 873 (differences: table II, method 10). */
static void test_intervals(void **state)
{
	static const struct {
		double k1, n1, k2, n2, low, high;
	} examples[] = {
		{ 48, 80, 56, 70, 0.0524, 0.3339 }, { 3, 10, 9, 10, 0.1705, 0.8090 },
		{ 2, 7, 6, 7, 0.0582, 0.8062 },     { 0, 29, 5, 56, -0.0381, 0.1926 },
		{ 0, 20, 0, 10, -0.1611, 0.2775 },  { 0, 20, 10, 10, 0.6791, 1.0 },
	};
	double z = stats_quantile(INFINITY), a, b;
	size_t i;

	check_interval(stats_share(81.0 / 263, 263, z), 0.2553, 0.3662);
	check_interval(stats_share(0, 20, z), 0, 0.1611);
	check_interval(stats_share(1, 20, z), 1 - 0.1611, 1);
	check_interval(stats_share(0.3, 0, z), 0, 1);
	check_interval(stats_count(0, z), 0, z * z);
	check_interval(stats_count(10, z), 5.4320, 18.4095);
	for (i = 0; i < sizeof(examples) / sizeof(*examples); i++) {
		a = examples[i].k1 / examples[i].n1;
		b = examples[i].k2 / examples[i].n2;
		check_interval(stats_difference(a, stats_share(a, examples[i].n1, z), b,
		                                stats_share(b, examples[i].n2, z)),
		               examples[i].low, examples[i].high);
	}
}

/* Twice the smaller tail, by counting the tables. */
static void test_shares(void **state)
{
	check(stats_shares_differ(3, 4, 1, 4), 2 * 17 / 70.0, 1e-12); /* the lady tasting tea */
	check(stats_shares_differ(10, 10, 0, 10), 2 / 184756.0, 1e-12);
	check(stats_shares_differ(8, 10, 2, 10), 2 * 2126 / 184756.0, 1e-12);
	check(stats_shares_differ(2, 10, 8, 10), 2 * 2126 / 184756.0, 1e-12);
	/* 6 of 10 against 6 of 100: 12 of 110, 10 drawn. */
	check(stats_shares_differ(6, 100, 6, 10), stats_shares_differ(6, 10, 6, 100), 1e-12);
	check(stats_shares_differ(4, 10, 94, 100), stats_shares_differ(6, 10, 6, 100), 1e-12);
	assert_true(stats_shares_differ(5, 10, 50, 100) == 1);
	assert_true(stats_shares_differ(0, 0, 5, 10) == 1);
	assert_true(stats_shares_differ(0, 10, 0, 10) == 1);
	assert_true(stats_shares_differ(10, 10, 20, 20) == 1);
	/* What is no whole number is never further from the middle. */
	assert_true(stats_shares_differ(9.4, 10, 0.6, 10) >= stats_shares_differ(9, 10, 1, 10));
	assert_true(stats_shares_differ(0.3, 5, 0, 1e6) == 1);
}

static void test_counts(void **state)
{
	check(stats_counts_differ(8, 2, 0.5), 2 * 56 / 1024.0, 1e-12);
	check(stats_counts_differ(2, 8, 0.5), 2 * 56 / 1024.0, 1e-12);
	check(stats_counts_differ(0, 12, 0.5), 2 / 4096.0, 1e-12);
	check(stats_counts_differ(5, 5, 0.1), 2 * 0.0016349374, 1e-7);
	assert_true(stats_counts_differ(5, 5, 0.5) == 1);
	assert_true(stats_counts_differ(0, 0, 0.5) == 1);
}

/* Where one way of counting ends and the other begins they say the same; far beyond they still say something. */
static void test_large(void **state)
{
	double n, p, sd;

	for (n = 3.9e6; n < 4.2e6; n += 1e5) {
		p = stats_counts_differ(n / 2 - 1.5 * sqrt(n), n / 2 + 1.5 * sqrt(n), 0.5);
		check(p, stats_student(3, INFINITY), 1e-2);
	}
	for (n = 1e7; n < 1e15; n *= 10) { /* without replacement, as with it, and neither */
		sd = sqrt(0.02 * 0.98 * 2 / n);
		p = stats_shares_differ(0.02 * n, n, (0.02 + 3 * sd) * n, n);
		check(p, stats_student(3, INFINITY), 0.1);
	}
	check(stats_shares_differ(3, 1e8, 20, 1e8), stats_counts_differ(3, 20, 0.5), 1e-4);
	check(stats_shares_differ(3, 1e12, 20, 1e12), stats_counts_differ(3, 20, 0.5), 1e-4);
	assert_true(stats_shares_differ(1e6, 1e9, 9e8, 1e9) == 0);
}

static void check_corrected(const struct stats_test *tests, const double *want, size_t cnt)
{
	size_t i;

	for (i = 0; i < cnt; i++)
		check(tests[i].corrected, want[i], 1e-12);
}

/* As p.adjust(..., "holm") of R where all weigh the same, and by hand where they do not. */
static void test_correct(void **state)
{
	struct stats_test same[] = {
		{ 0.01, 2, 0 }, { 0.04, 2, 0 }, { 0.03, 2, 0 }, { 0.005, 2, 0 }
	};
	struct stats_test other[] = { { 0.02, 0.5, 0 }, { 0.01, 0.3, 0 }, { 0.04, 0.2, 0 } };
	struct stats_test one[] = { { 0.5, 1, 0 }, { 1, 0, 0 } };

	assert_int_equal(stats_correct(same, 4), 0);
	check_corrected(same, (const double[]){ 0.03, 0.06, 0.06, 0.02 }, 4);
	assert_int_equal(stats_correct(other, 3), 0);
	check_corrected(other, (const double[]){ 0.1 / 3, 0.1 / 3, 0.04 }, 3);
	assert_int_equal(stats_correct(one, 2), 0);
	check_corrected(one, (const double[]){ 0.5, 1 }, 2);
	assert_int_equal(stats_correct(NULL, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_student),   cmocka_unit_test(test_quantile),
		cmocka_unit_test(test_intervals), cmocka_unit_test(test_shares),
		cmocka_unit_test(test_counts),    cmocka_unit_test(test_large),
		cmocka_unit_test(test_correct),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
