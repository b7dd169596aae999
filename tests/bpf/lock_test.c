// SPDX-License-Identifier: Apache-2.0
// cflags: -D__TARGET_ARCH_x86 -pthread
/*
 * Is what releases are charged with the time that all waiters have waited? Against sums that are kept
 * waiter by waiter: one after another, and by threads that begin, end and charge at the same time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>

#include "shim.h"

#include "lock.h"

#define TICK (1ull << LOCK_TICK)
/* A machine that is up for half a year. */
#define NOW 15000000000000000ull

/* Three wait since 0, 100 and 250 ticks; releases at 300 and 400. */
static void known(void **state)
{
	struct lock l = { 0 };

	lock_start(&l, NOW);
	lock_start(&l, NOW + 100 * TICK);
	lock_start(&l, NOW + 250 * TICK);
	assert_true(lock_is_waited_for(&l));
	lock_end(&l, NOW + 300 * TICK);
	assert_int_equal(lock_charge(&l, NOW + 300 * TICK), (300 + 200 + 50) * TICK);
	lock_end(&l, NOW + 400 * TICK);
	assert_int_equal(lock_charge(&l, NOW + 400 * TICK), 200 * TICK);
	/* The last one gives up: the next release is charged with it. */
	lock_end(&l, NOW + 450 * TICK);
	assert_false(lock_is_waited_for(&l));
	assert_int_equal(lock_charge(&l, NOW + 900 * TICK), 50 * TICK);
	assert_int_equal(lock_charge(&l, NOW + 900 * TICK), 0);
}

/* As many as there may be, for a day. */
static void most(void **state)
{
	uint64_t day = 86400000000000ull, i;
	struct lock l = { 0 };

	for (i = 0; i < 120; i++)
		lock_start(&l, NOW);
	assert_int_equal(lock_charge(&l, NOW + day), day / TICK * 120 * TICK);
	for (; i < ABI_LOCK_WAITS; i++)
		lock_start(&l, NOW + day);
	assert_true(lock_is_waited_for(&l));
	assert_int_equal(lock_charge(&l, NOW + day + 1000 * TICK), 1000ull * ABI_LOCK_WAITS * TICK);
	while (i--)
		lock_end(&l, NOW + day + 1000 * TICK);
	assert_false(lock_is_waited_for(&l));
	assert_int_equal(lock_charge(&l, NOW + 2 * day), 0);
}

#define THREADS 4
#define WAITS   200000

static struct lock shared;
static _Atomic uint64_t now_ns, waited_ticks, charged;

/* Each wait is of some ticks of a clock that all move; some end without a release. */
static void *wait_often(void *arg)
{
	uint64_t seed = (uintptr_t)arg * 0x9e3779b97f4a7c15ull + 1, start, end;
	int i;

	for (i = 0; i < WAITS; i++) {
		seed = seed * 6364136223846793005ull + 1442695040888963407ull;
		start = atomic_fetch_add(&now_ns, seed >> 54);
		lock_start(&shared, start);
		end = atomic_fetch_add(&now_ns, seed >> 52);
		end = end > start ? end : start;
		lock_end(&shared, end);
		waited_ticks += (end >> LOCK_TICK) - (start >> LOCK_TICK);
		if (seed >> 62)
			charged += lock_charge(&shared, now_ns);
	}
	return NULL;
}

static void at_once(void **state)
{
	pthread_t threads[THREADS];
	uint64_t start;
	uintptr_t i;

	now_ns = NOW;
	for (i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, wait_often, (void *)(i + 1));
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_false(lock_is_waited_for(&shared));
	/* A long wait alone: what two were charged with at the same moment is taken off by now. */
	start = now_ns;
	lock_start(&shared, start);
	lock_end(&shared, start + 1000000000 * TICK);
	waited_ticks += 1000000000;
	charged += lock_charge(&shared, start + 1000000000 * TICK);
	assert_int_equal(charged, waited_ticks * TICK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known),
		cmocka_unit_test(most),
		cmocka_unit_test(at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
