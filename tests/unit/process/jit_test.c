// SPDX-License-Identifier: Apache-2.0
/* The perf map of this very process: needs no rights. What takes another user is a live test. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "process/state.h"

static char path[40];

/* Only this process, read from /proc. */
static struct processes *own(const struct image **im)
{
	struct processes_options o = { .all = false };
	struct processes *ps = processes_new(&o, NULL);
	int dir = proc_open((uint32_t)getpid());
	struct proc_stat st;

	assert_non_null(ps);
	assert_int_equal(proc_stat_read(dir, &st), 0);
	close(dir);
	processes_want(ps, (uint32_t)getpid());
	processes_scan_wants(ps);
	*im = processes_find(ps, (uint32_t)getpid(), st.start, 9);
	assert_non_null(*im);
	return ps;
}

static void write_file(const char *name, const char *text)
{
	FILE *f = fopen(name, "we");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int begin(void **state)
{
	snprintf(path, sizeof(path), "/tmp/perf-%d.map", (int)getpid());
	remove(path);
	return 0;
}

static int end(void **state)
{
	remove(path);
	return 0;
}

static void a_map(void **state)
{
	const struct image *im;
	struct processes *ps = own(&im);
	char text[8] = "";
	int fd;

	assert_int_equal(processes_open_perfmap(ps, im), -ENOENT);
	write_file(path, "1 2 a\n");
	fd = processes_open_perfmap(ps, im);
	assert_true(fd >= 0);
	assert_int_equal(read(fd, text, sizeof(text)), 6);
	assert_string_equal(text, "1 2 a\n");
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	close(fd);
	processes_free(ps);
}

static void no_map(void **state)
{
	static const struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
	const struct image *im;
	struct processes *ps = own(&im);

	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_int_equal(processes_open_perfmap(ps, im), -ELOOP);
	remove(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(processes_open_perfmap(ps, im), -EINVAL);
	remove(path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(processes_open_perfmap(ps, im), -EINVAL);
	remove(path);
	write_file(path, "1 2 a\n");
	assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
	assert_int_equal(processes_open_perfmap(ps, im), -ESTALE);
	processes_free(ps);
}

/* Another program of the process, or another process of that number, has not written it. */
static void not_this_program(void **state)
{
	const struct image *im;
	struct processes *ps = own(&im);
	struct image other = *im;

	write_file(path, "1 2 a\n");
	assert_int_equal(processes_open_perfmap(ps, &other), -ESRCH);
	other.pid = 1u << 30;
	assert_int_equal(processes_open_perfmap(ps, &other), -ESRCH);
	processes_free(ps);
}

static void memory_that_may_hold_code(void **state)
{
	struct file anon = { .kind = FILE_ANON, .path = (char *)"//anon" };
	struct file memfd = { .kind = FILE_REGULAR, .path = (char *)"/memfd:doublemapper" };
	struct file regular = { .kind = FILE_REGULAR, .path = (char *)"/lib/libc.so.6" };
	struct mapping m = { .file = &anon };

	assert_true(mapping_may_be_jit(&m));
	m.file = &memfd;
	assert_true(mapping_may_be_jit(&m));
	m.file = &regular;
	assert_false(mapping_may_be_jit(&m));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_map, begin, end),
		cmocka_unit_test_setup_teardown(no_map, begin, end),
		cmocka_unit_test_setup_teardown(not_this_program, begin, end),
		cmocka_unit_test(memory_that_may_hold_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
