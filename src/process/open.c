// SPDX-License-Identifier: Apache-2.0
/*
 * Opening the file behind a mapping. Each way leads to a candidate, which counts only when it is the
 * file that was mapped; the ways are tried from the surest to the last resort.
 */
#include "process/open.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/below.h"
#include "elf/elf.h"
#include "process/procmaps.h"
#include "process/state.h"

enum {
	OPEN_ATTEMPTS = 8, /* by how many processes one file is tried */
	OPEN_PARENTS = 4,  /* how many generations up a root directory is borrowed */
};

struct opening {
	struct processes *ps;
	const struct incarnation *inc; /* NULL: nobody knows the process */
	const struct mapping *m;
	struct file *f;
	bool mismatch; /* a candidate was another file */
};

void build_id_read(int fd, char build_id[41])
{
	struct elf_file *elf = elf_open(fd);
	char text[41];

	build_id[0] = 0;
	if (!elf)
		return;
	/* What Go writes is text of another kind. */
	if (!elf_build_id(elf, text, sizeof(text)) && text[strspn(text, "0123456789abcdef")] == 0)
		memcpy(build_id, text, sizeof(text));
	elf_close(elf);
}

/* The inode's generation, 0 where the file system does not tell (tmpfs, overlayfs). */
static uint64_t generation(int fd)
{
	int value[2] = { 0, 0 }; /* file systems write an int, the number says long */

	return ioctl(fd, FS_IOC_GETVERSION, value) ? 0 : (uint32_t)value[0];
}

static int64_t ctime_ns(const struct stat *st)
{
	return (int64_t)st->st_ctim.tv_sec * 1000000000 + st->st_ctim.tv_nsec;
}

/* Does the link of the descriptor show the path that was mapped? */
static bool same_path(int fd, const struct file *f)
{
	char link[40], path[4096];
	size_t len = strlen(f->path);
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path));
	if (n < (ssize_t)len || memcmp(path, f->path, len))
		return false;
	return (size_t)n == len || ((size_t)n == len + strlen(" (deleted)") && path[len] == ' ');
}

/*
 * Btrfs and overlayfs show another device in stat() than in maps, overlayfs also another inode.
 * There 'sure' (the kernel's own link to what is mapped at that address) and the path, or the inode
 * and the build ID, stand in.
 */
static bool same_elsewhere(int fd, const struct stat *st, const struct file *f, bool sure)
{
	char build_id[41];

	if (sure)
		return st->st_ino == f->id.inode || same_path(fd, f);
	if (st->st_ino != f->id.inode || !f->build_id[0])
		return false;
	build_id_read(fd, build_id);
	return !strcmp(build_id, f->build_id);
}

static bool verify(int fd, struct file *f, bool sure)
{
	struct stat st;
	uint64_t gen;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return false;
	if (major(st.st_dev) != f->id.major || minor(st.st_dev) != f->id.minor) {
		if (!same_elsewhere(fd, &st, f, sure))
			return false;
	} else {
		if (st.st_ino != f->id.inode)
			return false;
		gen = generation(fd);
		if (gen && f->id.generation && gen != f->id.generation)
			return false;
		/* Without a generation a second opening must look like the first. */
		if (!gen && !sure && f->size &&
		    (f->size != (uint64_t)st.st_size || f->ctime_ns != ctime_ns(&st)))
			return false;
		if (gen)
			f->id.generation = gen;
	}
	f->size = (uint64_t)st.st_size;
	f->ctime_ns = ctime_ns(&st);
	return true;
}

/* Keeps the file behind an O_PATH descriptor or -errno, which is closed, when it is the right one. */
static int take(struct opening *o, int path_fd, bool sure)
{
	int fd;

	if (path_fd < 0)
		return path_fd;
	fd = below_read(path_fd);
	close(path_fd);
	if (fd < 0)
		return fd;
	if (!verify(fd, o->f, sure)) {
		o->mismatch = true;
		close(fd);
		return -ESTALE;
	}
	files_keep(&o->ps->files, o->f, fd);
	return 0;
}

struct bounds {
	const struct file *file;
	uint64_t start, end;
};

static bool same_line(void *arg, const struct procmaps_line *l)
{
	struct bounds *b = arg;
	const struct file_id *id = &b->file->id;

	if (l->inode != id->inode || l->major != id->major || l->minor != id->minor)
		return true;
	b->start = l->start;
	b->end = l->end;
	return false;
}

static int open_map_file(int dir, uint64_t start, uint64_t end)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "map_files/%lx-%lx", (unsigned long)start, (unsigned long)end);
	fd = openat(dir, path, O_PATH | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/*
 * map_files links to the very file, deleted or not, but only by the mapping's exact bounds; ours may
 * have been split or joined since, so they are looked up when the name is not there.
 */
static int by_map_files(struct opening *o, int dir)
{
	struct bounds b = { .file = o->f };
	int fd = open_map_file(dir, o->m->start, o->m->end), maps;
	char buf[PROCMAPS_BUF];

	if (fd != -ENOENT)
		return take(o, fd, true);
	maps = openat(dir, "maps", O_RDONLY | O_CLOEXEC);
	if (maps < 0)
		return -errno;
	procmaps_each(maps, buf, same_line, &b);
	close(maps);
	return b.end ? take(o, open_map_file(dir, b.start, b.end), true) : -ENOENT;
}

/* The path under a root directory, which no symbolic link leaves. */
static int by_path(struct opening *o, int root)
{
	return take(o, below_open(root, o->f->path, 0), false);
}

static int by_root_of(struct opening *o, int dir)
{
	int root = openat(dir, "root", O_PATH | O_DIRECTORY | O_CLOEXEC), err;

	if (root < 0)
		return -errno;
	err = by_path(o, root);
	close(root);
	return err;
}

/* A process that is gone mostly had the root directory of its parent. */
static int by_parents(struct opening *o, const struct incarnation *inc)
{
	struct incarnation *parent;
	struct proc_stat st;
	int dir, err = -ENOENT, i;

	for (i = 0; err && i < OPEN_PARENTS; i++, inc = parent) {
		parent = incarnations_newest(&o->ps->incarnations, inc->ppid);
		if (!parent)
			break;
		dir = incarnation_proc(parent, &st);
		if (dir < 0)
			continue;
		err = by_root_of(o, dir);
		close(dir);
	}
	return err;
}

static int by_own_root(struct opening *o)
{
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), err;

	if (root < 0)
		return -errno;
	err = by_path(o, root);
	close(root);
	return err;
}

static int by_memory(struct opening *o, int dir)
{
	int fd = memory_file(dir, o->f);

	if (fd < 0)
		return fd;
	o->f->memory = true;
	files_keep(&o->ps->files, o->f, fd);
	return 0;
}

static int open_regular(struct opening *o, const struct incarnation *inc)
{
	struct proc_stat st;
	int dir = inc ? incarnation_proc(inc, &st) : -ESRCH, err = -ENOENT, first = dir;

	if (dir >= 0) {
		err = first = by_map_files(o, dir);
		if (err)
			err = by_root_of(o, dir);
	}
	if (err && inc)
		err = by_parents(o, inc);
	if (err)
		err = by_own_root(o);
	if (err && dir >= 0)
		err = by_memory(o, dir);
	if (dir >= 0)
		close(dir);
	if (!err)
		return 0;
	return o->mismatch ? -ESTALE : first;
}

static int open_kind(struct opening *o, const struct incarnation *inc)
{
	int fd;

	if (o->f->kind == FILE_REGULAR)
		return open_regular(o, inc);
	fd = o->f->kind == FILE_VDSO ? memory_vdso(o->m->end - o->m->start) : -ENODATA;
	if (fd < 0)
		return fd;
	o->f->memory = true;
	files_keep(&o->ps->files, o->f, fd);
	return 0;
}

/* In a process that goes ahead: what was opened there is lost with it, so it is told. */
static int open_ahead(void *arg, struct remote_result *result)
{
	struct opening *o = arg;
	int err = open_kind(o, o->inc);

	result->mismatch = o->mismatch;
	if (err)
		return err;
	result->size = o->f->size;
	result->ctime_ns = o->f->ctime_ns;
	result->generation = o->f->id.generation;
	return o->f->fd;
}

static int open_copied(struct opening *o, const struct remote_result *result, int fd)
{
	o->f->memory = true;
	o->f->size = result->size;
	o->f->ctime_ns = result->ctime_ns;
	o->f->id.generation = result->generation;
	files_keep(&o->ps->files, o->f, fd);
	return 0;
}

static int open_any(struct opening *o, uint32_t pid)
{
	const struct remote_attempt attempt = { .open = open_ahead, .arg = o };
	struct remote_result result;
	int fd = -1;

	if (o->f->kind != FILE_REGULAR)
		return open_kind(o, o->inc);
	switch (remotes_open(&o->ps->remotes, pid, &o->f->id, &attempt, &result, &fd)) {
	case REMOTE_COPIED:
		return open_copied(o, &result, fd);
	case REMOTE_FAILED:
		o->mismatch = result.mismatch;
		return result.err;
	default:
		return open_kind(o, o->inc);
	}
}

/* The counters say how many files are so now: a later attempt may succeed. */
static void count(struct process_counters *c, const struct file *f, int by)
{
	if (!f->open_err || f->kind != FILE_REGULAR)
		return;
	if (f->mismatch)
		c->files_mismatched += (uint64_t)by;
	else
		c->files_unreadable += (uint64_t)by;
}

int processes_open_file(struct processes *ps, const struct image *im, const struct mapping *m)
{
	struct opening o = { .ps = ps, .m = m, .f = m->file };
	struct file *f = m->file;
	int err;

	if (f->fd >= 0) {
		files_touch(&ps->files, f);
		return 0;
	}
	if (f->tried && (f->attempt_pid == im->pid || f->attempt_cnt >= OPEN_ATTEMPTS))
		return f->open_err;
	count(&ps->counters, f, -1);
	o.inc = incarnations_find(&ps->incarnations, im->pid, im->start);
	err = open_any(&o, im->pid);
	f->tried = true;
	f->open_err = err;
	f->mismatch = err && o.mismatch;
	f->attempt_pid = im->pid;
	f->attempt_cnt += err != 0;
	count(&ps->counters, f, 1);
	if (!err && !f->build_id[0])
		build_id_read(f->fd, f->build_id);
	return err;
}
