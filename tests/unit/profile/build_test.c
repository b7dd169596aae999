// SPDX-License-Identifier: Apache-2.0
/* What is equal exists once; mappings stay disjoint. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "profile/profile.h"

static int setup(void **state)
{
	*state = profile_new();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	profile_free(*state);
	return 0;
}

static void test_free_null(void **state)
{
	profile_free(NULL);
}

static void test_strings(void **state)
{
	struct profile *p = *state;
	uint32_t a = profile_string(p, "main");

	assert_int_equal(profile_string(p, ""), 0);
	assert_int_equal(profile_string(p, NULL), 0);
	assert_int_not_equal(a, 0);
	assert_int_equal(profile_string(p, "main"), a);
	assert_int_equal(profile_string_n(p, "main()", 4), a);
	assert_int_not_equal(profile_string(p, "mai"), a);
	assert_string_equal(profile_text(p, a), "main");
	assert_string_equal(profile_text(p, 12345), "");
	assert_false(p->failed);
}

static void test_functions(void **state)
{
	struct profile *p = *state;
	uint32_t a = profile_add_function(p, "f", "_Zf", "/f.c", 3);

	assert_int_equal(a, 1);
	assert_int_equal(profile_add_function(p, "f", "_Zf", "/f.c", 3), a);
	assert_int_equal(profile_add_function(p, "f", "_Zf", "/f.c", 4), 2);
	assert_int_equal(profile_add_function(p, "f", "_Zf", "/g.c", 3), 3);
	assert_int_equal(profile_add_function(p, "f", "f", "/f.c", 3), 4);
	assert_int_equal(profile_add_function(p, "g", "_Zf", "/f.c", 3), 5);
	assert_string_equal(profile_text(p, profile_function(p, a)->system_name), "_Zf");
	assert_null(profile_function(p, 0));
	assert_null(profile_function(p, 6));
}

static void test_locations(void **state)
{
	struct profile *p = *state;
	struct profile_line lines[2] = { { .function = 1, .line = 7 },
		                         { .function = 2, .line = 8 } };
	uint32_t a = profile_add_location(p, 1, 0x1000);

	assert_int_equal(a, 1);
	assert_int_equal(profile_add_location(p, 1, 0x1001), 2);
	assert_int_equal(profile_add_location(p, 2, 0x1000), 3);
	profile_set_lines(p, a, lines, 2);
	assert_int_equal(profile_add_location(p, 1, 0x1000), a);
	assert_int_equal(profile_location(p, a)->line_cnt, 2);
	assert_int_equal(p->lines[profile_location(p, a)->line_first + 1].line, 8);
	profile_set_lines(p, a, lines + 1, 1);
	assert_int_equal(profile_location(p, a)->line_cnt, 1);
	assert_int_equal(p->lines[profile_location(p, a)->line_first].line, 8);
	profile_set_lines(p, a, NULL, 0);
	assert_int_equal(profile_location(p, a)->line_cnt, 0);
	profile_set_lines(p, 99, lines, 1);
	assert_null(profile_location(p, 0));
	assert_null(profile_location(p, 4));
}

static void test_named_locations(void **state)
{
	struct profile *p = *state;
	struct profile_line l = { .function = 1, .line = 7 }, m = { .function = 1, .line = 8 };
	uint32_t a = profile_add_named_location(p, 1, 0, false, &l, 1);

	assert_int_equal(profile_add_named_location(p, 1, 0, false, &l, 1), a);
	assert_int_not_equal(profile_add_named_location(p, 1, 0, false, &m, 1), a);
	assert_int_not_equal(profile_add_named_location(p, 1, 0, true, &l, 1), a);
	assert_int_not_equal(profile_add_named_location(p, 1, 1, false, &l, 1), a);
	assert_int_not_equal(profile_add_location(p, 1, 0), a);
	assert_int_equal(profile_add_named_location(p, 1, 0, false, NULL, 0),
	                 profile_add_location(p, 1, 0));
	assert_int_equal(p->lines[profile_location(p, a)->line_first].line, 7);
}

/* Two different lines under one key: the second gets the next. */
static void test_named_location_collision(void **state)
{
	struct profile *p = *state;
	struct profile_line l = { .function = 1, .line = 7 }, m = { .function = 1, .line = 8 };
	uint32_t a = profile_add_named_location(p, 1, 0, false, &l, 1), b;

	p->lines[profile_location(p, a)->line_first] = m;
	b = profile_add_named_location(p, 1, 0, false, &l, 1);
	assert_int_not_equal(a, b);
	assert_int_equal(profile_location(p, b)->lines_key, profile_location(p, a)->lines_key + 1);
	assert_int_equal(profile_add_named_location(p, 1, 0, false, &l, 1), b);
}

static void test_kernel_location(void **state)
{
	struct profile *p = *state;
	uint32_t user = profile_add_location(p, 1, 0x7fffffffffffffff);
	uint32_t kernel = profile_add_location(p, 1, 0x8000000000000000);

	assert_false(profile_location_is_kernel(profile_location(p, user)));
	assert_true(profile_location_is_kernel(profile_location(p, kernel)));
}

static void test_header(void **state)
{
	struct profile *p = *state;

	profile_add_type(p, "samples", "count");
	profile_add_type(p, "cpu", "nanoseconds");
	profile_set_period(p, "cpu", "nanoseconds", 10);
	profile_add_comment(p, "one");
	profile_add_comment(p, "one");
	assert_int_equal(p->type_cnt, 2);
	assert_string_equal(profile_text(p, p->types[1].unit), "nanoseconds");
	assert_int_equal(p->period_type.type, p->types[1].type);
	assert_int_equal(p->period, 10);
	assert_int_equal(p->comment_cnt, 2);
}

/* A type that comes late would leave samples without a value. */
static void test_late_type(void **state)
{
	struct profile *p = *state;
	int64_t one = 1;

	profile_add_type(p, "samples", "count");
	profile_add_sample(p, NULL, 0, NULL, 0, &one);
	assert_false(p->failed);
	profile_add_type(p, "cpu", "nanoseconds");
	assert_true(p->failed);
}

static struct profile_mapping place(struct profile *p, uint64_t start, uint64_t limit)
{
	struct profile_mapping m = { .start = start, .limit = limit, .offset = 0x1000 };
	uint32_t id = profile_place_mapping(p, &m);

	assert_false(p->failed);
	assert_non_null(profile_mapping(p, id));
	assert_int_equal(profile_mapping(p, id)->limit - profile_mapping(p, id)->start,
	                 limit - start);
	assert_int_equal(profile_mapping(p, id)->offset, 0x1000);
	return *profile_mapping(p, id);
}

static void test_place_free(void **state)
{
	assert_int_equal(place(*state, 0x401000, 0x403000).start, 0x401000);
	assert_int_equal(place(*state, 0x403000, 0x404000).start, 0x403000);
	assert_int_equal(place(*state, 0x400000, 0x401000).start, 0x400000);
	assert_null(profile_mapping(*state, 0));
	assert_null(profile_mapping(*state, 4));
}

static void test_place_overlap(void **state)
{
	place(*state, 0x401000, 0x403000);
	assert_int_equal(place(*state, 0x401000, 0x403000).start, 0x600000000000);
	assert_int_equal(place(*state, 0x402fff, 0x800000).start, 0x600000200000);
	assert_int_equal(place(*state, 0x400000, 0x401001).start, 0x600000600000);
	assert_null(profile_check_capture(*state, true));
}

/* A real mapping in the range for moved ones is gone around. */
static void test_place_around(void **state)
{
	place(*state, 0x600000100000, 0x600000300000);
	place(*state, 0x401000, 0x601000);
	assert_int_equal(place(*state, 0x401000, 0x601000).start, 0x600000400000);
	assert_null(profile_check_capture(*state, true));
}

static void test_place_kernel(void **state)
{
	struct profile *p = *state;

	place(p, 0xffffffff81000000, 0xffffffff82000000);
	assert_int_equal(place(p, 0xffffffff81800000, 0xffffffff83000000).start,
	                 0x8000600000000000);
	assert_int_equal(place(p, 0xffffffff81800000, 0xffffffff83000000).start,
	                 0x8000600001800000);
	place(p, 0x401000, 0x402000);
	assert_int_equal(place(p, 0x401000, 0x402000).start, 0x600000000000);
	assert_null(profile_check_capture(p, true));
}

static void test_place_empty(void **state)
{
	assert_int_equal(place(*state, 0, 0).start, 0);
	assert_int_equal(place(*state, 0, 0).start, 0);
	assert_int_equal(place(*state, 0x1000, 0x2000).start, 0x1000);
}

static void test_place_no_room(void **state)
{
	struct profile *p = *state;
	struct profile_mapping all = { .start = 0, .limit = 1ull << 63 };

	assert_int_equal(profile_place_mapping(p, &all), 1);
	assert_int_equal(profile_place_mapping(p, &all), 0);
	assert_true(p->failed);
}

static void test_place_many(void **state)
{
	struct profile *p = *state;
	struct profile_mapping m;
	uint64_t seed = 42;
	int i;

	for (i = 0; i < 2000; i++) {
		seed = seed * 6364136223846793005ull + 1442695040888963407ull;
		m = (struct profile_mapping){ .start = (seed >> 33 & 0xfff) << 12 };
		m.start += seed & 1 << 20 ? 0xffffffff80000000 : 0;
		m.limit = m.start + ((seed >> 50 & 0x3f) + 1) * 4096;
		assert_int_not_equal(profile_place_mapping(p, &m), 0);
	}
	assert_null(profile_check_capture(p, true));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_free_null),
		cmocka_unit_test_setup_teardown(test_strings, setup, teardown),
		cmocka_unit_test_setup_teardown(test_functions, setup, teardown),
		cmocka_unit_test_setup_teardown(test_locations, setup, teardown),
		cmocka_unit_test_setup_teardown(test_named_locations, setup, teardown),
		cmocka_unit_test_setup_teardown(test_named_location_collision, setup, teardown),
		cmocka_unit_test_setup_teardown(test_kernel_location, setup, teardown),
		cmocka_unit_test_setup_teardown(test_header, setup, teardown),
		cmocka_unit_test_setup_teardown(test_late_type, setup, teardown),
		cmocka_unit_test_setup_teardown(test_place_free, setup, teardown),
		cmocka_unit_test_setup_teardown(test_place_overlap, setup, teardown),
		cmocka_unit_test_setup_teardown(test_place_around, setup, teardown),
		cmocka_unit_test_setup_teardown(test_place_kernel, setup, teardown),
		cmocka_unit_test_setup_teardown(test_place_empty, setup, teardown),
		cmocka_unit_test_setup_teardown(test_place_no_room, setup, teardown),
		cmocka_unit_test_setup_teardown(test_place_many, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
