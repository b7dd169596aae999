// SPDX-License-Identifier: Apache-2.0
/* The parts of the session that need no kernel: comm globs, the ledger, a window's difference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "session/engine.h"
#include "session/ledger.h"
#include "session/wanted.h"
#include "session/window.h"

/* As bpf/wanted.bpf.c does it. */
static bool match(const struct abi_glob *g, const char *comm)
{
	uint64_t s = g->start;

	for (; *comm; comm++)
		s = (s & g->step[(unsigned char)*comm]) << 1 | (s & g->loop);
	return s & g->accept;
}

static bool glob(const char *pattern, const char *comm)
{
	struct abi_glob g;

	assert_int_equal(glob_compile(&g, pattern), 0);
	return match(&g, comm);
}

static void test_globs(void **state)
{
	assert_true(glob("nginx", "nginx"));
	assert_false(glob("nginx", "nginx2"));
	assert_false(glob("nginx", "ngin"));
	assert_true(glob("nginx*", "nginx: worker"));
	assert_true(glob("*worker", "nginx: worker"));
	assert_true(glob("*", ""));
	assert_true(glob("a*b*c", "aXbYbZc"));
	assert_false(glob("a*b*c", "aXbYbZ"));
	assert_true(glob("kworker/[0-9]:?", "kworker/1:x"));
	assert_false(glob("[!a-z]*", "bash"));
	assert_true(glob("[]a]x", "]x"));
	assert_true(glob("a\\*", "a*"));
	assert_false(glob("a\\*", "ab"));
	assert_true(glob("bash\nzsh\n*sh", "dash"));
	assert_true(glob("bash\nzsh", "zsh"));
	assert_false(glob("bash\nzsh", "bashzsh"));
	assert_false(glob("bash\nzsh", "bas"));
}

static void test_globs_agree_with_fnmatch(void **state)
{
	static const char letters[] = "ab*?[]-!c";
	char pattern[10], comm[8];
	struct abi_glob g;
	unsigned int i, k, n;

	srand(7);
	for (i = 0; i < 200000; i++) {
		n = (unsigned int)rand() % 9;
		for (k = 0; k < n; k++)
			pattern[k] = letters[rand() % 9];
		pattern[n] = 0;
		n = (unsigned int)rand() % 7;
		for (k = 0; k < n; k++)
			comm[k] = "abc-]"[rand() % 5];
		comm[n] = 0;
		/* A bracket without an end is a literal for fnmatch() and an error here. */
		if (strchr(pattern, '[') || glob_compile(&g, pattern))
			continue;
		assert_int_equal(match(&g, comm), !fnmatch(pattern, comm, 0));
	}
}

static void test_bad_globs(void **state)
{
	struct abi_glob g;

	assert_int_equal(glob_compile(&g, "[abc"), -EINVAL);
	assert_int_equal(glob_compile(&g, "[abc\nx]"), -EINVAL);
	assert_int_equal(
		glob_compile(&g,
	                     "0123456789012345678901234567890123456789012345678901234567890123"),
		-E2BIG);
	assert_int_equal(
		glob_compile(&g,
	                     "012345678901234567890123456789\n0123456789012345678901234567890\n"),
		0);
	assert_int_equal(
		glob_compile(&g,
	                     "012345678901234567890123456789\n0123456789012345678901234567890\nx"),
		-E2BIG);
}

static void test_ledger_sums(void **state)
{
	struct sample_key a = { .tgid = 1 }, b = { .tgid = 2 };
	struct sample_value v = { { 1, 10, 0, -3 } };
	struct ledger l;
	bool is_new;
	int i;

	ledger_init(&l);
	for (i = 0; i < 1000; i++)
		assert_int_equal(ledger_add(&l, i % 4 ? &a : &b, &v, &is_new), i % 4 ? 1 : 0);
	assert_int_equal(ledger_at(&l, 0)->value.v[0], 250);
	assert_int_equal(ledger_at(&l, 1)->value.v[1], 7500);
	assert_int_equal(ledger_at(&l, 1)->value.v[3], -2250);
	ledger_release(&l);
}

static void test_ledger_keeps_stacks(void **state)
{
	uint64_t one[] = { 1, 2, 3 }, two[] = { 4 };
	const uint64_t *frames;
	struct ledger l;
	uint32_t cnt;

	ledger_init(&l);
	assert_int_equal(ledger_add_stack(&l, 77, one, 3), 0);
	assert_int_equal(ledger_add_stack(&l, 78, two, 1), 0);
	assert_int_equal(ledger_add_stack(&l, 77, two, 1), 0); /* sent again */
	frames = ledger_stack(&l, 77, &cnt);
	assert_int_equal(cnt, 3);
	assert_int_equal(frames[2], 3);
	assert_non_null(ledger_stack(&l, 78, &cnt));
	assert_null(ledger_stack(&l, 79, &cnt));
	assert_int_equal(cnt, 0);
	assert_null(ledger_stack(&l, 0, &cnt));
	ledger_release(&l);
}

static void test_window_is_a_difference(void **state)
{
	struct sample_key a = { .tgid = 1 }, b = { .tgid = 2 };
	struct sample_value v = { { 5, 50 } }, base[1] = { { { 5, 50 } } }, out;
	struct engine en = { 0 };
	struct window w = { .engine = &en, .base = base, .base_cnt = 1 };

	ledger_init(&en.ledger);
	ledger_add(&en.ledger, &a, &v, NULL);
	ledger_add(&en.ledger, &a, &v, NULL);
	ledger_add(&en.ledger, &b, &v, NULL);
	window_value(&w, 0, &out);
	assert_int_equal(out.v[1], 50);
	window_value(&w, 1, &out);
	assert_int_equal(out.v[0], 5);
	ledger_release(&en.ledger);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_globs),
		cmocka_unit_test(test_globs_agree_with_fnmatch),
		cmocka_unit_test(test_bad_globs),
		cmocka_unit_test(test_ledger_sums),
		cmocka_unit_test(test_ledger_keeps_stacks),
		cmocka_unit_test(test_window_is_a_difference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
