// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/err.h"
#include "base/log.h"
#include "base/strings.h"
#include "base/table.h"

struct entry {
	uint64_t key;
	uint64_t value;
};

static void test_table_numbers_entries_in_order(void **state)
{
	struct table t;
	struct entry *e;
	bool is_new;
	uint64_t i;

	table_init(&t, sizeof(uint64_t), sizeof(struct entry));
	for (i = 0; i < 100000; i++) {
		uint64_t key = i * 7919;

		e = table_put(&t, &key, &is_new);
		assert_non_null(e);
		assert_true(is_new);
		assert_int_equal(e->value, 0);
		e->value = i;
	}
	for (i = 0; i < 100000; i++) {
		uint64_t key = i * 7919;

		e = table_get(&t, &key);
		assert_int_equal(e->value, i);
		assert_int_equal(table_number(&t, e), i);
		assert_ptr_equal(table_put(&t, &key, &is_new), e);
		assert_false(is_new);
	}
	i = 3;
	assert_null(table_get(&t, &i));
	assert_int_equal(t.cnt, 100000);
	table_release(&t);
	assert_null(table_get(&t, &i));
}

static void test_strings_are_interned(void **state)
{
	struct strings s;
	char text[32];
	uint32_t i, n;

	assert_int_equal(strings_init(&s), 0);
	assert_int_equal(strings_add(&s, "", 0), 0);
	for (i = 0; i < 5000; i++) {
		snprintf(text, sizeof(text), "name %u", i);
		n = strings_add(&s, text, strlen(text));
		assert_int_equal(n, i + 1);
		assert_int_equal(strings_add(&s, text, strlen(text)), n);
		assert_string_equal(strings_get(&s, n), text);
	}
	assert_int_equal(strings_add(&s, "name 1\0hidden", 13), 2);
	assert_int_equal(strings_add(&s, "name 10", 6), 2);
	assert_string_equal(strings_get(&s, 1u << 30), "");
	strings_release(&s);
}

static void test_hash_spreads(void **state)
{
	unsigned int buckets[64] = { 0 }, i;

	for (i = 0; i < 64000; i++)
		buckets[hash_bytes(&i, sizeof(i), 0) & 63]++;
	for (i = 0; i < 64; i++) {
		assert_true(buckets[i] > 800);
		assert_true(buckets[i] < 1200);
	}
	assert_true(hash_bytes("abc", 3, 1) != hash_bytes("abc", 3, 2));
	assert_true(hash_bytes("\0", 1, 0) != hash_bytes("\0\0", 2, 0));
}

static void test_array_refuses_overflow(void **state)
{
	size_t cap = 0;

	assert_null(array_reserve(NULL, &cap, SIZE_MAX / 2, 16));
	assert_int_equal(cap, 0);
}

static void clean(const char *in, const char *out)
{
	char text[128];

	snprintf(text, sizeof(text), "%s", in);
	log_clean(text);
	assert_string_equal(text, out);
}

static void test_hostile_text_is_made_harmless(void **state)
{
	clean("plain text", "plain text");
	clean("\033[31mred\033[0m", "?[31mred?[0m");
	clean("a\nb\rc\td\x7f", "a?b?c?d?");
	clean("caf\xc3\xa9", "caf\xc3\xa9");
	clean("x\xc2\x9by", "x??y");                     /* C1: CSI in one character */
	clean("x\xe2\x80\xaey", "x???y");                /* right-to-left override */
	clean("x\xe2\x81\xa6y", "x???y");                /* left-to-right isolate */
	clean("a\xd8\x9cz", "a??z");                     /* Arabic letter mark */
	clean("x\xe2\x80\xa8y", "x???y");                /* line separator */
	clean("x\xef\xbf\xbfy\xef\xbf\xbe", "x???y???"); /* no characters */
	clean("\xef\xbf\xbd\xef\xb7\x90", "\xef\xbf\xbd\xef\xb7\x90");
	clean("x\x9b y\xff", "x? y?"); /* C1 in one byte */
	clean("caf\xe2\x82", "caf??");
	clean("\xf0\x9f\x98\x80\xd7\x90", "\xf0\x9f\x98\x80\xd7\x90");
}

/*
 * Bits 63 of a word and 63 and 31 of the next cancel each other out where what a word is multiplied by is known,
 * or where words are multiplied modulo 2^64.
 */
static void test_no_bytes_collide_whatever_the_seed(void **state)
{
	enum { PAIRS = 10, TEXTS = 1 << PAIRS };
	uint64_t words[2 * PAIRS], hashes[TEXTS];
	size_t i, j;

	for (i = 0; i < TEXTS; i++) {
		memset(words, 'x', sizeof(words));
		for (j = 0; j < PAIRS; j++)
			if (i >> j & 1) {
				words[2 * j] ^= 1ull << 63;
				words[2 * j + 1] ^= 1ull << 63 | 1ull << 31;
			}
		hashes[i] = hash_bytes(words, sizeof(words), 7);
		for (j = 0; j < i; j++)
			assert_true(hashes[j] != hashes[i]);
	}
}

static void test_err_keeps_its_code(void **state)
{
	struct err e;

	assert_int_equal(err_set(&e, -ENOENT, "cannot open '%s'", "x"), -ENOENT);
	assert_string_equal(e.msg, "cannot open 'x'");
	assert_int_equal(err_set(NULL, -EIO, "nobody listens"), -EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table_numbers_entries_in_order),
		cmocka_unit_test(test_strings_are_interned),
		cmocka_unit_test(test_hash_spreads),
		cmocka_unit_test(test_no_bytes_collide_whatever_the_seed),
		cmocka_unit_test(test_array_refuses_overflow),
		cmocka_unit_test(test_hostile_text_is_made_harmless),
		cmocka_unit_test(test_err_keeps_its_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
