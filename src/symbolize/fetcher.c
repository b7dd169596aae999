// SPDX-License-Identifier: Apache-2.0
/* The keeper: gives up the rights, makes the directory, starts who asks, and removes the directory. */
#include "symbolize/fetcher.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sandbox.h"

#define CPU_SECONDS 300
#define OPEN_FILES  16 /* while the directory is removed */

int fetcher_reply(int fd, const struct fetch_reply *r, const int files[2])
{
	char control[CMSG_SPACE(2 * sizeof(int))] __attribute__((aligned(8))) = { 0 };
	struct iovec part = { .iov_base = (void *)r, .iov_len = sizeof(*r) };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1 };
	size_t size = (files && files[0] >= 0 ? files[1] >= 0 ? 2 : 1 : 0) * sizeof(int);
	struct cmsghdr *c = (struct cmsghdr *)control;

	if (size) {
		m.msg_control = control;
		m.msg_controllen = CMSG_SPACE(size);
		*c = (struct cmsghdr){ CMSG_LEN(size), SOL_SOCKET, SCM_RIGHTS };
		memcpy(CMSG_DATA(c), files, size);
	}
	return sendmsg(fd, &m, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static void fail(int fd, int err, const char *what) __attribute__((noreturn));
static void fail(int fd, int err, const char *what)
{
	struct fetch_reply r = { .status = err };

	snprintf(r.why, sizeof(r.why), "%s: %s", what, strerror(-err));
	fetcher_reply(fd, &r, NULL);
	_exit(1);
}

/* The terminal is closed too: who is taken over would write to it. 'fd' is above it. */
static int close_all_but(int fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), i;

	if (null < 0 || fd < 3)
		return null < 0 ? -errno : -EBADF;
	for (i = 0; i < 3; i++)
		if (dup2(null, i) < 0)
			return -errno;
	if ((fd > 3 && syscall(SYS_close_range, 3, fd - 1, 0)) ||
	    syscall(SYS_close_range, fd + 1, ~0u, 0))
		return -errno;
	return 0;
}

/* A refused limit is no error: some containers refuse them all. */
static void limit(int what, rlim_t value)
{
	struct rlimit r = { .rlim_cur = value, .rlim_max = value };

	setrlimit(what, &r);
}

static void begin_asking(int fd, pid_t keeper, const char *dir, const char *urls)
	__attribute__((noreturn));
static void begin_asking(int fd, pid_t keeper, const char *dir, const char *urls)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != keeper)
		_exit(1);
	limit(RLIMIT_CPU, CPU_SECONDS);
	limit(RLIMIT_CORE, 0);
	fetcher_ask(fd, dir, urls);
	_exit(0);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	remove(path);
	return 0;
}

/* Until the other process ends, or is to: the end of ebprof, however it came, is such a signal too. */
static void keep(pid_t pid)
{
	sigset_t set;
	int sig;

	sigfillset(&set);
	do {
		sig = sigwaitinfo(&set, NULL);
		if (sig == SIGTERM)
			kill(pid, SIGKILL);
	} while (sig != SIGTERM && sig != SIGCHLD);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
	}
}

void fetcher_main(int fd, pid_t parent, const char *urls)
{
	const char *tmp = getenv("TMPDIR");
	char dir[PATH_MAX];
	pid_t self, pid;
	sigset_t all;
	int err;

	sigfillset(&all); /* Ctrl-C is for ebprof, which still wants names */
	sigprocmask(SIG_BLOCK, &all, NULL);
	signal(SIGCHLD, SIG_DFL);
	prctl(PR_SET_NAME, "ebprof-fetch");
	fd = fcntl(fd, F_DUPFD_CLOEXEC, 3); /* a closed standard input may be its number */
	err = close_all_but(fd);
	if (err)
		fail(fd, err, "cannot close files");
	err = sandbox_be_nobody();
	if (err)
		fail(fd, err, "cannot give up the rights of root");
	prctl(PR_SET_PDEATHSIG, SIGTERM); /* not before: a change of user forgets it */
	if (getppid() != parent)
		_exit(1);
	snprintf(dir, sizeof(dir), "%s/ebprof-debuginfod.XXXXXX", tmp && *tmp ? tmp : "/var/tmp");
	if (!mkdtemp(dir))
		fail(fd, -errno, dir);
	self = getpid();
	pid = fork();
	if (!pid)
		begin_asking(fd, self, dir, urls);
	close(fd);
	if (pid > 0)
		keep(pid);
	nftw(dir, remove_one, OPEN_FILES, FTW_DEPTH | FTW_PHYS);
	_exit(0);
}
