// SPDX-License-Identifier: Apache-2.0
/* Values, shares, paths and regular expressions, one by one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "report/node.h"
#include "report/regexp.h"
#include "report/units.h"

static void test_labels(void **state)
{
	static const struct {
		int64_t value;
		const char *from, *to, *text;
	} rows[] = {
		{ 0, "bytes", "auto", "0" },
		{ 1, "bytes", "auto", "1B" },
		{ 1536, "Bytes", "auto", "1.50kB" },
		{ -1536, "byte", "minimum", "-1.50kB" },
		{ 1 << 20, "bytes", "kb", "1024kB" },
		{ 3, "gigabytes", "MB", "3072MB" },
		{ 1500000000, "nanoseconds", "auto", "1.50s" },
		{ 999, "ns", "s", "0" },
		{ 90, "seconds", "auto", "90s" },
		{ 7200, "sec", "auto", "2hrs" },
		{ 7, "count", "minimum", "7" },
		{ 7, "samples", "count", "7" },
		{ 7, "widgets", "widgets", "7widgets" },
		{ 7, "bytes", "widgets", "7B" },
		{ 5, "", "", "5" },
		{ INT64_MIN, "count", "auto", "-9223372036854775808" },
		{ 5, "a\033[2Jb", "a\033[2Jb", "5a?[2Jb" },
	};
	char text[UNITS_TEXT_MAX];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		units_label(rows[i].value, rows[i].from, rows[i].to, text);
		if (strcmp(text, rows[i].text) != 0)
			fail_msg("%lld %s in %s: '%s', not '%s'", (long long)rows[i].value,
			         rows[i].from, rows[i].to, text, rows[i].text);
	}
	units_label(1, "count",
	            "123456789012345678901234567890123456789012345678901234567890"
	            "123456789012345678901234567890123456789012345678901234567890"
	            "12345678901234567890",
	            text);
	assert_int_equal(strlen(text), UNITS_TEXT_MAX - 1);
}

static void check_percent(int64_t value, int64_t total, const char *want)
{
	char text[UNITS_PERCENT_MAX];

	units_percent(value, total, text);
	assert_string_equal(text, want);
}

static void test_percent(void **state)
{
	check_percent(1, 0, "    0%");
	check_percent(0, 7, "    0%");
	check_percent(-7, 7, "  100%");
	check_percent(9996, 10000, "  100%");
	check_percent(1, 80, " 1.25%");
	check_percent(1, 300, " 0.33%");
	check_percent(1, 1000000, "0.0001%");
	check_percent(1, 100000000, "1e-06%");
	check_percent(INT64_MIN, 1, "922337203685477580800.00%");
}

static void test_compatible(void **state)
{
	assert_true(units_compatible("ms", "Nanoseconds"));
	assert_true(units_compatible("widgets", "widgets"));
	assert_false(units_compatible("bytes", "seconds"));
	assert_false(units_compatible("count", "widgets"));
}

static void check_text(char *got, const char *want)
{
	assert_string_equal(got, want);
	free(got);
}

/* As the documentation of Go's filepath.Clean and Base has it. */
static void test_paths(void **state)
{
	check_text(path_clean("a/c"), "a/c");
	check_text(path_clean("a//c"), "a/c");
	check_text(path_clean("a/c/."), "a/c");
	check_text(path_clean("a/c/b/.."), "a/c");
	check_text(path_clean("/../a/c"), "/a/c");
	check_text(path_clean("/../a/b/../././/c"), "/a/c");
	check_text(path_clean("../../a/../b"), "../../b");
	check_text(path_clean("a/../.."), "..");
	check_text(path_clean("a/.."), ".");
	check_text(path_clean("/"), "/");
	check_text(path_clean(""), ".");
	check_text(path_base("/a/b/"), "b");
	check_text(path_base("//"), "/");
	check_text(path_base(""), ".");
	check_text(path_base("x"), "x");
	check_text(path_trim("/proc/self/cwd/./x.c", NULL, NULL), "x.c");
	check_text(path_trim("/a/b/x.c", "/z:/a", NULL), "b/x.c");
	check_text(path_trim("/a/b/x.c", "/a/b/", NULL), "x.c");
	check_text(path_trim("/far/away/proj/src/x.c", NULL, "/none:/home/proj"), "src/x.c");
	check_text(path_trim("/ab/x.c", "/a", NULL), "/ab/x.c");
}

static void check_match(const char *pattern, const char *text, bool want)
{
	struct err e = { "" };
	struct regexp *r = regexp_new(pattern, "-focus", &e);

	if (!r)
		fail_msg("%s", e.msg);
	if (regexp_match(r, text) != want)
		fail_msg("'%s' on '%s' is not %d", pattern, text, want);
	assert_int_equal(regexp_check(r, &e), 0);
	regexp_free(r);
}

/* https://pkg.go.dev/regexp/syntax */
static void test_regexp(void **state)
{
	check_match("b", "abc", true);
	check_match("^b", "abc", false);
	check_match("(?i)MAIN", "xmainx", true);
	check_match("\\d+$", "f12", true);
	check_match("a$", "a\n", false);
	check_match("(?m)a$", "a\nb", true);
	check_match("a.b", "a\nb", false);
	check_match("(?s)a.b", "a\nb", true);
	check_match("\\Qa.b\\E", "a.b", true);
	check_match("(?P<n>x)", "x", true);
	check_match("\\pL", "\xc3\xbc", true);
	check_match("^.$", "\xc3\xbc", true);
	check_match("ok", "\xff\xfeok", true);
	check_match("", "", true);
}

static void test_regexp_bad(void **state)
{
	struct err e = { "" };

	assert_null(regexp_new("a(", "-focus", &e));
	assert_string_equal(e.msg, "bad regular expression 'a(' for -focus: missing closing "
	                           "parenthesis, at character 2");
	assert_null(regexp_new("[", "-hide", NULL));
	assert_null(regexp_new("*", "-hide", NULL));
}

/* A match that would take until the end of time is given up, and that is an error. */
static void test_regexp_limit(void **state)
{
	struct err e = { "" };
	struct regexp *r = regexp_new("(a+)+$", "-focus", &e);
	char name[64];

	assert_non_null(r);
	memset(name, 'a', sizeof(name));
	memcpy(name + 60, "b", 2);
	assert_false(regexp_match(r, name));
	assert_int_equal(regexp_check(r, &e), -E2BIG);
	assert_non_null(strstr(e.msg, "takes too long"));
	regexp_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_labels),       cmocka_unit_test(test_percent),
		cmocka_unit_test(test_compatible),   cmocka_unit_test(test_paths),
		cmocka_unit_test(test_regexp),       cmocka_unit_test(test_regexp_bad),
		cmocka_unit_test(test_regexp_limit),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
