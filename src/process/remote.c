// SPDX-License-Identifier: Apache-2.0
#include "process/remote.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process/file.h"
#include "process/proc.h"

enum {
	ANSWER_MS = 2000, /* in which a file is opened, and copied */
	BUSY_MS = 10,     /* after which others get a turn */
	END_MS = 200,     /* in which a process that was killed ends, if it can */
	COPY_BYTES = 1 << 20,
	COPIED_MAX = 256 << 20, /* bytes of all copies */
};

/* How long a device is taken to be as it was: it answers, or it does not. */
#define GOOD_NS 5000000000ull
#define HUNG_NS 30000000000ull

struct device {
	uint32_t major, minor;
	bool remote, fuse;
	bool hung;
	uint64_t until; /* that is so, ns; 0 = it was never asked */
};

/* Beginnings of the names in /proc/filesystems. */
static const char *const fuse_types[] = { "fuse", "virtiofs" };
static const char *const net_types[] = { "nfs",  "cifs", "smb",    "ceph", "9p",    "afs",
	                                 "coda", "gpfs", "lustre", "gfs2", "ocfs2", "orangefs" };

void remotes_init(struct remotes *r)
{
	memset(r, 0, sizeof(*r));
	table_init(&r->devices, 2 * sizeof(uint32_t), sizeof(struct device));
}

void remotes_release(struct remotes *r)
{
	table_release(&r->devices);
}

static bool is_one_of(const char *type, const char *const *types, size_t cnt)
{
	size_t i;

	for (i = 0; i < cnt; i++)
		if (!strncmp(type, types[i], strlen(types[i])))
			return true;
	return false;
}

static bool is_fuse(const char *type)
{
	return is_one_of(type, fuse_types, sizeof(fuse_types) / sizeof(*fuse_types));
}

bool remote_is_type(const char *type)
{
	return is_fuse(type) || is_one_of(type, net_types, sizeof(net_types) / sizeof(*net_types));
}

/* The file system's type of a line "36 35 98:0 / /mnt rw … - TYPE …": proc_pid_mountinfo(5). */
static bool type_in(const char *line, const struct device *d, char type[32])
{
	const char *behind = strstr(line, " - ");
	unsigned int major, minor;

	return behind && sscanf(line, "%*u %*u %u:%u", &major, &minor) == 2 && major == d->major &&
	       minor == d->minor && sscanf(behind, " - %31s", type) == 1;
}

/* Is the device found among the mounts of a process? Reading them asks no file system. */
static bool find_type(const char *path, struct device *d)
{
	FILE *f = fopen(path, "re");
	char *line = NULL, type[32];
	bool found = false;
	size_t cap = 0;

	while (f && !found && getline(&line, &cap, f) > 0)
		found = type_in(line, d, type);
	if (found) {
		d->fuse = is_fuse(type);
		d->remote = remote_is_type(type);
	}
	free(line);
	if (f)
		fclose(f);
	return found;
}

/* One that nobody mounts, and is no block device, may be anything: files of btrfs and overlayfs, too. */
static struct device *device_of(struct remotes *r, uint32_t pid, const struct file_id *id)
{
	uint32_t key[2] = { id->major, id->minor };
	char path[40];
	bool is_new;
	struct device *d = table_put(&r->devices, key, &is_new);

	if (!d || !is_new)
		return d;
	snprintf(path, sizeof(path), "/proc/%u/mountinfo", pid);
	if (!find_type(path, d) && !find_type("/proc/self/mountinfo", d))
		d->remote = !d->major;
	return d;
}

/* All of it, or nothing. */
static int copy(int from, int to, size_t max)
{
	char *buf = malloc(COPY_BYTES);
	struct stat st;
	int err = buf ? 0 : -ENOMEM;
	off_t at = 0;
	ssize_t n = 1;

	if (!err && (fstat(from, &st) || (uint64_t)st.st_size > max))
		err = -EFBIG;
	while (!err && n > 0 && (size_t)at < max) {
		n = pread(from, buf, COPY_BYTES, at);
		if (n < 0 || pwrite(to, buf, (size_t)n, at) != n)
			err = -EIO;
		at += n;
	}
	free(buf);
	return err;
}

struct errand {
	const struct remote_attempt *attempt;
	struct remote_result *result;
	int copy_to; /* -1: no copy is wanted */
	size_t copy_max;
};

/* In the other process: it holds nothing of ebprof's that its end would have to wait for. */
static void go_ahead(const struct errand *e, pid_t parent) __attribute__((noreturn));
static void go_ahead(const struct errand *e, pid_t parent)
{
	int to = e->copy_to < 0 ? -1 : dup2(e->copy_to, 0), fd;
	char c;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || syscall(SYS_close_range, to + 1, ~0u, 0))
		_exit(1);
	prctl(PR_SET_NAME, "ebprof-open");
	fd = e->attempt->open(e->attempt->arg, e->result);
	e->result->err = fd < 0 ? fd : 0;
	if (fd >= 0 && to >= 0)
		e->result->err = copy(fd, to, e->copy_max);
	else if (fd >= 0 && pread(fd, &c, 1, 0) < 0)
		e->result->err = -errno;
	_exit(0);
}

/* Has it ended in time? */
static bool has_ended(struct pollfd *p, const struct busy *busy)
{
	uint64_t until = proc_now() + ANSWER_MS * 1000000ull;
	int n;

	if (p->fd < 0)
		return false;
	while (!(n = poll(p, 1, BUSY_MS)) && proc_now() < until)
		busy_call(busy);
	return n == 1;
}

/* 0, or -ETIMEDOUT: it is left behind. */
static int wait_for(pid_t pid, const struct busy *busy)
{
	struct pollfd p = { .fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN };
	int err = has_ended(&p, busy) ? 0 : -ETIMEDOUT;

	if (err) {
		kill(pid, SIGKILL);
		poll(&p, 1, END_MS);
	}
	waitpid(pid, NULL, WNOHANG);
	if (p.fd >= 0)
		close(p.fd);
	return err;
}

static int run(const struct errand *e, const struct busy *busy)
{
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		return -errno;
	if (!pid)
		go_ahead(e, parent);
	return wait_for(pid, busy);
}

static void judge(struct device *d, int err)
{
	d->hung = err == -ETIMEDOUT;
	d->until = proc_now() + (d->hung ? HUNG_NS : GOOD_NS);
}

/* The errand's result, in 'result' too. */
static int send_ahead(const struct remotes *r, struct device *d, struct errand *e,
                      struct remote_result *result)
{
	int err;

	e->result = mmap(NULL, sizeof(*result), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
	                 -1, 0);
	if (e->result == MAP_FAILED)
		return -ENOMEM;
	e->result->err = -EIO; /* it died */
	err = run(e, &r->busy);
	judge(d, err);
	*result = *e->result;
	munmap(e->result, sizeof(*result));
	result->err = err ? err : result->err;
	return result->err;
}

static enum remote_answer open_copy(struct remotes *r, struct device *d, struct errand *e,
                                    struct remote_result *result, int *fd)
{
	struct stat st;
	int err;

	e->copy_to = memfd_create("ebprof-copy", MFD_CLOEXEC);
	e->copy_max = r->copied < COPIED_MAX ? COPIED_MAX - r->copied : 0;
	err = e->copy_to < 0 ? -errno : send_ahead(r, d, e, result);
	result->err = err;
	if (err) {
		if (e->copy_to >= 0)
			close(e->copy_to);
		return err == -EFBIG ? REMOTE_LOCAL : REMOTE_FAILED;
	}
	if (!fstat(e->copy_to, &st))
		r->copied += (size_t)st.st_size;
	*fd = e->copy_to;
	return REMOTE_COPIED;
}

enum remote_answer remotes_open(struct remotes *r, uint32_t pid, const struct file_id *id,
                                const struct remote_attempt *attempt, struct remote_result *result,
                                int *fd)
{
	struct device *d = device_of(r, pid, id);
	struct errand e = { .attempt = attempt, .copy_to = -1 };
	bool fresh = d && d->until > proc_now(), wants_copy = d && d->fuse && !attempt->grows;

	memset(result, 0, sizeof(*result));
	if (!d || !d->remote || (fresh && !d->hung && !wants_copy))
		return REMOTE_LOCAL;
	if (fresh && d->hung) {
		result->err = -ETIMEDOUT;
		return REMOTE_FAILED;
	}
	if (wants_copy)
		return open_copy(r, d, &e, result, fd);
	return send_ahead(r, d, &e, result) == -ETIMEDOUT ? REMOTE_FAILED : REMOTE_LOCAL;
}
