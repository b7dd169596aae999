// SPDX-License-Identifier: Apache-2.0
/* Each rule is broken once, in a profile that is valid before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "../../consumers/profiles.h"

struct broken {
	const char *answer;
	void (*break_it)(struct profile *p);
};

static struct profile_location *location(struct profile *p, size_t i)
{
	return table_at(&p->locations, i);
}

static struct profile_function *function(struct profile *p, size_t i)
{
	return table_at(&p->functions, i);
}

static void incomplete(struct profile *p)
{
	p->failed = true;
}

static void bad_string_0(struct profile *p)
{
	free(p->strings.items[0]);
	p->strings.items[0] = strdup("x");
}

static void bad_type(struct profile *p)
{
	p->types[1].unit = 9999;
}

static void bad_comment(struct profile *p)
{
	p->comments[1] = 9999;
}

static void bad_default_string(struct profile *p)
{
	p->default_type = 9999;
}

static void bad_drop(struct profile *p)
{
	p->drop_frames = 9999;
}

static void bad_keep(struct profile *p)
{
	p->keep_frames = 9999;
}

static void bad_period(struct profile *p)
{
	p->period_type.unit = 9999;
}

static void bad_mapping_file(struct profile *p)
{
	p->mappings[0].file = 9999;
}

static void bad_mapping_build_id(struct profile *p)
{
	p->mappings[1].build_id = 9999;
}

static void bad_function_name(struct profile *p)
{
	function(p, 0)->name = 9999;
}

static void bad_function_file(struct profile *p)
{
	function(p, 1)->filename = 9999;
}

static void no_mapping(struct profile *p)
{
	location(p, 2)->mapping = (uint32_t)p->mapping_cnt + 1;
}

static void bad_lines(struct profile *p)
{
	location(p, 2)->line_cnt = p->line_cnt + 1;
}

static void no_function(struct profile *p)
{
	p->lines[0].function = (uint32_t)p->functions.cnt + 1;
}

static void function_0(struct profile *p)
{
	p->lines[0].function = 0;
}

static void no_types(struct profile *p)
{
	p->type_cnt = 0;
}

static void few_values(struct profile *p)
{
	p->value_cnt--;
}

static void bad_stack(struct profile *p)
{
	p->samples[0].stack_cnt = p->stack_cnt + 1;
}

static void bad_labels(struct profile *p)
{
	p->samples[0].label_first = p->label_cnt;
}

static void no_location(struct profile *p)
{
	p->stacks[0] = (uint32_t)p->locations.cnt + 1;
}

static void location_0(struct profile *p)
{
	p->stacks[0] = 0;
}

static void bad_label_string(struct profile *p)
{
	p->labels[0].key = 9999;
}

static void bad_default(struct profile *p)
{
	p->default_type = profile_string(p, "heap");
}

static void no_key(struct profile *p)
{
	p->labels[0].key = 0;
}

static void reserved_key(struct profile *p)
{
	p->labels[0].key = profile_string(p, "pprof::base");
}

static void text_and_number(struct profile *p)
{
	p->labels[0].num = 4;
}

/* cpu = 0 without a unit is not seen by any reader. */
static void lost_zero(struct profile *p)
{
	p->labels[1].num = 0;
	p->labels[1].unit = 0;
}

static void key_twice(struct profile *p)
{
	p->labels[2].key = p->labels[1].key;
}

static const struct broken broken[] = {
	{ "it is incomplete: memory was out while it was built", incomplete },
	{ "string 0 is not empty", bad_string_0 },
	{ "a sample type names a string that does not exist", bad_type },
	{ "a comment names a string that does not exist", bad_comment },
	{ "the header names a string that does not exist", bad_default_string },
	{ "the header names a string that does not exist", bad_drop },
	{ "the header names a string that does not exist", bad_keep },
	{ "the header names a string that does not exist", bad_period },
	{ "a mapping names a string that does not exist", bad_mapping_file },
	{ "a mapping names a string that does not exist", bad_mapping_build_id },
	{ "a function names a string that does not exist", bad_function_name },
	{ "a function names a string that does not exist", bad_function_file },
	{ "a location names a mapping that does not exist", no_mapping },
	{ "a location has lines that do not exist", bad_lines },
	{ "a line names a function that does not exist", no_function },
	{ "a line names a function that does not exist", function_0 },
	{ "it has samples and no sample types", no_types },
	{ "a sample has fewer values than there are sample types", few_values },
	{ "a sample has frames that do not exist", bad_stack },
	{ "a sample has labels that do not exist", bad_labels },
	{ "a sample names a location that does not exist", no_location },
	{ "a sample names a location that does not exist", location_0 },
	{ "a label names a string that does not exist", bad_label_string },
	{ "the default sample type is not one of the sample types", bad_default },
	{ "a label has no key", no_key },
	{ "a label's key is reserved", reserved_key },
	{ "a label is a text and a number", text_and_number },
	{ "a label is empty, or 0 without a unit: readers lose it", lost_zero },
	{ "a sample has two labels with one key", key_twice },
};

static void test_rules(void **state)
{
	struct profile *p;
	size_t i;

	for (i = 0; i < sizeof(broken) / sizeof(*broken); i++) {
		p = test_cpu_profile("/src/work.c", 1);
		assert_non_null(p);
		assert_null(profile_check(p));
		broken[i].break_it(p);
		assert_non_null(profile_check(p));
		assert_string_equal(profile_check(p), broken[i].answer);
		profile_free(p);
	}
}

static void overlap(struct profile *p)
{
	p->mappings[3].start = p->mappings[0].limit - 1;
}

static void inside(struct profile *p)
{
	p->mappings[0].limit = 1ull << 62; /* all others of the user half */
}

static void backwards(struct profile *p)
{
	p->mappings[3].limit = p->mappings[3].start - 1;
}

static void nowhere(struct profile *p)
{
	location(p, 1)->mapping = 0;
}

static void outside(struct profile *p)
{
	location(p, 1)->address = p->mappings[location(p, 1)->mapping - 1].limit;
}

static void no_line(struct profile *p)
{
	location(p, 1)->line_cnt = 0;
}

static void no_name(struct profile *p)
{
	function(p, 1)->name = 0;
}

static const struct broken captures[] = {
	{ "two mappings overlap", overlap },
	{ "two mappings overlap", inside },
	{ "a mapping ends before it starts", backwards },
	{ "a location has no mapping", nowhere },
	{ "a location lies outside its mapping", outside },
	{ "a location has no line", no_line },
	{ "a function has no name", no_name },
	{ "a label has no key", no_key },
};

static void test_capture_rules(void **state)
{
	struct profile *p;
	size_t i;

	for (i = 0; i < sizeof(captures) / sizeof(*captures); i++) {
		p = test_cpu_profile("/src/work.c", 1);
		assert_non_null(p);
		assert_null(profile_check_capture(p, true));
		captures[i].break_it(p);
		assert_non_null(profile_check_capture(p, true));
		assert_string_equal(profile_check_capture(p, true), captures[i].answer);
		profile_free(p);
	}
}

static void test_raw_capture(void **state)
{
	struct profile *p = test_cpu_profile("/src/work.c", 1);

	no_line(p);
	assert_null(profile_check_capture(p, false));
	profile_free(p);
}

static void test_empty_profile(void **state)
{
	struct profile *p = profile_new();

	assert_null(profile_check(p));
	assert_null(profile_check_capture(p, true));
	profile_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_capture_rules),
		cmocka_unit_test(test_raw_capture),
		cmocka_unit_test(test_empty_profile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
