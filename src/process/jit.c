// SPDX-License-Identifier: Apache-2.0
/*
 * The files in which a runtime names the code that it makes: /tmp/perf-PID.map of its own root
 * directory, and the jitdump that it maps. Any user can write such files in the name of another
 * process. Here the file must belong to the user as whom the process itself makes files, and not have
 * been written for the last time before the process began.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/below.h"
#include "process/state.h"

enum {
	STATUS_BUF = 16384,
	/* The clock may have been set a little, and time stamps of files are those of a tick. */
	STALE_SLACK_NS = 2000000000,
};

/* What /proc/PID/status says: proc_pid_status(5). */
struct status {
	uint32_t inner_pid; /* in the innermost PID namespace */
	uid_t fsuid;
};

static bool read_status(int dir, struct status *st)
{
	char buf[STATUS_BUF];
	long n = proc_read(dir, "status", buf, sizeof(buf) - 1);
	uint32_t uid = 0;

	if (n < 1)
		return false;
	buf[n] = 0;
	/* The process's name, on the first line, has its newlines escaped. */
	if (!proc_last_number(buf, "\nNSpid:", &st->inner_pid) ||
	    !proc_last_number(buf, "\nUid:", &uid))
		return false;
	st->fsuid = uid; /* real, effective, saved, that of files */
	return true;
}

static int64_t real_start_ns(const struct image *im)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec - (int64_t)(proc_now() - im->start);
}

/* 0, or why the file cannot be what the process wrote. */
static int judge(const struct stat *st, const struct image *im, uid_t owner)
{
	int64_t changed = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;

	if (!S_ISREG(st->st_mode))
		return S_ISLNK(st->st_mode) ? -ELOOP : -EINVAL;
	if (st->st_uid != owner)
		return -EPERM;
	/* Left there by another process that had the number before. */
	return changed + STALE_SLACK_NS < real_start_ns(im) ? -ESTALE : 0;
}

/* Really opens what an O_PATH descriptor or -errno, which is closed, is of: a FIFO is never opened. */
static int reopen(int path_fd, const struct image *im, uid_t owner)
{
	struct stat st;
	int err;

	if (path_fd < 0)
		return path_fd;
	err = fstat(path_fd, &st) ? -errno : judge(&st, im, owner);
	if (!err)
		err = below_read(path_fd);
	close(path_fd);
	return err;
}

/* The directory of the process in /proc, while it still runs that program; -ESRCH. */
static int proc_of(struct processes *ps, const struct image *im, struct status *status)
{
	struct incarnation *inc = incarnations_find(&ps->incarnations, im->pid, im->start);
	struct proc_stat st;
	int dir;

	if (!inc || !inc->last || &inc->last->image != im)
		return -ESRCH;
	dir = incarnation_proc(inc, &st);
	if (dir < 0)
		return dir;
	if (!proc_stat_dead(&st) && read_status(dir, status))
		return dir;
	close(dir);
	return -ESRCH;
}

static int root_of(uint32_t pid)
{
	char path[40];
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/root", pid);
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

struct perfmap_path {
	int root; /* of the process */
	char path[40];
	const struct image *im;
	uid_t owner;
};

static int open_perfmap(const struct perfmap_path *p)
{
	return reopen(below_open(p->root, p->path, O_NOFOLLOW), p->im, p->owner);
}

/* In a process that goes ahead, which may not hold what this one has open. */
static int open_perfmap_ahead(void *arg, struct remote_result *result)
{
	struct perfmap_path p = *(const struct perfmap_path *)arg;
	int fd;

	p.root = root_of(p.im->pid);
	fd = p.root < 0 ? p.root : open_perfmap(&p);
	return fd;
}

/* 0 or -ETIMEDOUT: the file system that the process has at /tmp does not answer. */
static int ask_tmp(struct processes *ps, const struct perfmap_path *p)
{
	const struct remote_attempt attempt = { open_perfmap_ahead, (void *)p, .grows = true };
	int dir = below_open(p->root, "/tmp", O_DIRECTORY), fd;
	struct remote_result result = { 0 };
	struct file_id id = { 0 };
	struct statx st;

	/* What is known of the directory without asking: statx(2). */
	if (dir < 0 || statx(dir, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &st)) {
		if (dir >= 0)
			close(dir);
		return 0;
	}
	close(dir);
	id.major = st.stx_dev_major;
	id.minor = st.stx_dev_minor;
	remotes_open(&ps->remotes, p->im->pid, &id, &attempt, &result, &fd);
	return result.err == -ETIMEDOUT ? -ETIMEDOUT : 0;
}

int processes_open_perfmap(struct processes *ps, const struct image *im)
{
	struct perfmap_path p = { .im = im };
	struct status status;
	int dir = proc_of(ps, im, &status), fd;

	if (dir < 0)
		return dir;
	p.root = openat(dir, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	close(dir);
	if (p.root < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	snprintf(p.path, sizeof(p.path), "/tmp/perf-%u.map", status.inner_pid);
	p.owner = status.fsuid;
	fd = ask_tmp(ps, &p);
	if (!fd)
		fd = open_perfmap(&p);
	close(p.root);
	return fd;
}

/* Is that the jitdump of process number 'pid'? */
static bool is_jitdump(const struct file *f, uint32_t pid)
{
	const char *base = f->kind == FILE_REGULAR ? strrchr(f->path, '/') : NULL;
	char name[32];

	snprintf(name, sizeof(name), "/jit-%u.dump", pid);
	return base && !strcmp(base, name);
}

int processes_open_jitdump(struct processes *ps, const struct image *im)
{
	struct status status;
	int dir = proc_of(ps, im, &status), fd;
	size_t i;

	if (dir < 0)
		return dir;
	close(dir);
	for (i = 0; i < im->mapping_cnt; i++) {
		const struct mapping *m = &im->mappings[i];

		if (!is_jitdump(m->file, status.inner_pid))
			continue;
		if (processes_open_file(ps, im, m))
			return m->file->open_err;
		fd = fcntl(m->file->fd, F_DUPFD_CLOEXEC, 0);
		return reopen(fd < 0 ? -errno : fd, im, status.fsuid);
	}
	return -ENOENT;
}

bool mapping_may_be_jit(const struct mapping *m)
{
	/* A memfd: .NET and Erlang write their code through a second mapping. */
	return m->file->kind == FILE_ANON ||
	       (m->file->kind == FILE_REGULAR && !strncmp(m->file->path, "/memfd:", 7));
}
