// SPDX-License-Identifier: Apache-2.0
/* Views and filters of small profiles; what pprof says of many is in tests/consumers/report.sh. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../consumers/profiles.h"
#include "base/err.h"
#include "report/harmless.h"
#include "report/report.h"

/* The view of a profile, which is freed; NULL + 'e'. */
static char *view(struct profile *p, const struct report_options *o, struct err *e)
{
	struct report r;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int err = report_open(&r, p, o, e);

	if (!err)
		err = report_print(&r, out, e);
	report_close(&r);
	fclose(out);
	profile_free(p);
	if (err) {
		free(text);
		return NULL;
	}
	return text;
}

static struct report_options options(enum report_view view)
{
	struct report_options o;

	report_options_init(&o);
	o.view = view;
	o.compact = true;
	return o;
}

static void check_view(struct profile *p, const struct report_options *o, const char *want)
{
	struct err e = { "" };
	char *got = view(p, o, &e);

	if (!got)
		fail_msg("%s", e.msg);
	assert_string_equal(got, want);
	free(got);
}

static void check_error(struct profile *p, const struct report_options *o, const char *want)
{
	struct err e = { "" };

	assert_null(view(p, o, &e));
	assert_string_equal(e.msg, want);
}

static struct profile *cpu(void)
{
	return test_cpu_profile("/src/work.c", 1);
}

static void test_top(void **state)
{
	struct report_options o = options(REPORT_TOP);

	o.sample_index = "samples";
	o.node_count = 2;
	o.focus = "step|memcpy";
	check_view(cpu(), &o,
	           "Active filters:\n"
	           "   focus=step|memcpy\n"
	           "Showing nodes accounting for 89, 89.00% of 100 total\n"
	           "Showing top 2 nodes out of 5\n"
	           "      flat  flat%   sum%        cum   cum%\n"
	           "        80 80.00% 80.00%         95 95.00%  step\n"
	           "         9  9.00% 89.00%          9  9.00%  memcpy\n");
}

static void test_tags(void **state)
{
	struct report_options o = options(REPORT_TAGS);

	o.tagshow = "^pid$";
	o.sample_index = "0";
	check_view(cpu(), &o,
	           " pid: Total 100 of 100 (  100%)\n"
	           "      95 (95.00%): 4711\n"
	           "       5 ( 5.00%): 4712\n"
	           "\n");
}

static void test_errors(void **state)
{
	struct report_options o = options(REPORT_PEEK);

	o.pattern = "nothing";
	check_error(cpu(), &o, "no function matches 'nothing'");
	o.pattern = "(";
	check_error(
		cpu(), &o,
		"bad regular expression '(' for -peek: missing closing parenthesis, at character 1");
	o.sample_index = "2";
	check_error(cpu(), &o, "there is no sample type '2': give one of samples, cpu, or 0 to 1");
}

/* A filter that leaves nothing is no error, but is told. */
static void test_warning(void **state)
{
	struct report_options o = options(REPORT_TOP);
	struct profile *p = cpu();
	struct err e = { "" };
	struct report r;

	o.ignore = "nothing";
	o.tagfocus = "comm=nobody";
	assert_int_equal(report_open(&r, p, &o, &e), 0);
	assert_int_equal(r.warning_cnt, 2);
	assert_string_equal(r.warnings[0], "-ignore");
	assert_string_equal(r.warnings[1], "-tagfocus");
	assert_int_equal(p->sample_cnt, 0);
	report_close(&r);
	profile_free(p);
}

static struct profile *tiny(const char *type, const char *unit, int64_t value)
{
	struct profile *p = profile_new();
	struct profile_line line = { .line = 3 };
	uint32_t location;

	profile_add_type(p, type, unit);
	profile_set_period(p, "time", unit, 7);
	line.function = profile_add_function(p, "f", "f", "/src/f.c", 1);
	location = profile_add_named_location(p, 0, 0, false, &line, 1);
	profile_add_sample(p, &location, 1, NULL, 0, &value);
	return p;
}

/* Units are made the finest, equal samples are summed up. */
static void test_merge(void **state)
{
	struct profile *in[] = { tiny("time", "ms", 2), tiny("time", "microseconds", 30) }, *p;
	struct err e = { "" };

	p = report_merge(in, 2, &e);
	if (!p)
		fail_msg("%s", e.msg);
	assert_int_equal(p->sample_cnt, 1);
	assert_int_equal(p->values[0], 2030);
	assert_string_equal(profile_text(p, p->types[0].unit), "microseconds");
	assert_int_equal(p->period, 7000);
	profile_free(p);
	profile_free(in[0]);
	profile_free(in[1]);
}

static void check_unlike(struct profile *a, struct profile *b, const char *want)
{
	struct profile *in[] = { a, b };
	struct err e = { "" };

	assert_null(report_merge(in, 2, &e));
	assert_string_equal(e.msg, want);
	profile_free(a);
	profile_free(b);
}

static void test_unlike(void **state)
{
	check_unlike(tiny("time", "ms", 2), tiny("space", "bytes", 2),
	             "the profiles measure different things: (time) and (space)");
	check_unlike(tiny("time", "ms", 2), tiny("time", "bytes", 2),
	             "the profiles measure different things: time in 'ms' and time in 'bytes'");
}

/* Less a base: what is 0 is gone, and the share is of the base. */
static void test_base(void **state)
{
	const struct report_base diff = { .is_diff = true }, plain = { 0 };
	struct report_options o = options(REPORT_TOP);
	struct profile *p = tiny("n", "count", 30), *base = tiny("n", "count", 20), *less;
	struct err e = { "" };

	less = report_subtract(p, base, &diff, &e);
	assert_non_null(less);
	check_view(less, &o,
	           "Showing nodes accounting for 10, 50.00% of 20 total\n"
	           "      flat  flat%   sum%        cum   cum%\n"
	           "        10 50.00% 50.00%         10 50.00%  f\n");
	profile_free(p);
	profile_free(base);
	p = tiny("n", "count", 30);
	base = tiny("n", "count", 30);
	less = report_subtract(p, base, &plain, &e);
	assert_non_null(less);
	assert_int_equal(less->sample_cnt, 0);
	profile_free(less);
	profile_free(p);
	profile_free(base);
}

/* Cut between two characters, however long it was. */
static void test_long_names(void **state)
{
	struct report_options o = options(REPORT_TOP);
	struct profile *p = tiny("n", "count", 1);
	static char name[100001];
	struct err e = { "" };
	char *got, *row;
	size_t i;

	for (i = 0; i < 50000; i++)
		memcpy(name + 2 * i, "\u00e9", 2);
	name[0] = name[1] = 'x';
	profile_function(p, 1)->name = profile_string(p, name);
	got = view(p, &o, &e);
	assert_non_null(got);
	row = strstr(got, "xx");
	assert_non_null(row);
	assert_true(strlen(row) <= HARMLESS_MAX && strlen(row) > HARMLESS_MAX - 8);
	assert_string_equal(row + strlen(row) - 6, "\u00e9\u2026\n");
	free(got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_top),    cmocka_unit_test(test_tags),
		cmocka_unit_test(test_errors), cmocka_unit_test(test_warning),
		cmocka_unit_test(test_merge),  cmocka_unit_test(test_unlike),
		cmocka_unit_test(test_base),   cmocka_unit_test(test_long_names),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
