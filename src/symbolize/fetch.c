// SPDX-License-Identifier: Apache-2.0
#include "symbolize/fetch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "symbolize/fetcher.h"
#include "symbolize/symbolize.h"

/*
 * Patience is used up by waiting. Bytes and answers bring it back, never more than there was at first:
 * a server that falls silent costs so much whenever it does, and one below 256 KB/s a little more. All
 * files together have another limit, for one that is just fast enough.
 */
#define PATIENCE_MS   4500 /* with what else it takes, below 5 s */
#define ALL_MS        120000
#define ANSWER_MS     250
#define END_MS        300 /* in which who asks has ended, if it can */
#define BYTES_PER_MS  256
#define FILES_A_REPLY 2

struct fetch {
	int fd; /* -1: nobody is asked any more */
	pid_t pid;
	int64_t patience_ms, left_ms;
	uint64_t bytes;
};

#ifdef EBPROF_STATIC
struct fetch *fetch_open(const char *urls, struct err *e)
{
	errno = -err_set(e, -ENOSYS,
	                 "a static ebprof cannot ask debuginfod, which takes a shared library");
	return NULL;
}
#endif

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Nobody waits for it any more: it ends, and what it kept is removed. */
static void give_up(struct fetch *f)
{
	kill(f->pid, SIGTERM);
	close(f->fd);
	f->fd = -1;
}

/* Waits for a message. 0, or -ETIME: patience is used up. */
static int wait_for(struct fetch *f)
{
	struct pollfd p = { .fd = f->fd, .events = POLLIN };
	int64_t from, took, ms;
	int n = 0;

	do {
		ms = f->patience_ms < f->left_ms ? f->patience_ms : f->left_ms;
		if (ms <= 0)
			break;
		from = now_ms();
		n = poll(&p, 1, (int)ms);
		took = now_ms() - from;
		f->patience_ms -= took;
		f->left_ms -= took;
	} while (n < 0 && errno == EINTR);
	return n > 0 ? 0 : -ETIME;
}

static void put_back(struct fetch *f, uint64_t ms)
{
	f->patience_ms += ms < PATIENCE_MS ? (int64_t)ms : PATIENCE_MS;
	if (f->patience_ms > PATIENCE_MS)
		f->patience_ms = PATIENCE_MS;
}

static void take_files(struct msghdr *m, int files[FILES_A_REPLY])
{
	struct cmsghdr *c = CMSG_FIRSTHDR(m);
	size_t size = c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS
	                      ? c->cmsg_len - CMSG_LEN(0)
	                      : 0;

	files[0] = files[1] = -1;
	if (size && size <= FILES_A_REPLY * sizeof(int))
		memcpy(files, CMSG_DATA(c), size);
}

static void drop_files(int files[FILES_A_REPLY])
{
	int i;

	for (i = 0; i < FILES_A_REPLY; i++)
		if (files[i] >= 0)
			close(files[i]);
	files[0] = files[1] = -1;
}

/* One message, with files or without. 0 or -errno. */
static int receive(struct fetch *f, struct fetch_reply *r, int files[FILES_A_REPLY])
{
	char control[CMSG_SPACE(FILES_A_REPLY * sizeof(int))] __attribute__((aligned(8)));
	struct iovec part = { .iov_base = r, .iov_len = sizeof(*r) };
	struct msghdr m = { .msg_iov = &part,
		            .msg_iovlen = 1,
		            .msg_control = control,
		            .msg_controllen = sizeof(control) };
	int err = wait_for(f);

	if (err)
		return err;
	if (recvmsg(f->fd, &m, MSG_CMSG_CLOEXEC) != sizeof(*r))
		return -EPIPE;
	r->why[sizeof(r->why) - 1] = 0;
	take_files(&m, files);
	return 0;
}

/* The answer to what was asked last. 0, what it says, or -ENOTCONN. */
static int await(struct fetch *f, struct fetch_reply *r, int files[FILES_A_REPLY])
{
	int err;

	do {
		err = receive(f, r, files);
		if (err)
			return -ENOTCONN;
		if (r->bytes > f->bytes)
			put_back(f, (r->bytes - f->bytes) / BYTES_PER_MS);
		f->bytes = r->bytes;
		if (r->status)
			drop_files(files);
	} while (r->status == FETCH_MORE);
	put_back(f, ANSWER_MS);
	return r->status;
}

#ifndef EBPROF_STATIC
static int start(struct fetch *f, const char *urls)
{
	pid_t self = getpid();
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -errno;
	f->fd = ends[0];
	f->pid = fork();
	if (!f->pid)
		fetcher_main(ends[1], self, urls);
	close(ends[1]);
	return f->pid < 0 ? -errno : 0;
}

struct fetch *fetch_open(const char *urls, struct err *e)
{
	struct fetch *f = calloc(1, sizeof(*f));
	struct fetch_reply hello = { 0 };
	int files[FILES_A_REPLY], err = -ENOMEM;

	if (f) {
		*f = (struct fetch){
			.fd = -1, .pid = -1, .patience_ms = PATIENCE_MS, .left_ms = ALL_MS
		};
		err = start(f, urls);
	}
	if (!err)
		err = await(f, &hello, files);
	if (!err)
		return f;
	fetch_close(f);
	errno = -err;
	if (*hello.why)
		err_set(e, err, "cannot ask debuginfod: %s", hello.why);
	else
		err_set(e, err, "cannot ask debuginfod: %s", strerror(-err));
	return NULL;
}
#endif

/* It ends by itself. What cannot, for a disk or file system that does not answer, is left behind. */
static void await_end(pid_t pid)
{
	struct pollfd p = { .fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN };

	while (poll(&p, 1, END_MS) < 0 && errno == EINTR) {
	}
	waitpid(pid, NULL, WNOHANG);
	if (p.fd >= 0)
		close(p.fd);
}

void fetch_close(struct fetch *f)
{
	if (!f)
		return;
	if (f->fd >= 0)
		close(f->fd);
	if (f->pid > 0)
		await_end(f->pid);
	free(f);
}

/* It becomes a part of a path and of a URL; Go's own are not hex, and no server knows them. */
static bool is_id(const char *text)
{
	size_t len = strlen(text);

	return len > 2 && len < FETCH_ID_BYTES && strspn(text, "0123456789abcdef") == len;
}

int fetch_debug(struct fetch *f, const char *build_id, struct fetched *got)
{
	struct fetch_request q = { "" };
	struct fetch_reply r;
	int files[FILES_A_REPLY] = { -1, -1 }, err;

	if (!is_id(build_id))
		return -EINVAL;
	if (f->fd < 0)
		return -ENOTCONN;
	snprintf(q.build_id, sizeof(q.build_id), "%s", build_id);
	err = send(f->fd, &q, sizeof(q), MSG_NOSIGNAL) < 0 ? -ENOTCONN : await(f, &r, files);
	if (err == -ENOTCONN)
		give_up(f);
	if (!err && files[0] < 0)
		err = -ENOENT;
	if (err)
		drop_files(files);
	else
		*got = (struct fetched){ files[0], files[1] };
	return err;
}

int fetch_counted(struct fetch *f, const char *build_id, struct fetched *got,
                  struct symbolize_counters *c)
{
	int err = fetch_debug(f, build_id, got);

	c->fetch_missing += err == -ENOENT;
	c->fetch_refused += err == -ESTALE || err == -EFBIG;
	c->fetch_silent += err == -ENOTCONN;
	return err;
}
