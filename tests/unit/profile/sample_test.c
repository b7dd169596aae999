// SPDX-License-Identifier: Apache-2.0
/* Equal (stack, labels) are one sample, whatever the number of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "../../consumers/profiles.h"

static int setup(void **state)
{
	struct profile *p = profile_new();

	*state = p;
	if (!p)
		return -1;
	profile_add_type(p, "samples", "count");
	profile_add_type(p, "cpu", "nanoseconds");
	return 0;
}

static int teardown(void **state)
{
	profile_free(*state);
	return 0;
}

static const int64_t one[2] = { 1, 10 };

static void test_merge(void **state)
{
	struct profile *p = *state;
	uint32_t stack[] = { 1, 2, 3 };

	profile_add_sample(p, stack, 3, NULL, 0, one);
	profile_add_sample(p, stack, 3, NULL, 0, one);
	assert_int_equal(p->sample_cnt, 1);
	assert_int_equal(p->stack_cnt, 3);
	assert_int_equal(p->value_cnt, 2);
	assert_int_equal(p->values[0], 2);
	assert_int_equal(p->values[1], 20);
	assert_int_equal(profile_total(p, 1), 20);
	assert_int_equal(profile_total(p, 2), 0);
}

static void test_stacks_differ(void **state)
{
	struct profile *p = *state;
	uint32_t a[] = { 1, 2, 3 }, b[] = { 3, 2, 1 };

	profile_add_sample(p, a, 3, NULL, 0, one);
	profile_add_sample(p, b, 3, NULL, 0, one);
	profile_add_sample(p, a, 2, NULL, 0, one);
	profile_add_sample(p, NULL, 0, NULL, 0, one);
	profile_add_sample(p, NULL, 0, NULL, 0, one);
	assert_int_equal(p->sample_cnt, 4);
	assert_int_equal(p->samples[3].stack_cnt, 0);
	assert_int_equal(p->values[p->samples[3].value_first], 2);
}

static void test_labels(void **state)
{
	struct profile *p = *state;
	struct profile_label l[] = { test_number_label(p, "pid", 1, ""),
		                     test_text_label(p, "comm", "w") };
	struct profile_label turned[] = { l[1], l[0] };
	uint32_t stack = 1;

	profile_add_sample(p, &stack, 1, l, 2, one);
	l[0].pad = 77; /* says nothing */
	profile_add_sample(p, &stack, 1, l, 2, one);
	assert_int_equal(p->sample_cnt, 1);
	profile_add_sample(p, &stack, 1, l, 1, one);
	assert_int_equal(p->sample_cnt, 2);
	profile_add_sample(p, &stack, 1, turned, 2, one);
	assert_int_equal(p->sample_cnt, 3);
	l[0].num = 2;
	profile_add_sample(p, &stack, 1, l, 2, one);
	assert_int_equal(p->sample_cnt, 4);
	l[0].unit = profile_string(p, "cpu");
	profile_add_sample(p, &stack, 1, l, 2, one);
	assert_int_equal(p->sample_cnt, 5);
}

static void test_sums_end(void **state)
{
	struct profile *p = *state;
	const int64_t big[2] = { INT64_MAX, INT64_MIN };
	uint32_t stack = 1;

	profile_add_sample(p, &stack, 1, NULL, 0, big);
	profile_add_sample(p, &stack, 1, NULL, 0, big);
	assert_true(p->values[0] == INT64_MAX);
	assert_true(p->values[1] == INT64_MIN);
	assert_true(profile_sum(-1, INT64_MIN) == INT64_MIN);
	assert_int_equal(profile_sum(-1, 3), 2);
}

/* A million samples of a hundred thousand stacks of 24 frames. */
static void test_many(void **state)
{
	struct profile *p = *state;
	uint32_t stack[24], i, j;

	for (i = 0; i < 1000000; i++) {
		for (j = 0; j < 24; j++)
			stack[j] = 1 + (i % 100000 >> j % 17);
		profile_add_sample(p, stack, 24, NULL, 0, one);
	}
	assert_false(p->failed);
	assert_int_equal(p->sample_cnt, 100000);
	assert_int_equal(profile_total(p, 0), 1000000);
	for (i = 0; i < p->sample_cnt; i++)
		assert_int_equal(p->values[p->samples[i].value_first + 1], 100);
}

static void test_failed_stays(void **state)
{
	struct profile *p = *state;

	p->failed = true;
	profile_add_sample(p, NULL, 0, NULL, 0, one);
	assert_int_equal(p->sample_cnt, 0);
	assert_int_equal(profile_add_function(p, "f", "f", "", 0), 0);
	assert_int_equal(profile_add_location(p, 0, 1), 0);
	assert_true(p->failed);
}

/* Of four samples the first goes, the second doubles, the others become one. */
static void rewrite_one(struct profile *p, const struct profile_sample_view *s, void *arg)
{
	uint32_t stack[2] = { s->number == 1 ? 9 : 8, s->stack[0] };

	*(size_t *)arg += s->stack_cnt;
	if (s->number == 1)
		profile_add_sample(p, stack, 2, s->labels, s->label_cnt, s->values);
	if (s->number > 0)
		profile_add_sample(p, stack, 1, s->labels, s->label_cnt, s->values);
}

static void test_rewrite(void **state)
{
	struct profile *p = *state;
	struct profile_label label = { .key = profile_string(p, "comm"),
		                       .str = profile_string(p, "x") };
	uint32_t stacks[4][2] = { { 1 }, { 2 }, { 3, 4 }, { 5 } };
	size_t frames = 0, i;

	profile_rewrite_samples(p, rewrite_one, &frames);
	assert_int_equal(p->sample_cnt, 0);
	for (i = 0; i < 4; i++)
		profile_add_sample(p, stacks[i], 1 + (i == 2), &label, 1, one);
	profile_rewrite_samples(p, rewrite_one, &frames);
	assert_false(p->failed);
	assert_int_equal(frames, 5);
	assert_int_equal(p->sample_cnt, 3);
	assert_int_equal(p->samples[0].stack_cnt, 2);
	assert_int_equal(p->stacks[p->samples[0].stack_first + 1], 2);
	assert_int_equal(p->values[p->samples[2].value_first], 2);
	assert_int_equal(p->labels[p->samples[2].label_first].str, label.str);
	assert_int_equal(profile_total(p, 1), 40);
	/* Samples are still found by their hash. */
	profile_add_sample(p, &stacks[0][1], 0, NULL, 0, one);
	profile_add_sample(p, (uint32_t[]){ 8 }, 1, &label, 1, one);
	assert_int_equal(p->sample_cnt, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_merge, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stacks_differ, setup, teardown),
		cmocka_unit_test_setup_teardown(test_labels, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sums_end, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many, setup, teardown),
		cmocka_unit_test_setup_teardown(test_failed_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rewrite, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
