// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "session/backlog.h"

static void take(struct backlog *b, uint64_t want, size_t size)
{
	struct backlog_item *item = backlog_take(b);

	assert_non_null(item);
	assert_int_equal(item->size, size);
	assert_int_equal(*(uint64_t *)item->bytes, want);
	free(item);
}

static void add(struct backlog *b, uint64_t value, size_t size)
{
	uint64_t record[16] = { value };

	assert_int_equal(backlog_add(b, record, size), 0);
}

static void test_order(void **state)
{
	struct backlog b;

	backlog_init(&b, 1000);
	assert_null(backlog_take(&b));
	add(&b, 1, 8);
	add(&b, 2, 128);
	take(&b, 1, 8);
	add(&b, 3, 16);
	take(&b, 2, 128);
	take(&b, 3, 16);
	assert_null(backlog_take(&b));
	/* Empty once more: what comes next is found all the same. */
	add(&b, 4, 8);
	take(&b, 4, 8);
	assert_int_equal(b.bytes, 0);
	backlog_release(&b);
}

static void test_full(void **state)
{
	struct backlog b;

	backlog_init(&b, 100);
	add(&b, 1, 96);
	assert_false(backlog_full(&b));
	add(&b, 2, 96);
	assert_true(backlog_full(&b));
	take(&b, 1, 96);
	assert_false(backlog_full(&b));
	backlog_release(&b);
	assert_null(backlog_take(&b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
