// SPDX-License-Identifier: Apache-2.0
/* A result that takes a file's place as if it were the same file: with its owner and mode, or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "format/output.h"

static char dir[] = "/tmp/output_owner_test.XXXXXX";

static int enter(void **state)
{
	return mkdtemp(dir) && !chdir(dir) && !chmod(".", 0777) ? 0 : -1;
}

static int leave(void **state)
{
	return unlink("file") || chdir("/") || rmdir(dir) ? -1 : 0;
}

static void put_file(const char *text)
{
	FILE *f = fopen("file", "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void expect_text(const char *text)
{
	char buf[16] = "";
	FILE *f = fopen("file", "r");

	assert_non_null(f);
	buf[fread(buf, 1, sizeof(buf) - 1, f)] = 0;
	fclose(f);
	assert_string_equal(buf, text);
}

static int replace(void)
{
	struct err e = { "" };
	struct output *o = output_open("file", &e);

	if (!o)
		fail_msg("%s", e.msg);
	output_keep_owner(o);
	fputs("new", output_file(o));
	return output_commit(o, &e);
}

static void test_owner_and_mode(void **state)
{
	struct stat st;

	put_file("old");
	assert_int_equal(chmod("file", 0640), 0);
	if (!geteuid())
		assert_int_equal(chown("file", 1234, 5678), 0);
	setenv("SUDO_UID", "99", 1);
	setenv("SUDO_GID", "99", 1);
	assert_int_equal(replace(), 0);
	unsetenv("SUDO_UID");
	unsetenv("SUDO_GID");
	expect_text("new");
	assert_int_equal(stat("file", &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0640);
	if (!geteuid())
		assert_true(st.st_uid == 1234 && st.st_gid == 5678);
}

/* Who may write in the directory, but not give the file its owner again, leaves it as it was. */
static void test_owner_is_another(void **state)
{
	struct stat st;

	if (geteuid())
		skip();
	unlink("file");
	put_file("old");
	assert_int_equal(seteuid(1234), 0);
	assert_int_equal(replace(), -EPERM);
	assert_int_equal(seteuid(0), 0);
	expect_text("old");
	assert_int_equal(stat("file", &st), 0);
	assert_int_equal(st.st_uid, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_owner_and_mode),
		cmocka_unit_test(test_owner_is_another),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
