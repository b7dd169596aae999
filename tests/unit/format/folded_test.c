// SPDX-License-Identifier: Apache-2.0
/* What every reader of folded stacks takes, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "written.h"

static char *folded(const struct profile *p, size_t type, bool annotations)
{
	return written(&format_folded, p, type, annotations);
}

/* The line of one sample: 'leaf' under "root", with the comm 'comm' (NULL: no label). */
static void expect(const char *comm, const char *leaf, const char *line)
{
	struct profile *p = profile_new();
	struct profile_label label;
	int64_t value = 1;
	uint32_t m, stack[2];
	char *text;

	profile_add_type(p, "samples", "count");
	m = test_mapping(p, "/usr/bin/prog", "", 0x1000, 0x1000, 0);
	if (comm)
		label = test_text_label(p, "comm", comm);
	stack[1] = test_frame(p, m, 0x1010, "root", "root", "", 0);
	if (leaf)
		stack[0] = test_frame(p, m, 0x1020, leaf, leaf, "", 0);
	profile_add_sample(p, stack, leaf ? 2 : 0, comm ? &label : NULL, !!comm, &value);
	text = folded(p, 0, true);
	assert_string_equal(text, line);
	free(text);
	profile_free(p);
}

static void test_root(void **state)
{
	expect("w", "leaf", "w;root;leaf 1\n");
	expect(NULL, "leaf", "prog;root;leaf 1\n");
	expect("", "leaf", "prog;root;leaf 1\n");
	expect("a;b", NULL, "a:b 1\n");
}

static void test_numeric_comm(void **state)
{
	struct profile *p = profile_new();
	struct profile_label label = test_number_label(p, "comm", 4, "");
	int64_t value = 1;
	char *text;

	profile_add_type(p, "samples", "count");
	profile_add_sample(p, NULL, 0, &label, 1, &value);
	text = folded(p, 0, true);
	assert_string_equal(text, "[unknown] 1\n");
	free(text);
	profile_free(p);
}

static void test_names(void **state)
{
	expect("w", "a;b;c", "w;root;a:b:c 1\n");
	expect("w",
	       "a\tb\nc\rd\x7f"
	       "e",
	       "w;root;a b c d e 1\n");
	expect("w", "c1\xc2\x85x", "w;root;c1 x 1\n");
	expect("w", "", "w;root;[unknown] 1\n");
	expect("w", "caf\xc3\xa9 \xf0\x9f\x98\x80", "w;root;caf\xc3\xa9 \xf0\x9f\x98\x80 1\n");
	expect("w", "bad\xff", "w;root;bad\xef\xbf\xbd 1\n");
	expect("w", "cut\xe2\x82", "w;root;cut\xef\xbf\xbd\xef\xbf\xbd 1\n");
	expect("w", "long\xc0\xaf", "w;root;long\xef\xbf\xbd\xef\xbf\xbd 1\n");
	expect("w", "\xf4\x90\x80\x80",
	       "w;root;\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd 1\n");
	expect("w", "a\xe2\x80\xaetxt.exe", "w;root;a\xef\xbf\xbdtxt.exe 1\n");
	expect("w", "a\xe2\x80\xa8z", "w;root;a z 1\n");
	expect("w", "# comment", "w;root;# comment 1\n");
}

static void test_trailing_numbers(void **state)
{
	expect("w", "GC Thread 3", "w;root;GC Thread_3 1\n");
	expect("w", "two  33", "w;root;two _33 1\n");
	expect("w", "x 1.5", "w;root;x_1.5 1\n");
	expect("w", "x 15.", "w;root;x_15. 1\n");
	expect("w", "x\t7", "w;root;x_7 1\n");
	expect("w", "x .5", "w;root;x .5 1\n");
	expect("w", "x .", "w;root;x . 1\n");
	expect("w", "x1.5", "w;root;x1.5 1\n");
	expect("w", "7", "w;root;7 1\n");
	expect("w", " 7", "w;root;_7 1\n");
	expect("w", "x 7 y", "w;root;x 7 y 1\n");
	expect("w", "1 2 3", "w;root;1 2_3 1\n");
	expect("comm 5", NULL, "comm_5 1\n");
	expect("comm 5", "leaf", "comm 5;root;leaf 1\n");
	expect("5", NULL, "5 1\n");
}

static void test_annotations(void **state)
{
	struct profile *p = test_cpu_profile("/src/work.c", 1);
	char *text = folded(p, 0, true);

	assert_string_equal(text, "other;loop 5\n"
	                          "w;main;work;step_[i] 80\n"
	                          "w;main;work;step_[i];do_syscall_64_[k] 6\n"
	                          "w;main;work;step_[i];memcpy 9\n");
	free(text);
	text = folded(p, 0, false);
	assert_string_equal(text, "other;loop 5\n"
	                          "w;main;work;step 80\n"
	                          "w;main;work;step;do_syscall_64 6\n"
	                          "w;main;work;step;memcpy 9\n");
	free(text);
	profile_free(p);
}

/* The waker's frames, of the kernel or not, have a mark of their own; the one between has none. */
static void test_waker(void **state)
{
	struct profile *p = profile_new();
	int64_t value = 1;
	uint32_t stack[5];
	char *text;

	profile_add_type(p, "delay", "nanoseconds");
	stack[0] = test_frame(p, 0, 0x1000, "start", "start", "", 0);
	stack[1] = test_frame(p, 0, 1ull << 63 | 1, "wake", "wake", "", 0);
	stack[2] = test_frame(p, 0, 0x1001, PROFILE_SEPARATOR, PROFILE_SEPARATOR, "", 0);
	stack[3] = test_frame(p, 0, 1ull << 63 | 2, "wait", "wait", "", 0);
	stack[4] = test_frame(p, 0, 0x1002, "main", "main", "", 0);
	profile_add_sample(p, stack, 5, NULL, 0, &value);
	text = folded(p, 0, true);
	assert_string_equal(text, "[unknown];main;wait_[k];--;wake_[w];start_[w] 1\n");
	free(text);
	text = folded(p, 0, false);
	assert_string_equal(text, "[unknown];main;wait;--;wake;start 1\n");
	free(text);
	profile_free(p);
}

static void test_nameless(void **state)
{
	struct profile *p = profile_new();
	int64_t value = 1;
	uint32_t stack[4];
	char *text;

	profile_add_type(p, "samples", "count");
	stack[3] =
		profile_add_location(p, test_mapping(p, "/bin/x", "", 0x1000, 0x1000, 0), 0x1001);
	stack[2] =
		profile_add_location(p, test_mapping(p, "[vdso]", "", 0x3000, 0x1000, 0), 0x3001);
	stack[1] = profile_add_location(p, 0, 0x5001);
	stack[0] = profile_add_location(p, 0, 0xffffffffc0000000);
	profile_add_sample(p, stack, 4, NULL, 0, &value);
	text = folded(p, 0, true);
	assert_string_equal(text, "x;[x];[vdso];[unknown];[unknown]_[k] 1\n");
	free(text);
	profile_free(p);
}

static void test_values(void **state)
{
	struct profile *p = profile_new();
	struct profile_label labels[3];
	const int64_t values[][2] = { { 1, 0 }, { 2, -5 }, { -3, 7 } };
	uint32_t a;
	char *text;
	int i;

	profile_add_type(p, "x", "count");
	profile_add_type(p, "y", "count");
	a = test_frame(p, 0, 1, "a", "a", "", 0);
	for (i = 0; i < 3; i++) { /* three samples, one line */
		labels[i] = test_number_label(p, "pid", i + 1, "");
		profile_add_sample(p, &a, 1, &labels[i], 1, values[i]);
	}
	text = folded(p, 0, true);
	assert_string_equal(text, ""); /* 0 */
	free(text);
	text = folded(p, 1, true);
	assert_string_equal(text, "[unknown];a 2\n");
	free(text);
	profile_free(p);
}

static void test_default_type(void **state)
{
	struct profile *p = test_offcpu_profile();
	char *text = folded(p, FORMAT_DEFAULT_TYPE, true);

	assert_string_equal(text, "w;main;lock 1500000000\n");
	free(text);
	p->default_type = 0;
	text = folded(p, FORMAT_DEFAULT_TYPE, true);
	assert_string_equal(text, "w;main;lock 20000\n");
	free(text);
	text = folded(p, 0, true);
	assert_string_equal(text, "w;main;lock 7\n");
	free(text);
	profile_free(p);
}

static void test_errors(void **state)
{
	struct format_options options = { true, 6, 0 };
	struct profile *p = profile_new();
	struct err e = { "" };

	refuses(&format_folded);
	assert_int_equal(format_folded.write(p, &options, stdout, &e), 0);
	profile_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_root),         cmocka_unit_test(test_numeric_comm),
		cmocka_unit_test(test_names),        cmocka_unit_test(test_trailing_numbers),
		cmocka_unit_test(test_annotations),  cmocka_unit_test(test_nameless),
		cmocka_unit_test(test_waker),        cmocka_unit_test(test_values),
		cmocka_unit_test(test_default_type), cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
