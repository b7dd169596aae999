// SPDX-License-Identifier: Apache-2.0
/* A result appears complete or not at all, and nothing else stays in its directory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "format/output.h"

static char dir[] = "/tmp/output_test.XXXXXX";

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	return remove(path);
}

static int enter(void **state)
{
	memset(dir + sizeof(dir) - 7, 'X', 6);
	return mkdtemp(dir) && !chdir(dir) ? 0 : -1;
}

static int leave(void **state)
{
	return chdir("/") ? -1 : nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* How many names there are in the directory. */
static int entries(void)
{
	DIR *d = opendir(".");
	int cnt = -2; /* . and .. */

	assert_non_null(d);
	while (readdir(d))
		cnt++;
	closedir(d);
	return cnt;
}

static void put_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void expect_text(const char *path, const char *text)
{
	char buf[256] = "";
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	buf[fread(buf, 1, sizeof(buf) - 1, f)] = 0;
	fclose(f);
	assert_string_equal(buf, text);
}

static struct output *open_ok(const char *path)
{
	struct err e = { "" };
	struct output *o = output_open(path, &e);

	if (!o)
		fail_msg("%s", e.msg);
	fputs("result", output_file(o));
	return o;
}

static void save(const char *path)
{
	struct err e = { "" };

	if (output_commit(open_ok(path), &e))
		fail_msg("%s", e.msg);
}

static void refuse(const char *path, int code, const char *why)
{
	struct err e = { "" };

	errno = 0;
	assert_null(output_open(path, &e));
	assert_int_equal(errno, code);
	assert_string_equal(e.msg, why);
}

static void test_new_file(void **state)
{
	struct stat st;

	save("new");
	expect_text("new", "result");
	assert_int_equal(stat("new", &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	assert_int_equal(entries(), 1);
}

static void test_absolute_path(void **state)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/./abs", dir);
	save(path);
	expect_text("abs", "result");
}

static void test_old_file(void **state)
{
	struct output *o;
	struct stat st;

	put_text("old", "what was there");
	chmod("old", 0644);
	assert_int_equal(link("old", "other name"), 0);
	o = open_ok("old");
	fflush(output_file(o));
	expect_text("old", "what was there");
	assert_int_equal(output_commit(o, NULL), 0);
	expect_text("old", "result");
	expect_text("other name", "what was there");
	assert_int_equal(stat("old", &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	assert_int_equal(entries(), 2);
}

static void test_abort(void **state)
{
	put_text("old", "what was there");
	output_abort(open_ok("old"));
	output_abort(open_ok("new"));
	output_abort(NULL);
	expect_text("old", "what was there");
	assert_int_equal(entries(), 1);
}

static void test_symlink(void **state)
{
	struct stat st;

	put_text("precious", "what was there");
	assert_int_equal(symlink("precious", "link"), 0);
	assert_int_equal(symlink("nowhere", "dangling"), 0);
	assert_int_equal(symlink("loop", "loop"), 0);
	save("link");
	save("dangling");
	save("loop");
	expect_text("precious", "what was there");
	assert_int_equal(lstat("link", &st), 0);
	assert_true(S_ISREG(st.st_mode));
	expect_text("link", "result");
	expect_text("dangling", "result");
	expect_text("loop", "result");
	assert_int_equal(access("nowhere", F_OK), -1);
	assert_int_equal(entries(), 4);
}

static void test_directory(void **state)
{
	assert_int_equal(mkdir("sub", 0700), 0);
	assert_int_equal(symlink("sub", "to sub"), 0);
	refuse("sub", EISDIR,
	       "cannot write 'sub': Is a directory; give the name of a file in it with -o");
	refuse("sub/", EISDIR,
	       "cannot write 'sub/': Is a directory; give the name of a file in it with -o");
	refuse("to sub", EISDIR,
	       "cannot write 'to sub': Is a directory; give the name of a file in it with -o");
	refuse(".", EISDIR,
	       "cannot write '.': Is a directory; give the name of a file in it with -o");
	refuse("/", EISDIR,
	       "cannot write '/': Is a directory; give the name of a file in it with -o");
	assert_int_equal(entries(), 2);
}

static void test_no_directory(void **state)
{
	put_text("file", "");
	refuse("no/new", ENOENT,
	       "cannot write 'no/new': No such file or directory; make the directory first or write "
	       "elsewhere with -o");
	refuse("file/new", ENOTDIR,
	       "cannot write 'file/new': Not a directory; write to a file in a directory with -o");
	refuse("", ENOENT,
	       "cannot write '': No such file or directory; make the directory first or write "
	       "elsewhere with -o");
}

/* root may write anywhere: it is nobody meanwhile. */
static void test_read_only_directory(void **state)
{
	bool is_root = !geteuid();

	assert_int_equal(mkdir("ro", 0555), 0);
	chmod(dir, 0755);
	if (is_root)
		assert_int_equal(seteuid(65534), 0);
	refuse("ro/new", EACCES,
	       "cannot write 'ro/new': Permission denied; write to a directory that is yours with -o");
	if (is_root)
		assert_int_equal(seteuid(0), 0);
	assert_null(output_open("/proc/new", NULL));
}

/* The directory can be written and searched, not read. */
static void test_blind_directory(void **state)
{
	bool is_root = !geteuid();

	assert_int_equal(mkdir("blind", 0700), 0);
	chmod("blind", 0733);
	chmod(dir, 0755);
	if (is_root)
		assert_int_equal(seteuid(65534), 0);
	else
		chmod("blind", 0300);
	save("blind/new");
	expect_text("blind/new", "result");
	if (is_root)
		assert_int_equal(seteuid(0), 0);
	chmod("blind", 0700);
}

static void test_fifo(void **state)
{
	char buf[16] = "";
	struct stat st;
	int fd;

	assert_int_equal(mkfifo("fifo", 0600), 0);
	fd = open("fifo", O_RDONLY | O_NONBLOCK);
	assert_true(fd >= 0);
	save("fifo");
	assert_int_equal(read(fd, buf, sizeof(buf)), 6);
	assert_string_equal(buf, "result");
	close(fd);
	assert_int_equal(lstat("fifo", &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
	assert_int_equal(entries(), 1);
}

static void test_devices(void **state)
{
	struct err e = { "" };
	struct stat st;

	save("/dev/null");
	assert_int_equal(stat("/dev/null", &st), 0);
	assert_true(S_ISCHR(st.st_mode));
	assert_int_equal(symlink("/dev/full", "full"), 0);
	assert_int_equal(output_commit(open_ok("full"), &e), -ENOSPC);
	assert_string_equal(e.msg,
	                    "cannot write 'full': No space left on device; free some space or "
	                    "write to another file system with -o");
	assert_int_equal(output_commit(open_ok("/dev/full"), &e), -ENOSPC);
	assert_int_equal(entries(), 1);
}

static void write_to_fd(const char *form, int fd)
{
	char path[64];

	snprintf(path, sizeof(path), form, fd);
	save(path);
}

/* An open file is written where it stands, even when it has a name. */
static void test_own_fd(void **state)
{
	int fd = open("file", O_RDWR | O_CREAT, 0600), fds[2];
	char buf[16] = "";

	assert_int_equal(write(fd, "head ", 5), 5);
	write_to_fd("/dev/fd/%d", fd);
	write_to_fd("/proc/self/fd/%d", fd);
	expect_text("file", "head resultresult");
	close(fd);
	assert_int_equal(pipe(fds), 0);
	write_to_fd("/dev/fd/%d", fds[1]);
	assert_int_equal(read(fds[0], buf, sizeof(buf)), 6);
	close(fds[0]);
	close(fds[1]);
	write_to_fd("/dev/fd/%d", open("/dev/null", O_WRONLY));
	assert_int_equal(entries(), 1);
	assert_null(output_open("/dev/fd/999", NULL));
}

static void write_as_stdout(const char *path)
{
	int keep = dup(STDOUT_FILENO), fd = open("out", O_WRONLY | O_CREAT | O_APPEND, 0600);
	struct stat st;

	fflush(stdout);
	dup2(fd, STDOUT_FILENO);
	save(path);
	dup2(keep, STDOUT_FILENO);
	close(keep);
	close(fd);
	assert_int_equal(lstat("/dev/stdout", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
}

static void test_stdout(void **state)
{
	write_as_stdout("-");
	expect_text("out", "result");
	write_as_stdout("/dev/stdout");
	expect_text("out", "resultresult");
	write_as_stdout("/dev/../dev//stdout");
	expect_text("out", "resultresultresult");
	assert_int_equal(access("-", F_OK), -1);
	assert_int_equal(entries(), 1);
}

static void test_broken_pipe(void **state)
{
	struct err e = { "" };
	struct output *o;
	int fds[2];
	char path[64];

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(fds), 0);
	snprintf(path, sizeof(path), "/dev/fd/%d", fds[1]);
	o = open_ok(path);
	close(fds[0]);
	assert_int_equal(output_commit(o, &e), -EPIPE);
	assert_non_null(strstr(e.msg, "Broken pipe; its reader has ended"));
	close(fds[1]);
	signal(SIGPIPE, SIG_DFL);
}

/* A file that may not grow stands for a file system that is full. */
static void test_too_large(void **state)
{
	struct rlimit old, small = { 3, RLIM_INFINITY };
	struct err e = { "" };
	struct output *o;

	put_text("old", "what was there");
	o = open_ok("old");
	getrlimit(RLIMIT_FSIZE, &old);
	small.rlim_max = old.rlim_max;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &small);
	assert_int_equal(output_commit(o, &e), -EFBIG);
	setrlimit(RLIMIT_FSIZE, &old);
	signal(SIGXFSZ, SIG_DFL);
	assert_string_equal(e.msg,
	                    "cannot write 'old': File too large; raise the limit on file sizes "
	                    "(ulimit -f) or write elsewhere with -o");
	expect_text("old", "what was there");
	assert_int_equal(entries(), 1);
}

static void test_fail(void **state)
{
	struct err e = { "" };

	assert_int_equal(output_fail(open_ok("new"), -EIO, &e), -EIO);
	assert_string_equal(e.msg,
	                    "cannot write 'new': Input/output error; write elsewhere with -o");
	assert_int_equal(entries(), 0);
}

/* The target became a directory, which rename(2) refuses. */
static void test_lost_race(void **state)
{
	struct err e = { "" };
	struct output *o = open_ok("new");

	assert_int_equal(mkdir("new", 0700), 0);
	assert_int_equal(output_commit(o, &e), -EISDIR);
	assert_int_equal(entries(), 1);
	o = open_ok("later");
	assert_int_equal(mkdir("later", 0700), 0);
	assert_int_equal(rmdir("later"), 0);
	assert_int_equal(output_commit(o, &e), 0);
}

static void test_killed(void **state)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGKILL };
	struct output *o;
	size_t i;
	pid_t pid;
	int status;

	for (i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		pid = fork();
		if (!pid) {
			o = output_open("new", NULL);
			fputs("half", output_file(o));
			fflush(output_file(o));
			raise(signals[i]);
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == signals[i]);
		assert_int_equal(entries(), 0);
	}
}

/* Many commits, and a SIGTERM somewhere in them: a file is old, new, or not there. */
static void test_killed_in_commit(void **state)
{
	int status, i;
	pid_t pid;

	for (i = 0; i < 30; i++) {
		pid = fork();
		if (!pid)
			for (;;)
				save("new");
		usleep(1000 + (unsigned int)i * 317);
		kill(pid, SIGTERM);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		assert_true(entries() <= 1);
		if (entries())
			expect_text("new", "result");
	}
}

static void test_sudo(void **state)
{
	struct stat st;

	if (geteuid())
		return;
	setenv("SUDO_UID", "1234", 1);
	setenv("SUDO_GID", "5678", 1);
	save("users");
	setenv("SUDO_GID", "-1", 1);
	save("wrong");
	setenv("SUDO_GID", "5678x", 1);
	save("wrong too");
	unsetenv("SUDO_UID");
	unsetenv("SUDO_GID");
	assert_int_equal(stat("users", &st), 0);
	assert_true(st.st_uid == 1234 && st.st_gid == 5678 && st.st_mode == (S_IFREG | 0600));
	assert_int_equal(stat("wrong", &st), 0);
	assert_int_equal(st.st_uid, 0);
	assert_int_equal(stat("wrong too", &st), 0);
	assert_int_equal(st.st_uid, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_new_file),         TEST(test_absolute_path),
		TEST(test_old_file),         TEST(test_abort),
		TEST(test_symlink),          TEST(test_directory),
		TEST(test_no_directory),     TEST(test_read_only_directory),
		TEST(test_blind_directory),  TEST(test_fifo),
		TEST(test_devices),          TEST(test_own_fd),
		TEST(test_stdout),           TEST(test_broken_pipe),
		TEST(test_too_large),        TEST(test_fail),
		TEST(test_lost_race),        TEST(test_killed),
		TEST(test_killed_in_commit), TEST(test_sudo),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
