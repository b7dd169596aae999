// SPDX-License-Identifier: Apache-2.0
/* The picture as text: what is drawn and how it is called, what is not, and that it says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "format/flame.h"
#include "written.h"

static char *svg(const struct profile *p, size_t type)
{
	return written(&format_svg, p, type, true);
}

static void has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no '%s' in %s", part, text);
}

static size_t count(const char *text, const char *part)
{
	size_t cnt = 0;

	for (; (text = strstr(text, part)); text += strlen(part))
		cnt++;
	return cnt;
}

/* A profile of one type in which the stack's leaf is first. */
static struct profile *one_stack(const char *const *names, size_t cnt, int64_t value)
{
	struct profile *p = profile_new();
	uint32_t stack[64];
	size_t i;

	profile_add_type(p, "samples", "count");
	for (i = 0; i < cnt; i++)
		stack[i] = test_frame(p, 0, 0x1000 + i, names[i], names[i], "", 0);
	profile_add_sample(p, stack, cnt, NULL, 0, &value);
	return p;
}

static void expect_name(const char *name, const char *title, const char *label)
{
	struct profile *p = one_stack(&name, 1, 1);
	char *text = svg(p, 0), *want = NULL;

	assert_true(asprintf(&want,
	                     "<title>%s (1, 100%%)</title><rect x=\"10.0000\" y=\"118\" "
	                     "width=\"1180.0000\" height=\"16\"/><text x=\"13.0000\" "
	                     "y=\"130\">%s</text></g>\n",
	                     title, label) > 0);
	has(text, want);
	free(want);
	free(text);
	profile_free(p);
}

static void test_names(void **state)
{
	expect_name("main", "main", "main");
	expect_name("a<b>&c", "a&lt;b&gt;&amp;c", "a&lt;b&gt;&amp;c");
	expect_name("</script>]]>", "&lt;/script&gt;]]&gt;", "&lt;/script&gt;]]&gt;");
	expect_name("\"q\" 'r'", "\"q\" 'r'", "\"q\" 'r'");
	expect_name("x\x1b[31m\n\x7f\xc2\x9b", "x [31m   ", "x [31m   ");
	expect_name("caf\xc3\xa9 \xf0\x9f\x98\x80", "caf\xc3\xa9 \xf0\x9f\x98\x80",
	            "caf\xc3\xa9 \xf0\x9f\x98\x80");
	expect_name("\xff\xc3(", "\xef\xbf\xbd\xef\xbf\xbd(", "\xef\xbf\xbd\xef\xbf\xbd(");
	expect_name("\xef\xbf\xbf\xef\xbf\xbe\xef\xbf\xbd", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd",
	            "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	expect_name("a\xe2\x80\xae\xe2\x81\xa7\xd8\x9cz", "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz",
	            "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz");
	expect_name("a\xe2\x80\xa8z", "a z", "a z");
	expect_name("", "[unknown]", "[unknown]");
}

/* 1,000 characters in a title, 175 in the widest label. */
static void test_long_names(void **state)
{
	char name[5001], title[1003], label[176];

	memset(name, 'n', sizeof(name));
	name[5000] = 0;
	snprintf(title, sizeof(title), "%.998s..", name);
	snprintf(label, sizeof(label), "%.173s..", name);
	expect_name(name, title, label);
	name[1000] = 0;
	expect_name(name, name, label);
	name[175] = 0;
	expect_name(name, name, name);
}

static void test_boxes(void **state)
{
	struct profile *p = test_cpu_profile("/src/work.c", 1);
	char *text = svg(p, 1);

	/* all, other, w, loop, main, work, step, do_syscall_64, memcpy */
	assert_int_equal(count(text, "</title><rect "), 9);
	has(text, "\"><title>all (1.01s, 100%)</title><rect x=\"10.0000\" y=\"84\" "
	          "width=\"1180.0000\" height=\"16\"/>");
	has(text, "\"><title>other (50.51ms, 5.00%)</title><rect x=\"10.0000\" y=\"101\" "
	          "width=\"59.0000\" height=\"16\"/>");
	has(text, "\"><title>step (959.60ms, 95.00%)</title><rect x=\"69.0000\" y=\"152\" "
	          "width=\"1121.0000\" height=\"16\"/>");
	has(text, "\"><title>memcpy (90.91ms, 9.00%)</title><rect x=\"139.8000\" y=\"169\" "
	          "width=\"106.2000\" height=\"16\"/><text x=\"142.8000\" y=\"181\">memcpy</text>");
	has(text, "<g class=\"k0");
	has(text, "<text class=\"head\" x=\"10\" y=\"19\">cpu, 1.01s</text>");
	has(text, ">ebprof 1.0: cpu -p 4711 10 @99Hz</text>");
	has(text, ">lost samples: 3 (ring full)</text>");
	assert_null(strstr(text, "not drawn"));
	assert_int_equal(count(text, "<script>"), 1);
	assert_int_equal(count(text, "]]></script>\n</svg>\n"), 1);
	free(text);
	profile_free(p);
}

/* The kind of the box that is called so: the digit of its class. */
static char kind_of(const char *text, const char *name)
{
	char title[64];
	const char *at;

	snprintf(title, sizeof(title), "\"><title>%s (", name);
	at = strstr(text, title);
	if (!at)
		fail_msg("no box '%s'", name);
	return at[-2];
}

static void test_kinds(void **state)
{
	struct profile *p = test_cpu_profile("/src/work.c", 1);
	int64_t value = 1;
	uint32_t stack[4];
	char *text = svg(p, 1);

	assert_int_equal(kind_of(text, "w"), '0' + STACK_PROCESS);
	assert_int_equal(kind_of(text, "work"), '0' + STACK_USER);
	assert_int_equal(kind_of(text, "step"), '0' + STACK_INLINED);
	assert_int_equal(kind_of(text, "do_syscall_64"), '0' + STACK_KERNEL);
	free(text);
	profile_free(p);
	p = profile_new();
	profile_add_type(p, "delay", "nanoseconds");
	stack[0] = test_frame(p, 0, 0x1000, "wake", "wake", "", 0);
	stack[1] = test_frame(p, 0, 0x1001, PROFILE_SEPARATOR, PROFILE_SEPARATOR, "", 0);
	stack[2] = profile_add_location(p, 0, 1ull << 63 | 2);
	stack[3] =
		profile_add_location(p, test_mapping(p, "/bin/x", "", 0x3000, 0x1000, 0), 0x3001);
	profile_add_sample(p, stack, 4, NULL, 0, &value);
	text = svg(p, 0);
	assert_int_equal(kind_of(text, "wake"), '0' + STACK_WAKER);
	assert_int_equal(kind_of(text, PROFILE_SEPARATOR), '0' + STACK_USER);
	assert_int_equal(kind_of(text, "[unknown]"), '0' + STACK_KERNEL);
	assert_int_equal(kind_of(text, "[x]"), '0' + STACK_USER);
	assert_int_equal(kind_of(text, "x"), '0' + STACK_PROCESS);
	free(text);
	profile_free(p);
}

/* Labels do not tell boxes apart, callers and kinds do. */
static void test_merge(void **state)
{
	static const char *const recursive[] = { "f", "f", "f" };
	struct profile *p = one_stack(recursive, 3, 2);
	struct profile_label label = test_number_label(p, "pid", 7, "");
	int64_t value = 4;
	uint32_t stack[2];
	char *text;

	stack[0] = test_frame(p, 0, 0x2000, "f", "f", "/src/other.c", 5);
	stack[1] = test_frame(p, 0, 1ull << 63, "f", "f", "", 0);
	profile_add_sample(p, stack, 2, &label, 1, &value); /* of the kernel, and behind that not */
	profile_add_sample(p, stack, 1, &label, 1, &value);
	text = svg(p, 0);
	assert_int_equal(count(text, "<title>f (6, 60.00%)"), 1);
	assert_int_equal(count(text, "<title>f (2, 20.00%)"), 2);
	assert_int_equal(count(text, "<title>f (4, 40.00%)"), 2);
	free(text);
	profile_free(p);
}

static void test_narrow(void **state)
{
	static const char *const heavy[] = { "heavy", "main" };
	struct profile *p = one_stack(heavy, 2, 1000000);
	int64_t one = 1, some = 200;
	uint32_t stack[3] = { 0, 0, p->stacks[1] };
	char name[32], *text;
	int i;

	for (i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "light_%d", i);
		stack[1] = test_frame(p, 0, 0x2000 + (uint64_t)i, name, name, "", 0);
		stack[0] = stack[1];
		profile_add_sample(p, stack, 3, NULL, 0, &one);
	}
	stack[1] = test_frame(p, 0, 0x3000, "enough", "enough", "", 0);
	profile_add_sample(p, stack + 1, 2, NULL, 0, &some);
	text = svg(p, 0);
	assert_null(strstr(text, "light"));
	has(text, "<title>enough (200, 0.02%)</title>");
	has(text, "<title>main (1000250, 100%)</title>");
	has(text, ">not drawn: 100 frames of less than 0.01 % or below row 2048, with 50, 0.005% "
	          "in all</text>");
	free(text);
	profile_free(p);
}

static void test_deep(void **state)
{
	enum { DEPTH = 3000 };
	static uint32_t stack[DEPTH];
	struct profile *p = profile_new();
	int64_t value = 1;
	char *text;
	size_t i;

	profile_add_type(p, "samples", "count");
	for (i = 0; i < DEPTH; i++)
		stack[i] = test_frame(p, 0, 1, "f", "f", "", 0);
	profile_add_sample(p, stack, DEPTH, NULL, 0, &value);
	text = svg(p, 0);
	assert_int_equal(count(text, "</title><rect "), FLAME_ROWS_MAX);
	has(text,
	    ">not drawn: 954 frames of less than 0.01 % or below row 2048, with 1, 100% in all<");
	free(text);
	profile_free(p);
}

static void test_values(void **state)
{
	static const char *const name[] = { "f" };
	struct profile *p = one_stack(name, 1, 0);
	int64_t value = -5;
	uint32_t f = p->stacks[0], g = test_frame(p, 0, 0x2000, "g", "g", "", 0);
	char *text = svg(p, 0);

	assert_int_equal(count(text, "</title><rect "), 0);
	has(text, ">nothing to draw: no stack has a value above 0</text>");
	assert_null(strstr(text, "not drawn"));
	free(text);
	profile_add_sample(p, &g, 1, NULL, 0, &value);
	text = svg(p, 0);
	has(text, ">nothing to draw: no stack has a value above 0</text>");
	has(text, ">not drawn: 1 stacks of less than 0, with -5 in all</text>");
	free(text);
	value = INT64_MAX;
	profile_add_sample(p, &f, 1, NULL, 0, &value);
	g = test_frame(p, 0, 0x3000, "h", "h", "", 0);
	profile_add_sample(p, &g, 1, NULL, 0, &value);
	text = svg(p, 0);
	assert_int_equal(count(text, "</title><rect "),
	                 4); /* sums stay at the end of their range */
	free(text);
	profile_free(p);
	p = profile_new();
	profile_add_type(p, "samples", "count");
	text = svg(p, 0);
	has(text, ">nothing to draw");
	free(text);
	profile_free(p);
}

static void test_type(void **state)
{
	struct profile *p = test_offcpu_profile();
	char *text = svg(p, FORMAT_DEFAULT_TYPE);

	has(text, "<title>delay</title>");
	has(text, "<title>lock (1.50s, 100%)</title>");
	free(text);
	text = svg(p, 0);
	has(text, "<title>lock (7, 100%)</title>");
	free(text);
	p->types[0].type = profile_string(p, "</title><b>\x1b");
	p->types[0].unit = profile_string(p, "<i>");
	text = svg(p, 0);
	has(text, "<title>&lt;/title&gt;&lt;b&gt; </title>");
	assert_null(strstr(text, "<i>"));
	free(text);
	profile_free(p);
}

static void test_errors(void **state)
{
	refuses(&format_svg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names), cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_boxes), cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_merge), cmocka_unit_test(test_narrow),
		cmocka_unit_test(test_deep),  cmocka_unit_test(test_values),
		cmocka_unit_test(test_type),  cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
