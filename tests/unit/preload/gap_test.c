// SPDX-License-Identifier: Apache-2.0
/* The gaps between samples: their distribution against libm's, and that no two threads draw the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#include "preload/gap.c"

#define DRAWS 200000
#define RATE  524288.0

const struct preload_settings preload_settings = { .rate = 524288, .seed = 7 };

struct next next;
static int resolved;

void next_resolve(void)
{
	resolved++;
	next.malloc = malloc;
}

static void test_logarithm(void **state)
{
	uint64_t u, i;

	for (i = 0; i < DRAWS; i++) {
		u = mix(i + 1) >> i % 60;
		assert_true(fabs((double)minus_ln(u ? u : 1) / (double)ONE +
		                 log(ldexp((double)(u ? u : 1), -64))) < 2e-8);
	}
	assert_true(minus_ln(~0ull) < 8);
	assert_true(minus_ln(0) > 43 * ONE);
}

/* Errors in standard deviations of what is counted. */
static void test_distribution(void **state)
{
	static const double parts[] = { 0.001, 0.1, 1, 3 };
	int below[4] = { 0 }, i, k;
	struct sampler s = { .random = 1 };
	double sum = 0, p, z;

	for (i = 0; i < DRAWS; i++) {
		uint64_t g = gap(&s);

		assert_true(g >= 1);
		sum += (double)g;
		for (k = 0; k < 4; k++)
			below[k] += g <= (uint64_t)(parts[k] * RATE);
	}
	assert_true(fabs(sum / DRAWS / RATE - 1) < 4.5 / sqrt(DRAWS));
	for (k = 0; k < 4; k++) {
		p = -expm1(-floor(parts[k] * RATE) / RATE);
		z = (below[k] - DRAWS * p) / sqrt(DRAWS * p * (1 - p));
		assert_true(fabs(z) < 4.5);
	}
}

static void *first_gap(void *to)
{
	sampler_draw(0);
	*(uint64_t *)to = sampler.left;
	return NULL;
}

/* Threads that come one after the other, at the same address; and a process that was forked. */
static void test_threads_differ(void **state)
{
	uint64_t gaps[64];
	pthread_t thread;
	int i, k;

	for (i = 0; i < 63; i++) {
		assert_int_equal(pthread_create(&thread, NULL, first_gap, &gaps[i]), 0);
		pthread_join(thread, NULL);
	}
	first_gap(&gaps[63]);
	for (i = 0; i < 64; i++)
		for (k = 0; k < i; k++)
			assert_int_not_equal(gaps[i], gaps[k]);
	sampler_restart();
	assert_int_equal(sampler.left, 0);
	first_gap(&gaps[0]);
	assert_int_not_equal(gaps[0], gaps[63]);
}

static void test_countdown(void **state)
{
	uint64_t left;

	sampler_restart();
	next.malloc = NULL;
	resolved = 0;
	assert_false(sampler_takes(0));
	assert_int_equal(resolved, 1);
	left = sampler.left;
	assert_true(left);
	assert_false(sampler_takes(left - 1));
	assert_int_equal(sampler.left, 1);
	assert_true(sampler_takes(1));
	assert_true(sampler.left);
	assert_true(sampler_takes(SIZE_MAX));
	assert_int_equal(resolved, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_logarithm),
		cmocka_unit_test(test_distribution),
		cmocka_unit_test(test_threads_differ),
		cmocka_unit_test(test_countdown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
