// SPDX-License-Identifier: Apache-2.0
/* Debug files from a "server" that is a directory: libdebuginfod reads file:// too. */
#include "elf/tools.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <time.h>

#include "base/err.h"
#include "elf/elf.h"
#include "symbolize/fetch.h"

static char url[64];

static pid_t child_of_this(void)
{
	char path[64];
	FILE *children;
	int pid = -1;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	children = fopen(path, "re");
	assert_non_null(children);
	assert_int_equal(fscanf(children, "%d", &pid), 1);
	fclose(children);
	return pid;
}

/* NULL: the library is not on this machine, which is the only excuse. */
static struct fetch *open_or_skip(const char *urls)
{
	struct err e = { "" };
	struct fetch *f = fetch_open(urls, &e);

	if (!f && strstr(e.msg, "libdebuginfod1"))
		skip();
	if (!f)
		fail_msg("%s", e.msg);
	return f;
}

static void served(void **state)
{
	struct fetch *f = open_or_skip(url);
	struct fetched got = { -5, -5 };
	struct elf_file *elf;
	char id[64];

	assert_int_equal(fetch_debug(f, "abcdef01", &got), 0);
	assert_true(got.debug_fd >= 0);
	assert_int_equal(got.alt_fd, -1);
	elf = elf_open(got.debug_fd);
	assert_non_null(elf);
	assert_int_equal(elf_build_id(elf, id, sizeof(id)), 0);
	assert_string_equal(id, "abcdef01");
	elf_close(elf);
	close(got.debug_fd);
	fetch_close(f);
}

static void refused(void **state)
{
	struct fetch *f = open_or_skip(url);
	struct fetched got = { -5, -5 };
	char name[256];

	assert_int_equal(fetch_debug(f, "abcdef02", &got), -ESTALE);
	assert_int_equal(fetch_debug(f, "abcdef03", &got), -ESTALE); /* no ELF at all */
	assert_int_equal(fetch_debug(f, "abcdef04", &got), -ENOENT);
	assert_int_equal(fetch_debug(f, "../../x", &got), -EINVAL);
	assert_int_equal(fetch_debug(f, "", &got), -EINVAL);
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = 0;
	assert_int_equal(fetch_debug(f, name, &got), -EINVAL);
	assert_int_equal(got.debug_fd, -5);
	assert_int_equal(fetch_debug(f, "abcdef01", &got), 0);
	close(got.debug_fd);
	fetch_close(f);
}

/* A limit of this process is one of what is fetched, and of all files together. */
static void too_large(void **state)
{
	struct rlimit was, small;
	struct fetched got;
	struct fetch *f;

	getrlimit(RLIMIT_FSIZE, &was);
	small = was;
	small.rlim_cur = 4096;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	f = fetch_open(url, NULL);
	setrlimit(RLIMIT_FSIZE, &was);
	if (!f)
		skip();
	assert_int_equal(fetch_debug(f, "abcdef01", &got), -EFBIG);
	assert_int_equal(fetch_debug(f, "abcdef04", &got), -ENOENT);
	fetch_close(f);
}

static void nobody_answers(void **state)
{
	struct fetch *f = open_or_skip("http://127.0.0.1:1");
	struct fetched got;

	assert_int_equal(fetch_debug(f, "abcdef01", &got), -ENOTCONN);
	assert_int_equal(fetch_debug(f, "abcdef01", &got), -ENOTCONN);
	fetch_close(f);
	fetch_close(NULL);
}

static void nothing_stays(void **state)
{
	DIR *dir = opendir(getenv("TMPDIR"));
	struct dirent *e;

	assert_non_null(dir);
	while ((e = readdir(dir)))
		assert_true(e->d_name[0] == '.');
	closedir(dir);
}

static int begin(void **state)
{
	static char tmp[64];

	if (tools_begin(state))
		return -1;
	snprintf(url, sizeof(url), "file://%s", tools_dir);
	snprintf(tmp, sizeof(tmp), "%s/tmp", tools_dir);
	setenv("TMPDIR", tmp, 1);
	return !tools_run("chmod 755 . && mkdir -m 1777 tmp && for n in 1 2 3; do"
	                  " mkdir -p buildid/abcdef0$n; done &&"
	                  "gcc -g -Wl,--build-id=0xabcdef01 -o whole p.c -w &&"
	                  "objcopy --only-keep-debug whole buildid/abcdef01/debuginfo &&"
	                  "cp buildid/abcdef01/debuginfo buildid/abcdef02 &&"
	                  "echo text > buildid/abcdef03/debuginfo");
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* One that does not end, as in a file system that does not answer, holds nobody up. */
static void stuck(void **state)
{
	struct fetch *f = open_or_skip(url);
	pid_t keeper = child_of_this();
	int64_t from;

	assert_int_equal(kill(keeper, SIGSTOP), 0);
	from = now_ms();
	fetch_close(f);
	assert_in_range(now_ms() - from, 0, 3000);
	assert_int_equal(kill(keeper, SIGCONT), 0);
	assert_int_equal(waitpid(keeper, NULL, 0), keeper);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(served),    cmocka_unit_test(refused),
		cmocka_unit_test(too_large), cmocka_unit_test(nobody_answers),
		cmocka_unit_test(stuck),     cmocka_unit_test(nothing_stays),
	};

	return cmocka_run_group_tests_name("fetch", tests, begin, tools_end);
}
