// SPDX-License-Identifier: Apache-2.0
#include "symbolize/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/sandbox.h"
#include "process/file.h"
#include "symbolize/beside.h"
#include "symbolize/fetch.h"
#include "symbolize/jit.h"

#define MEMORY_BYTES (1ull << 30) /* beside what the files' sizes take */
#define MEMORY_TIMES 8            /* a file's size: sections may be compressed */
#define ANSWER_MAX   (256u << 20)
#define READ_BYTES   (256u << 10)
#define SOURCES_MAX  8
#define WORKING_NS   10000000 /* CPU time that shows that a silent worker works */
#define WALL_TIMES   6        /* how many times its seconds it may take in all: others run too */
#define REAP_MS      1000     /* that the end of one that was killed takes at most */

/* --- in the worker --- */

static void ask(const struct worker_job *job, void *const *states, struct answer_writer *w)
{
	struct names_frame frames[NAMES_MAX];
	size_t i, s, n;

	for (i = 0; i < job->cnt; i++) {
		for (n = 0, s = 0; !n && s < job->source_cnt; s++)
			if (states[s])
				n = job->sources[s]->find(states[s], job->offsets[i], frames,
				                          NAMES_MAX);
		if (n)
			answer_put(w, (uint32_t)i, frames, n);
	}
}

static int fd_or_none(int fd)
{
	return fd < 0 ? -1 : fd;
}

/* 'dwo': where .dwo files can be asked for, -1 = nowhere. */
static int work(const struct worker_job *job, int fd, const struct beside *b, int dwo)
{
	struct names_open o = { .file = job->file,
		                .jit = job->jit,
		                .debug_fd = fd_or_none(b->debug_fd),
		                .alt_fd = fd_or_none(b->alt_fd),
		                .dwp_fd = fd_or_none(b->dwp_fd),
		                .dwo = dwo < 0 ? NULL : &dwo };
	void *states[SOURCES_MAX] = { NULL };
	struct answer_writer *w = malloc(sizeof(*w));
	struct answer_end end = { .mismatch = b->mismatch, .lacks = b->lacks };
	size_t s;

	if (!w || answer_open(w, fd))
		return -ENOMEM;
	for (s = 0; s < job->source_cnt; s++)
		states[s] = job->sources[s]->open(&o);
	ask(job, states, w);
	end.bad = o.bad;
	end.large = o.large;
	end.missing_dwo = o.missing_dwo;
	return answer_close(w, &end);
}

static uint64_t memory_for(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);

	return size > 0 ? (uint64_t)size * MEMORY_TIMES : 0;
}

/* Without rights; its exit status. */
static int work_in_sandbox(const struct worker_job *job, int fd, const struct beside *b, int dwo)
{
	int own = job->file ? job->file->fd : -1;

	return sandbox_enter(MEMORY_BYTES + memory_for(own) + memory_for(b->debug_fd) +
	                     memory_for(b->alt_fd) + memory_for(b->dwp_fd)) ||
	       work(job, fd, b, dwo);
}

/*
 * Which .dwo files are needed is known to who reads the program. Another process keeps the right to open
 * them; it reads nothing but their names, and ends with this one. A socket to it, or -1: none are had.
 */
static int opener_start(const struct worker_job *job, const struct opener *o)
{
	pid_t self = getpid(), pid;
	int ends[2];

	if (o->dir < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -1;
	pid = fork();
	if (!pid) {
		const int fds[] = { o->root, o->dir, ends[1] };

		if (!sandbox_begin(self, fds, sizeof(fds) / sizeof(*fds), job->seconds))
			opener_serve(o, ends[1]);
		_exit(0);
	}
	close(ends[1]);
	return ends[0];
}

static void worker_main(const struct worker_job *job, pid_t parent, int fd)
	__attribute__((noreturn));
static void worker_main(const struct worker_job *job, pid_t parent, int fd)
{
	const struct fetched none = { -1, -1 }, *fetched = job->fetched ?: &none;
	const int fds[] = { fd, job->file ? job->file->fd : job->jit->fds[JIT_MAP],
		            job->file ? -1 : job->jit->fds[JIT_DUMP], fetched->debug_fd,
		            fetched->alt_fd };
	struct beside b;
	int dwo;

	if (sandbox_begin(parent, fds, sizeof(fds) / sizeof(*fds), job->seconds))
		_exit(1);
	prctl(PR_SET_NAME, "ebprof-names");
	beside_find(&b, job->file, job->file && !job->fetched ? job->debug_dirs : NULL);
	if (job->fetched) {
		b.debug_fd = fetched->debug_fd;
		b.alt_fd = fetched->alt_fd;
	}
	dwo = opener_start(job, &b.opener);
	opener_release(&b.opener);
	_exit(work_in_sandbox(job, fd, &b, dwo));
}

/* --- in ebprof --- */

struct reading {
	char *bytes;
	size_t size, cap;
	pid_t pid;
	uint64_t cpu_ns; /* that it had taken when it was silent for long */
	int64_t end_ms;  /* of the time that it may take */
};

/*
 * Has a silent worker computed meanwhile? Where many processes want the CPUs, ten seconds are a second of
 * its own. What computes without end has its limit of CPU time; what hardly does, that of all its time.
 */
static bool is_starved(struct reading *r)
{
	uint64_t before = r->cpu_ns;
	struct timespec t;
	clockid_t clock;

	if (clock_getcpuclockid(r->pid, &clock) || clock_gettime(clock, &t))
		return false;
	r->cpu_ns = (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
	return r->cpu_ns - before > WORKING_NS;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Waits until something can be read. 1, 0: not yet, -ETIME or -errno. */
static int wait_for(struct reading *r, int fd, int64_t ms)
{
	int64_t left = r->end_ms - now_ms();
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int n = left > 0 ? poll(&p, 1, (int)(left < ms ? left : ms)) : 0;

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	return n || (left > ms && is_starved(r)) ? n : -ETIME;
}

/* Reads on. 1, 0: the end, -ENOMEM, -ETIME, -EFBIG or -errno. */
static int read_more(struct reading *r, int fd, unsigned int seconds)
{
	int err = wait_for(r, fd, (int64_t)seconds * 1000);
	char *bytes;
	ssize_t got;

	if (err < 0)
		return err;
	if (!err)
		return 1;
	if (r->size >= ANSWER_MAX)
		return -EFBIG;
	bytes = array_reserve(r->bytes, &r->cap, r->size + READ_BYTES, 1);
	if (!bytes)
		return -ENOMEM;
	r->bytes = bytes;
	got = read(fd, r->bytes + r->size, READ_BYTES);
	if (got < 0)
		return errno == EINTR ? 1 : -errno;
	r->size += (size_t)got;
	return got > 0;
}

/* Does it wait in the kernel, rather than compute? proc_pid_stat(5): the state is behind the name. */
static bool is_waiting(pid_t pid)
{
	char path[32], text[256];
	const char *name_end;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = 0;
	name_end = strrchr(text, ')');
	return name_end && (name_end[2] == 'S' || name_end[2] == 'D');
}

/*
 * Waits for the end of the worker. -EIO: it was not a good one; -ETIMEDOUT: it did not end, which one
 * that was killed does in a file system that does not answer.
 */
static int reap(pid_t pid, int pidfd, int ms)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };
	int status = 0;
	pid_t got;

	while (poll(&p, 1, ms) < 0 && errno == EINTR) {
	}
	got = waitpid(pid, &status, WNOHANG);
	if (!got)
		return -ETIMEDOUT;
	return got < 0 || status ? -EIO : 0;
}

/* Everything that the worker writes, and how it ended: as worker_run(). */
static int collect(struct reading *r, int pidfd, int fd, unsigned int seconds)
{
	bool waiting;
	int err, end;

	r->end_ms = now_ms() + (int64_t)seconds * 1000 * WALL_TIMES;
	do
		err = read_more(r, fd, seconds);
	while (err > 0);
	end = err ? -ETIMEDOUT : reap(r->pid, pidfd, (int)seconds * 1000);
	if (end != -ETIMEDOUT)
		return end;
	waiting = err == -ETIME && is_waiting(r->pid);
	kill(r->pid, SIGKILL);
	if (reap(r->pid, pidfd, REAP_MS) == -ETIMEDOUT || waiting)
		return -ETIMEDOUT;
	return err ? err : -ETIME;
}

/* A worker with the end of a pipe to read from; its pid or -errno. */
static pid_t start(const struct worker_job *job, int *fd)
{
	pid_t self = getpid(), pid;
	int to;

	pid = sandbox_fork(fd, &to);
	if (!pid)
		worker_main(job, self, to);
	return pid;
}

int worker_run(const struct worker_job *job, struct answer *a)
{
	struct reading r = { 0 };
	int fd = -1, pidfd, err, read_err;
	pid_t pid;

	memset(a, 0, sizeof(*a));
	if (job->source_cnt > SOURCES_MAX)
		return -EINVAL;
	pid = start(job, &fd);
	if (pid < 0)
		return pid;
	r.pid = pid;
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0); /* else a sleep: poll(2) ignores -1 */
	err = collect(&r, pidfd, fd, job->seconds);
	if (pidfd >= 0)
		close(pidfd);
	close(fd);
	read_err = answer_read(a, r.bytes, r.size, job->cnt);
	if (!err && !read_err && !a->whole)
		err = -EIO;
	return read_err ? read_err : err;
}
