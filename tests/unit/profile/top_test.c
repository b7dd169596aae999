// SPDX-License-Identifier: Apache-2.0
/* Flat and cumulative weights, counted once a sample. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#include "../../consumers/profiles.h"

static void check_row(const struct profile *p, const struct profile_top_row *row, const char *name,
                      int64_t flat, int64_t cum)
{
	assert_string_equal(profile_text(p, row->name), name);
	assert_int_equal(row->flat, flat);
	assert_int_equal(row->cum, cum);
}

static void test_cpu(void **state)
{
	struct profile *p = test_cpu_profile("/src/work.c", 1);
	struct profile_top_row *rows;
	size_t cnt;

	assert_int_equal(profile_top(p, 0, &rows, &cnt), 0);
	assert_int_equal(cnt, 6);
	check_row(p, &rows[0], "step", 80, 95);
	check_row(p, &rows[1], "memcpy", 9, 9);
	check_row(p, &rows[2], "do_syscall_64", 6, 6);
	check_row(p, &rows[3], "loop", 5, 5);
	check_row(p, &rows[4], "main", 0, 95);
	check_row(p, &rows[5], "work", 0, 95);
	free(rows);
	profile_free(p);
}

/* A function that calls itself is there once; so are two functions of one name. */
static void test_recursion(void **state)
{
	struct profile *p = profile_new();
	uint32_t stack[4];
	struct profile_top_row *rows;
	int64_t value = 7;
	size_t cnt;

	profile_add_type(p, "samples", "count");
	stack[0] = test_frame(p, 0, 1, "f", "f", "/a.c", 10);
	stack[1] = test_frame(p, 0, 2, "f", "f", "/b.c", 10);
	stack[2] = test_frame(p, 0, 1, "f", "f", "/a.c", 10);
	stack[3] = test_frame(p, 0, 3, "g", "g", "/a.c", 10);
	profile_add_sample(p, stack, 4, NULL, 0, &value);
	assert_int_equal(profile_top(p, 0, &rows, &cnt), 0);
	assert_int_equal(cnt, 2);
	check_row(p, &rows[0], "f", 7, 7);
	check_row(p, &rows[1], "g", 0, 7);
	free(rows);
	profile_free(p);
}

static void test_nameless_and_negative(void **state)
{
	struct profile *p = profile_new();
	struct profile_top_row *rows;
	int64_t value = -9;
	uint32_t stack;
	size_t cnt;

	profile_add_type(p, "samples", "count");
	stack = profile_add_location(p, test_mapping(p, "/lib/x.so", "", 0x1000, 0x1000, 0),
	                             0x1010);
	profile_add_sample(p, &stack, 1, NULL, 0, &value);
	stack = profile_add_location(p, 0, 0x1010);
	value = 5;
	profile_add_sample(p, &stack, 1, NULL, 0, &value);
	profile_add_sample(p, NULL, 0, NULL, 0, &value);
	assert_int_equal(profile_top(p, 0, &rows, &cnt), 0);
	assert_int_equal(cnt, 2);
	check_row(p, &rows[0], "/lib/x.so", -9, -9);
	check_row(p, &rows[1], "", 5, 5);
	free(rows);
	profile_free(p);
}

/* Who ended a wait has no part in it. */
static void test_waker(void **state)
{
	struct profile *p = profile_new();
	struct profile_top_row *rows;
	int64_t value = 7;
	uint32_t stack[4];
	size_t cnt;

	profile_add_type(p, "delay", "nanoseconds");
	stack[0] = test_frame(p, 0, 1, "waker", "waker", "", 0);
	stack[1] = test_frame(p, 0, 2, PROFILE_SEPARATOR, PROFILE_SEPARATOR, "", 0);
	stack[2] = test_frame(p, 0, 3, "wait", "wait", "", 0);
	stack[3] = test_frame(p, 0, 4, "main", "main", "", 0);
	profile_add_sample(p, stack, 4, NULL, 0, &value);
	profile_add_sample(p, stack, 2, NULL, 0, &value);
	assert_int_equal(profile_top(p, 0, &rows, &cnt), 0);
	assert_int_equal(cnt, 2);
	check_row(p, &rows[0], "wait", 7, 7);
	check_row(p, &rows[1], "main", 0, 7);
	free(rows);
	profile_free(p);
}

static void test_no_such_value(void **state)
{
	struct profile *p = profile_new();
	struct profile_top_row *rows;
	size_t cnt;

	assert_int_equal(profile_top(p, 0, &rows, &cnt), -EINVAL);
	profile_add_type(p, "samples", "count");
	assert_int_equal(profile_top(p, 0, &rows, &cnt), 0);
	assert_int_equal(cnt, 0);
	free(rows);
	profile_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cpu),
		cmocka_unit_test(test_recursion),
		cmocka_unit_test(test_nameless_and_negative),
		cmocka_unit_test(test_waker),
		cmocka_unit_test(test_no_such_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
