// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "preload/environ.c"

const struct preload_settings preload_settings = { .path = "/proc/1/fd/9" };

static void restored(char **with, const char *const *want)
{
	char **own = environ;
	size_t i;

	environ = with;
	environ_restore();
	environ = own;
	for (i = 0; want[i]; i++)
		assert_string_equal(with[i], want[i]);
	assert_null(with[i]);
}

static void test_restore(void **state)
{
	char alone[] = "LD_PRELOAD=/proc/1/fd/9", first[] = "LD_PRELOAD=/proc/1/fd/9:a.so b.so",
	     blank[] = "LD_PRELOAD=/proc/1/fd/9 a.so", other[] = "LD_PRELOAD=/usr/lib/a.so:/proc/x";

	restored((char *[]){ "A=1", alone, "B=2", NULL }, (const char *[]){ "A=1", "B=2", NULL });
	restored((char *[]){ alone, NULL }, (const char *[]){ NULL });
	restored((char *[]){ "A=1", NULL }, (const char *[]){ "A=1", NULL });
	restored((char *[]){ NULL }, (const char *[]){ NULL });
	restored((char *[]){ first, NULL }, (const char *[]){ "LD_PRELOAD=a.so b.so", NULL });
	restored((char *[]){ blank, NULL }, (const char *[]){ "LD_PRELOAD=a.so", NULL });
	restored((char *[]){ other, "A=1", NULL },
	         (const char *[]){ "LD_PRELOAD=/usr/lib/a.so:/proc/x", "A=1", NULL });
}

static void test_given_descriptor(void **state)
{
	int fd = open("/dev/null", O_RDONLY);
	char given[64];

	snprintf(given, sizeof(given), "LD_PRELOAD=/proc/self/fd/%d", fd);
	restored((char *[]){ given, NULL }, (const char *[]){ NULL });
	assert_int_equal(fcntl(fd, F_GETFD), -1);
}

static void test_copy(void **state)
{
	char *to[4], text[64], small[24];
	char *two[] = { "LD_PRELOAD=a.so", "B=2", NULL }, *one[] = { "A=1", NULL };

	assert_true(environ_copy(to, text, sizeof(text), one));
	assert_string_equal(to[0], "A=1");
	assert_string_equal(to[1], "LD_PRELOAD=/proc/1/fd/9");
	assert_null(to[2]);
	assert_true(environ_copy(to, text, sizeof(text), two));
	assert_string_equal(to[0], "LD_PRELOAD=/proc/1/fd/9:a.so");
	assert_string_equal(to[1], "B=2");
	assert_null(to[2]);
	assert_true(environ_copy(to, text, sizeof(text), NULL));
	assert_string_equal(to[0], "LD_PRELOAD=/proc/1/fd/9");
	assert_null(to[1]);
	assert_true(environ_copy(to, small, sizeof(small), one));
	assert_false(environ_copy(to, small, sizeof(small), two));
	assert_false(environ_copy(to, small, sizeof(small) - 1, one));
}

static void test_value(void **state)
{
	char *from[] = { "PATHS=1", "PATH=/a:/b", NULL };

	assert_string_equal(environ_value(from, "PATH"), "/a:/b");
	assert_null(environ_value(from, "PAT"));
	assert_null(environ_value(NULL, "PATH"));
	assert_int_equal(environ_cnt(from), 2);
	assert_int_equal(environ_cnt(NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_restore),
		cmocka_unit_test(test_given_descriptor),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
