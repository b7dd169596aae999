// SPDX-License-Identifier: Apache-2.0
/* What a confined program can do, and what it costs when it does not end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/confined.h"

struct said {
	char text[256]; /* the lines, with blanks between them */
	size_t longest, lines;
	int answer;
};

static int put(void *arg, char *line)
{
	struct said *s = arg;
	size_t len = strlen(s->text);

	snprintf(s->text + len, sizeof(s->text) - len, "%s%.60s", len ? " " : "", line);
	s->longest = strlen(line) > s->longest ? strlen(line) : s->longest;
	s->lines++;
	return s->answer;
}

/* A file that nobody has a name for. */
static int input(const char *text)
{
	char path[] = "/tmp/ebprof-confined.XXXXXX";
	int fd = mkstemp(path), in;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, 0644), 0);
	in = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(in >= 0);
	unlink(path);
	close(fd);
	return in;
}

static int run(struct said *s, const char *a, const char *b, const char *c)
{
	const char *argv[] = { a, b, c, NULL };
	const struct confined job = { .argv = argv,
		                      .input = input("hello\nworld\n"),
		                      .seconds = 1,
		                      .memory_bytes = 64 << 20,
		                      .output_bytes = 1 << 20 };
	int status = confined_run(&job, put, s);

	close(job.input);
	return status;
}

static void says(const char *want, int status, const char *a, const char *b, const char *c)
{
	struct said s = { .text = "" };
	int got = run(&s, a, b, c);

	if (got != status || strcmp(s.text, want) != 0)
		fail_msg("%s %s %s: %d '%s', not %d '%s'", a, b, c, got, s.text, status, want);
}

static void test_reads_what_it_is_given(void **state)
{
	says("hello world", 0, "cat", NULL, NULL);
	says("hello world", 0, "cat", "/proc/self/fd/0", NULL);
	says("3", 3, "awk", "BEGIN { print 3; exit 3 }", NULL);
}

/* https://docs.kernel.org/userspace-api/landlock.html: with this flag, the version that there is. */
static bool has_landlock(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) > 0;
}

static void test_has_no_rights(void **state)
{
	if (!geteuid())
		says("65534", 0, "id", "-u", NULL);
	says("", 1, "cat", "/etc/shadow", NULL);
	says("", 1, "touch", "/tmp/ebprof-confined-wrote", NULL);
	assert_int_equal(access("/tmp/ebprof-confined-wrote", F_OK), -1);
	says("", 2, "sh", "-c", "id; true"); /* it cannot fork */
	if (has_landlock())
		says("", 1, "cat", "/etc/passwd", NULL);
}

static void test_time_is_bounded(void **state)
{
	says("", -ETIME, "awk", "BEGIN { while (1) ; }", NULL);
}

static void test_output_is_bounded(void **state)
{
	struct said s = { .text = "" };

	assert_int_equal(run(&s, "yes", NULL, NULL), -EFBIG);
	memset(&s, 0, sizeof(s));
	assert_int_equal(
		run(&s, "awk", "BEGIN { while (n++ < 100000) printf \"x\"; print \"\" }", NULL), 0);
	assert_int_equal(s.lines, 1);
	assert_int_equal(s.longest, CONFINED_LINE_MAX - 1);
}

static void test_ends_when_it_is_not_wanted(void **state)
{
	struct said s = { .answer = -ENOMEM };

	assert_int_equal(run(&s, "yes", NULL, NULL), -ENOMEM);
	assert_int_equal(s.lines, 1);
}

static void test_no_such_program(void **state)
{
	says("", -ENOENT, "ebprof-no-such-program", NULL, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_what_it_is_given),
		cmocka_unit_test(test_has_no_rights),
		cmocka_unit_test(test_time_is_bounded),
		cmocka_unit_test(test_output_is_bounded),
		cmocka_unit_test(test_ends_when_it_is_not_wanted),
		cmocka_unit_test(test_no_such_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
