// SPDX-License-Identifier: Apache-2.0
/* Exact sums divided among samples: nothing is rounded away, and what has no sample is not left out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "session/exact.h"

static struct sample_key key(uint32_t tgid, uint16_t reason)
{
	struct sample_key k = {
		.kind = KIND_growth, .tgid = tgid, .reason = reason, .start = 5, .exec_id = 2
	};

	return k;
}

static void sum(struct exact *x, struct sample_key k, int64_t faults, int64_t bytes)
{
	int64_t values[ABI_VALUES] = { faults, bytes };

	assert_int_equal(exact_add_total(x, &k, values), 0);
}

static void sample(struct exact *x, struct sample_key k, int64_t faults, int64_t bytes)
{
	int64_t values[ABI_VALUES] = { faults, bytes };

	assert_int_equal(exact_add_sample(x, &k, values), 0);
}

static void test_sums_are_exact(void **state)
{
	int64_t said[300][2], values[ABI_VALUES], faults, bytes, all;
	struct exact x;
	int round, i, n;

	srand(7);
	for (round = 0; round < 200; round++) {
		exact_init(&x);
		n = 1 + rand() % 300;
		all = 4096ll * rand();
		sum(&x, key(1, 0), 1000003 * (round + 1), all);
		for (i = 0; i < n; i++) {
			said[i][0] = 1 + rand() % 100;
			said[i][1] = said[i][0] * 4096;
			sample(&x, key(1, 0), said[i][0], said[i][1]);
		}
		for (i = 0, faults = bytes = 0; i < n; i++) {
			values[0] = said[i][0];
			values[1] = said[i][1];
			values[2] = values[3] = 0;
			exact_divide(&x,
			             &(struct sample_key){ .kind = KIND_growth,
			                                   .tgid = 1,
			                                   .start = 5,
			                                   .exec_id = 2,
			                                   .user = (uint64_t)i },
			             values);
			faults += values[0];
			bytes += values[1];
			sample(&x, key(2, 0), 1, 1); /* another's changes nothing */
		}
		assert_int_equal(faults, 1000003 * (round + 1));
		assert_int_equal(bytes, all);
		exact_release(&x);
	}
}

/* Shares are the samples'; another process, program or reason has sums of its own. */
static void test_shares(void **state)
{
	int64_t values[ABI_VALUES] = { 3, 300 };
	struct sample_key k = key(1, 1), other = key(1, 1);
	struct exact x;

	exact_init(&x);
	sum(&x, k, 40, 8000);
	sum(&x, key(1, 3), 7, 7);
	sample(&x, k, 3, 300);
	sample(&x, k, 1, 100);
	exact_divide(&x, &k, values);
	assert_int_equal(values[0], 30);
	assert_int_equal(values[1], 6000);
	other.exec_id++;
	values[0] = 5;
	values[1] = 500;
	exact_divide(&x, &other, values);
	assert_int_equal(values[0], 5);
	assert_int_equal(values[1], 500);
	/* Those whose sum was not told stay as they are. */
	sample(&x, other, 5, 500);
	exact_divide(&x, &other, values);
	assert_int_equal(values[1], 500);
	exact_release(&x);
}

static void test_rest(void **state)
{
	int64_t values[ABI_VALUES];
	struct sample_key k;
	struct exact x;
	size_t at = 0;

	exact_init(&x);
	sum(&x, key(1, 1), 40, 8000);
	sum(&x, key(1, 3), 7, 700);
	sum(&x, key(1, 3), 2, 200);
	sample(&x, key(1, 1), 1, 1);
	sample(&x, key(9, 0), 1, 1);
	assert_true(exact_rest(&x, &at, &k, values));
	assert_int_equal(k.tgid, 1);
	assert_int_equal(k.start, 5);
	assert_int_equal(k.exec_id, 2);
	assert_int_equal(k.reason, 3);
	assert_int_equal(k.kind, KIND_growth);
	assert_int_equal(values[0], 9);
	assert_int_equal(values[1], 900);
	assert_false(exact_rest(&x, &at, &k, values));
	exact_release(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums_are_exact),
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
