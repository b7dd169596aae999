// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <string.h>

#include "preload/blocks.c"

#define THREADS 4
#define EACH    4000
#define ROUNDS  50

static int reset(void **state)
{
	memset(blocks_filter, 0, sizeof(blocks_filter));
	memset(buckets, 0, sizeof(buckets));
	return 0;
}

static void *at(uintptr_t n)
{
	return (void *)(0x7f0000000000 + n * 4096);
}

static size_t filter_sum(void)
{
	size_t sum = 0, i;

	for (i = 0; i < sizeof(blocks_filter); i++)
		sum += blocks_filter[i];
	return sum;
}

static void test_in_and_out(void **state)
{
	assert_false(blocks_perhaps(at(1)));
	blocks_add(at(1));
	assert_true(blocks_perhaps(at(1)));
	assert_false(blocks_remove(NULL));
	assert_false(blocks_remove(at(2)));
	assert_true(blocks_remove(at(1)));
	assert_false(blocks_perhaps(at(1)));
	assert_false(blocks_remove(at(1)));
}

/* A free that nobody saw: the address comes again. */
static void test_twice(void **state)
{
	blocks_add(at(1));
	blocks_add(at(1));
	assert_int_equal(filter_sum(), 1);
	assert_true(blocks_remove(at(1)));
	assert_int_equal(filter_sum(), 0);
}

/* More than there is room for: none of them is ever denied. */
static void test_overflow(void **state)
{
	uintptr_t i, cnt = 4 * (1 << BUCKET_BITS) * BUCKET;

	for (i = 0; i < cnt; i++)
		blocks_add(at(i));
	for (i = 0; i < cnt; i++)
		assert_true(blocks_perhaps(at(i)) && blocks_remove(at(i)));
}

/* Each thread frees what another one has added. */
static void *work(void *arg)
{
	uintptr_t first = (uintptr_t)arg * EACH, i, round, missing = 0;

	for (round = 0; round < ROUNDS; round++) {
		for (i = 0; i < EACH; i++)
			blocks_add(at(first + i));
		for (i = 0; i < EACH; i++)
			missing += !blocks_remove(at(first + i));
	}
	return (void *)missing;
}

static void test_threads(void **state)
{
	pthread_t threads[THREADS];
	void *missing;
	uintptr_t i;

	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work, (void *)i), 0);
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &missing);
		assert_null(missing);
	}
	for (i = 0; i < sizeof(blocks_filter); i++)
		assert_true(!blocks_filter[i] || blocks_filter[i] == FILTER_FULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_in_and_out, reset),
		cmocka_unit_test_setup(test_twice, reset),
		cmocka_unit_test_setup(test_overflow, reset),
		cmocka_unit_test_setup(test_threads, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
