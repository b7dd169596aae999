// SPDX-License-Identifier: Apache-2.0
/* Several profiles as one: what is equal, wherever it was mapped, is there once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "profile/profile.h"

/* One sample at 0x10 behind the program's start, with two labels in either order. */
static struct profile *mapped_at(uint64_t start, int64_t value, bool swapped)
{
	struct profile *p = profile_new();
	struct profile_mapping m = { .start = start, .limit = start + 0x1000 };
	struct profile_label labels[2] = { { .num = 1 }, { .num = 2 } };
	uint32_t location;

	profile_add_type(p, "samples", "count");
	profile_add_comment(p, "same");
	labels[swapped].key = profile_string(p, "pid");
	labels[!swapped].key = profile_string(p, "tid");
	labels[swapped].num = 7;
	labels[!swapped].num = 8;
	m.file = profile_string(p, swapped ? "/bin/other" : "/bin/w");
	m.build_id = profile_string(p, "abc");
	location = profile_add_location(p, profile_add_mapping(p, &m), start + 0x10);
	p->time_ns = value;
	p->duration_ns = 5;
	profile_add_sample(p, &location, 1, labels, 2, &value);
	return p;
}

static struct profile *merged(struct profile *a, struct profile *b)
{
	struct profile *p = profile_merge((struct profile *const[]){ a, b }, 2);

	assert_non_null(p);
	assert_null(profile_check_references(p));
	profile_free(a);
	profile_free(b);
	return p;
}

static void test_equal(void **state)
{
	struct profile *p = merged(mapped_at(0x400000, 30, false), mapped_at(0x7000000, 12, true));

	assert_int_equal(p->mapping_cnt, 1);
	assert_string_equal(profile_text(p, p->mappings[0].file), "/bin/w");
	assert_int_equal(p->locations.cnt, 1);
	assert_int_equal(profile_location(p, 1)->address, 0x400010);
	assert_int_equal(p->sample_cnt, 1);
	assert_int_equal(p->values[0], 42);
	assert_int_equal(p->comment_cnt, 1);
	assert_int_equal(p->time_ns, 12);
	assert_int_equal(p->duration_ns, 10);
	profile_free(p);
}

/* What adds up to nothing is not there, nor what only that needed. */
static void test_zero(void **state)
{
	struct profile *p = merged(mapped_at(0x400000, 30, false), mapped_at(0x400000, -30, false));

	assert_int_equal(p->sample_cnt, 0);
	assert_int_equal(p->locations.cnt, 0);
	assert_int_equal(p->mapping_cnt, 1);
	profile_free(p);
}

enum { KEYS = 100, PER_KEY = 3 };

/* Three labels of each key, a number before a text: of the last key first, or one of each in turn. */
static struct profile *many_labels(bool in_turn)
{
	struct profile *p = profile_new();
	struct profile_label labels[KEYS * PER_KEY];
	uint32_t location;
	int64_t value = 1;
	char key[16];
	int i, k, n;

	profile_add_type(p, "samples", "count");
	location = profile_add_location(p, 0, 0x10);
	for (i = 0; i < KEYS * PER_KEY; i++) {
		k = in_turn ? i % KEYS : KEYS - 1 - i / PER_KEY;
		n = in_turn ? i / KEYS : i % PER_KEY;
		snprintf(key, sizeof(key), "key %d", k);
		labels[i] = (struct profile_label){ .key = profile_string(p, key), .num = n };
		if (n == PER_KEY - 1)
			labels[i].str = profile_string(p, "text");
	}
	for (i = 0; i < KEYS; i++) {
		snprintf(key, sizeof(key), "comment %d", in_turn ? i : KEYS - 1 - i);
		profile_add_comment(p, key);
	}
	profile_add_sample(p, &location, 1, labels, KEYS * PER_KEY, &value);
	return p;
}

/* However many there are, their order makes no difference, but among those of one key. */
static void test_many(void **state)
{
	struct profile *p = merged(many_labels(false), many_labels(true));
	const struct profile_label *l = p->labels + p->samples[0].label_first;
	int i;

	assert_int_equal(p->sample_cnt, 1);
	assert_int_equal(p->values[0], 2);
	assert_int_equal(p->comment_cnt, KEYS);
	assert_int_equal(p->samples[0].label_cnt, KEYS * PER_KEY);
	for (i = 0; i < KEYS * PER_KEY; i += PER_KEY) {
		assert_int_equal(l[i].key, l[i + 2].key);
		assert_string_equal(profile_text(p, l[i].str), "text");
		assert_int_equal(l[i + 1].num, 0);
		assert_int_equal(l[i + 2].num, 1);
	}
	profile_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_equal),
		                            cmocka_unit_test(test_zero),
		                            cmocka_unit_test(test_many) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
