// SPDX-License-Identifier: Apache-2.0
// cflags: -D__TARGET_ARCH_x86
/*
 * Are the sums of sampled allocations those of all? 200 runs a class of sizes, each run's error in standard
 * deviations (z). Seeded: the same numbers in every run of the test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>

#include "chance.bpf.h"
#include "random.h"
#include "collect/alloc.h"
#include "collect/collect.h"

#define RUNS 200
#define KEPT 60 /* of a run, in the mean: with fewer, z is skewed */
#define RATE ((uint64_t)ALLOC_RATE_DEFAULT)

extern const struct kind kind_heap;

/* What the profile says of so many sampled blocks: objects and bytes. */
static void scaled(uint64_t size, int64_t cnt, int64_t *values)
{
	struct collect_options o = { .alloc_rate = RATE };
	struct sample_key key = { .tag = size };
	struct sample_value v = { .v = { cnt, 0 } };

	kind_heap.values(&v, values);
	kind_heap.scale(&o, &key, values);
}

static double run(uint64_t size)
{
	double p = -expm1(-(double)size / (double)RATE), sd;
	int64_t values[ABI_VALUES] = { 0 }, kept = 0, calls = (int64_t)(KEPT / p), i;

	for (i = 0; i < calls; i++)
		kept += next_random() < chance_of(size, RATE);
	scaled(size, kept, values);
	sd = sqrt((double)calls * (1 - p) / p);
	assert_true(fabs((double)values[1] - (double)values[0] * (double)size) <= (double)size);
	assert_int_equal(values[0], values[2]);
	assert_int_equal(values[1], values[3]);
	return ((double)values[0] - (double)calls) / sd;
}

/* Each run's z stays within 4, and so does that of all runs together, which sees a small bias. */
static void sums_are_unbiased(void **state)
{
	static const uint64_t sizes[] = { 16, 64, 256, 1024, 8192, 65536, 524288, 1048576 };
	double z, sum;
	size_t c;
	int i;

	seed = 88172645463325252ull;
	for (c = 0; c < sizeof(sizes) / sizeof(*sizes); c++) {
		for (i = 0, sum = 0; i < RUNS; i++) {
			z = run(sizes[c]);
			assert_true(fabs(z) < 4);
			sum += z;
		}
		assert_true(fabs(sum / sqrt(RUNS)) < 4);
	}
}

/* Against the C library, over all magnitudes: the nine squarings leave 4 in a million, and 2 in 2^32. */
static void chances_are_right(void **state)
{
	static const uint64_t rates[] = { 2, 1000, 4096, 524288, 1 << 30, 4294967295u };
	double want, got;
	uint64_t size;
	size_t r;

	for (r = 0; r < sizeof(rates) / sizeof(*rates); r++)
		for (size = 1; size < 1ull << 48; size += size / 7 + 1) {
			want = -expm1(-(double)size / (double)rates[r]);
			got = (double)chance_of(size, rates[r]) / (double)CHANCE_ONE;
			assert_true(got <= 1);
			assert_true(fabs(got - want) <= want * 5e-6 + 2.0 / (double)CHANCE_ONE);
		}
}

static void extremes(void **state)
{
	assert_true(chance_of(1, 1) == CHANCE_ONE);
	assert_true(chance_of(~0ull, 524288) == CHANCE_ONE);
	assert_true(chance_of(~0ull, 4294967295u) == CHANCE_ONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_are_unbiased),
		cmocka_unit_test(chances_are_right),
		cmocka_unit_test(extremes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
