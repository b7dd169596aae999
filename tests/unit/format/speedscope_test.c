// SPDX-License-Identifier: Apache-2.0
/* speedscope's format to the byte; tests/consumers/graphs.sh has its own code read it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "version.h"
#include "written.h"

#define HEAD                                                                     \
	"{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",\n" \
	"\"exporter\":\"ebprof@" EBPROF_VERSION "\",\"name\":"

static void expect(struct profile *p, const char *want)
{
	char *text = written(&format_speedscope, p, FORMAT_DEFAULT_TYPE, true);

	assert_string_equal(text, want);
	free(text);
	profile_free(p);
}

static void has(const struct profile *p, const char *part)
{
	char *text = written(&format_speedscope, p, 0, true);

	if (!strstr(text, part))
		fail_msg("no '%s' in %s", part, text);
	free(text);
}

static void test_types(void **state)
{
	expect(test_offcpu_profile(), HEAD
	       "\"w\",\"activeProfileIndex\":1,\n"
	       "\"shared\":{\"frames\":[\n"
	       "{\"name\":\"w\"},\n"
	       "{\"name\":\"main\",\"file\":\"/src/w.c\",\"line\":38},\n"
	       "{\"name\":\"lock\",\"file\":\"/src/w.c\",\"line\":5}]},\n"
	       "\"profiles\":[\n"
	       "{\"type\":\"sampled\",\"name\":\"contentions\",\"unit\":\"none\",\"startValue\":0,"
	       "\"endValue\":7,\"samples\":[\n[0,1,2]],\"weights\":[7]},\n"
	       "{\"type\":\"sampled\",\"name\":\"delay\",\"unit\":\"nanoseconds\",\"startValue\":0,"
	       "\"endValue\":1500000000,\"samples\":[\n[0,1,2]],\"weights\":[1500000000]},\n"
	       "{\"type\":\"sampled\",\"name\":\"runnable\",\"unit\":\"nanoseconds\",\"startValue\":0,"
	       "\"endValue\":20000,\"samples\":[\n[0,1,2]],\"weights\":[20000]}]}\n");
}

/* A function is one frame, inlined or not; what has no source has its file. */
static void test_frames(void **state)
{
	struct profile *p = test_cpu_profile("/src/work.c", 1);

	has(p, "\"frames\":[\n"
	       "{\"name\":\"w\"},\n"
	       "{\"name\":\"main\",\"file\":\"/src/work.c\",\"line\":14},\n"
	       "{\"name\":\"work\",\"file\":\"/src/work.c\",\"line\":6},\n"
	       "{\"name\":\"step\",\"file\":\"/src/work.c\",\"line\":1},\n"
	       "{\"name\":\"memcpy\",\"file\":\"/lib/libc.so.6\"},\n"
	       "{\"name\":\"do_syscall_64\",\"file\":\"[kernel.kallsyms]_text\"},\n"
	       "{\"name\":\"other\"},\n"
	       "{\"name\":\"loop\",\"file\":\"/src/o.c\",\"line\":3}]}");
	has(p,
	    "\"samples\":[\n[0,1,2,3],\n[0,1,2,3,4],\n[0,1,2,3,5],\n[6,7]],\"weights\":[80,9,6,5]}");
	profile_free(p);
}

static void expect_name(const char *name, const char *json)
{
	struct profile *p = profile_new();
	char want[4096];
	int64_t value = 1;
	uint32_t id;

	profile_add_type(p, "samples", "count");
	id = test_frame(p, 0, 1, name, name, "", 0);
	profile_add_sample(p, &id, 1, NULL, 0, &value);
	snprintf(want, sizeof(want), "\n{\"name\":\"[unknown]\"},\n{\"name\":\"%s\"}]}", json);
	has(p, want);
	profile_free(p);
}

static void test_names(void **state)
{
	char name[3001], cut[2003];

	expect_name("main", "main");
	expect_name("a\"b\\c", "a\\\"b\\\\c");
	expect_name("</script>", "\\u003c/script>");
	expect_name("\x1b[0m\t\n\x7f\xc2\x85\xe2\x80\xa9", " [0m     ");
	expect_name("\xff\xe2\x80\xae", "\xef\xbf\xbd\xef\xbf\xbd");
	memset(name, 'n', 3000);
	name[3000] = 0;
	snprintf(cut, sizeof(cut), "%.2000s..", name);
	expect_name(name, cut);
	name[2000] = 0;
	expect_name(name, name);
}

static void test_nameless(void **state)
{
	struct profile *p = profile_new();
	int64_t value = 1;
	uint32_t stack[2];

	profile_add_type(p, "samples", "count");
	stack[0] = profile_add_location(p, 0, 0xffffffffc0000000);
	stack[1] =
		profile_add_location(p, test_mapping(p, "/bin/x", "", 0x1000, 0x1000, 0), 0x1001);
	profile_add_sample(p, stack, 2, NULL, 0, &value);
	has(p,
	    "\n{\"name\":\"x\"},\n{\"name\":\"[x]\",\"file\":\"/bin/x\"},\n{\"name\":\"[unknown]\"}]}");
	profile_free(p);
}

static void test_values(void **state)
{
	struct profile *p = profile_new();
	static const int64_t values[][3] = { { 1, 5, 0 }, { -7, 2, 0 }, { -1, INT64_MAX, 0 } };
	struct profile_label label;
	uint32_t id, i;

	profile_add_type(p, "x", "count");
	profile_add_type(p, "space", "bytes");
	profile_add_type(p, "y", "fur\"longs");
	for (i = 0; i < 3; i++) {
		label = test_number_label(p, "pid", i + 1, "");
		id = test_frame(p, 0, i, i ? "b" : "a", i ? "b" : "a", "", 0);
		profile_add_sample(p, &id, 1, &label, 1, values[i]);
	}
	has(p,
	    "{\"type\":\"sampled\",\"name\":\"x, without 1 stacks of -8 in all\",\"unit\":\"none\","
	    "\"startValue\":0,\"endValue\":1,\"samples\":[\n[0,1]],\"weights\":[1]}");
	has(p, "{\"type\":\"sampled\",\"name\":\"space\",\"unit\":\"bytes\",\"startValue\":0,"
	       "\"endValue\":9223372036854775807,\"samples\":[\n[0,1],\n[0,2]],"
	       "\"weights\":[5,9223372036854775807]}");
	has(p,
	    "{\"type\":\"sampled\",\"name\":\"y in fur\\\"longs\",\"unit\":\"none\",\"startValue\":0,"
	    "\"endValue\":0,\"samples\":[],\"weights\":[]}]}\n");
	profile_free(p);
}

/* Samples that have a time stand in its order, equal stacks apart. */
static void test_times(void **state)
{
	static const int64_t times[] = { 30, 10, 20, -5 };
	struct profile *p = profile_new();
	struct profile_label label;
	uint32_t id, i;
	int64_t value;

	profile_add_type(p, "samples", "count");
	for (i = 0; i < 4; i++) {
		label = test_number_label(p, "time", times[i], "nanoseconds");
		id = test_frame(p, 0, i % 2, i % 2 ? "b" : "a", i % 2 ? "b" : "a", "", 0);
		value = i + 1;
		profile_add_sample(p, &id, 1, &label, 1, &value);
	}
	has(p,
	    "\"endValue\":10,\"samples\":[\n[0,2],\n[0,2],\n[0,1],\n[0,1]],\"weights\":[4,2,3,1]}");
	profile_free(p);
}

static void test_errors(void **state)
{
	struct format_options options = { true, 6, FORMAT_DEFAULT_TYPE };
	struct profile *p = profile_new();
	struct err e = { "" };

	refuses(&format_speedscope);
	assert_int_equal(format_speedscope.write(p, &options, stdout, &e), -EINVAL);
	assert_string_equal(e.msg, "the profile has only 0 sample types");
	profile_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types),  cmocka_unit_test(test_frames),
		cmocka_unit_test(test_names),  cmocka_unit_test(test_nameless),
		cmocka_unit_test(test_values), cmocka_unit_test(test_times),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
