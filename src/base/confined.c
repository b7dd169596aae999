// SPDX-License-Identifier: Apache-2.0
#include "base/confined.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/sandbox.h"

enum {
	/* Exit statuses of what did not become the program; shells have them too. */
	NOT_CONFINED = 126,
	NOT_FOUND = 127,
	WALL_TIMES = 6, /* others run too */
	READ_BYTES = 64 << 10,
};

struct reading {
	const struct confined *c;
	confined_line_fn *line;
	void *arg;
	int64_t end_ms;
	uint64_t bytes;
	size_t len; /* of the line that is not complete */
	char text[CONFINED_LINE_MAX];
	char block[READ_BYTES];
};

/* Above the standard ones, which the others become. */
static int moved(int fd)
{
	return fcntl(fd, F_DUPFD, STDERR_FILENO + 1);
}

static int enter(const struct confined *c, pid_t parent, int out)
{
	static const int fds[] = { STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO };
	int nowhere = moved(open("/dev/null", O_WRONLY | O_CLOEXEC)), in = moved(c->input);

	out = moved(out);
	if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
	    dup2(nowhere, STDERR_FILENO) < 0)
		return -EPERM;
	if (sandbox_be_nobody() || sandbox_begin(parent, fds, 3, c->seconds))
		return -EPERM;
	return sandbox_become(c->argv, STDIN_FILENO, c->memory_bytes);
}

/* A process that becomes the program; its output is at *from. Its pid or -errno. */
static pid_t start(const struct confined *c, int *from)
{
	pid_t self = getpid(), pid;
	int to;

	pid = sandbox_fork(from, &to);
	if (!pid)
		_exit(enter(c, self, to) == -ENOENT ? NOT_FOUND : NOT_CONFINED);
	return pid;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* 0: something can be read, or -ETIME or -errno. */
static int wait_for(const struct reading *r, int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int64_t left;
	int n;

	do {
		left = r->end_ms - now_ms();
		n = left > 0 ? poll(&p, 1, (int)left) : 0;
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n ? 0 : -ETIME;
}

static int end_line(struct reading *r)
{
	r->text[r->len] = 0;
	r->len = 0;
	return r->line(r->arg, r->text);
}

static int take(struct reading *r, const char *bytes, size_t size)
{
	const char *newline;
	size_t n, room;
	int err = 0;

	while (!err && size) {
		newline = memchr(bytes, '\n', size);
		n = newline ? (size_t)(newline - bytes) : size;
		room = sizeof(r->text) - 1 - r->len;
		room = n < room ? n : room;
		memcpy(r->text + r->len, bytes, room);
		r->len += room;
		if (newline)
			err = end_line(r);
		n += newline != NULL;
		bytes += n;
		size -= n;
	}
	return err;
}

/* Everything that the program writes: 0 or why it is to end. */
static int read_all(struct reading *r, int fd)
{
	ssize_t got = 1;
	int err = 0;

	while (!err && got) {
		err = wait_for(r, fd);
		got = err ? 0 : read(fd, r->block, sizeof(r->block));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		r->bytes += (size_t)got;
		if (!err && r->bytes > r->c->output_bytes)
			return -EFBIG;
		if (!err)
			err = take(r, r->block, (size_t)got);
	}
	return !err && r->len ? end_line(r) : err;
}

/* Waits for the end of who has closed its output, but not for ever; then how it ended. */
static int reap(const struct reading *r, pid_t pid, int err)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0), status = 0;

	if (!err && pidfd >= 0)
		err = wait_for(r, pidfd);
	if (err)
		kill(pid, SIGKILL);
	if (pidfd >= 0)
		close(pidfd);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (err)
		return err;
	if (WIFSIGNALED(status)) /* SIGKILL: the limit of CPU time */
		return WTERMSIG(status) == SIGKILL ? -ETIME : -EIO;
	if (WEXITSTATUS(status) == NOT_FOUND)
		return -ENOENT;
	return WEXITSTATUS(status) == NOT_CONFINED ? -EPERM : WEXITSTATUS(status);
}

int confined_run(const struct confined *c, confined_line_fn *line, void *arg)
{
	struct reading *r = calloc(1, sizeof(*r));
	int from = -1, err;
	pid_t pid;

	if (!r)
		return -ENOMEM;
	r->c = c;
	r->line = line;
	r->arg = arg;
	r->end_ms = now_ms() + (int64_t)c->seconds * 1000 * WALL_TIMES;
	pid = start(c, &from);
	err = pid < 0 ? pid : read_all(r, from);
	if (pid >= 0) {
		close(from);
		err = reap(r, pid, err);
	}
	free(r);
	return err;
}
