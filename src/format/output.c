// SPDX-License-Identifier: Apache-2.0
/*
 * A file without a name (O_TMPFILE) vanishes with us, however we end. Where the file system has
 * none, the result waits in a memfd. The one name that is ours, for the moment before rename(2),
 * exists only while signals are blocked.
 */
#include "format/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"

enum output_kind {
	OUTPUT_DIRECT,   /* written as it comes */
	OUTPUT_UNNAMED,  /* O_TMPFILE */
	OUTPUT_IN_MEMORY /* memfd */
};

struct output {
	enum output_kind kind;
	FILE *file;
	int dir_fd;
	char *path; /* as the user wrote it */
	char *name; /* in its directory */
	bool keeps_owner;
};

enum { NAME_TRIES = 16 }; /* of 2^64 names: the second is already luck of a bad kind */

struct hint {
	int code;
	const char *text;
};

static const struct hint hints[] = {
	{ ENOSPC, "free some space or write to another file system with -o" },
	{ EDQUOT, "free some space or write to another file system with -o" },
	{ EFBIG, "raise the limit on file sizes (ulimit -f) or write elsewhere with -o" },
	{ EROFS, "write to another directory with -o" },
	{ EACCES, "write to a directory that is yours with -o" },
	{ EPERM, "write to a directory that is yours with -o" },
	{ ENOENT, "make the directory first or write elsewhere with -o" },
	{ ENOTDIR, "write to a file in a directory with -o" },
	{ EISDIR, "give the name of a file in it with -o" },
	{ ENXIO, "start its reader first or write to a file with -o" },
	{ EPIPE, "its reader has ended, write to a file with -o" },
};

/* "cannot write 'PATH': WHY; WHAT TO TRY" */
static int fail(const char *path, int code, struct err *e)
{
	const char *hint = "write elsewhere with -o";
	size_t i;

	for (i = 0; i < sizeof(hints) / sizeof(*hints); i++)
		if (hints[i].code == -code)
			hint = hints[i].text;
	err_set(e, code, "cannot write '%.300s': %s; %s", path, strerror(-code), hint);
	errno = -code;
	return code;
}

static void output_free(struct output *o)
{
	if (o->file) {
		__fpurge(o->file); /* what did not get out by now is not to */
		fclose(o->file);
	}
	if (o->dir_fd >= 0)
		close(o->dir_fd);
	free(o->path);
	free(o->name);
	free(o);
}

/* The descriptor that /dev/stdout, /dev/fd/N and their kin mean, -1 for other paths. */
static int own_fd(const char *dir, const char *name)
{
	char *own, *end;
	bool is_own;
	long fd;

	if (!strcmp(dir, "/dev") && !strcmp(name, "stdout"))
		return STDOUT_FILENO;
	if (!strcmp(dir, "/dev") && !strcmp(name, "stderr"))
		return STDERR_FILENO;
	own = realpath("/proc/self/fd", NULL);
	is_own = own && !strcmp(dir, own);
	free(own);
	if (!is_own || *name < '0' || *name > '9')
		return -1;
	errno = 0;
	fd = strtol(name, &end, 10);
	return errno || *end || fd > INT_MAX ? -1 : (int)fd;
}

/* Takes the path apart: opens its directory and keeps the name. 0 or -errno. */
static int find_place(struct output *o, int *fd)
{
	const char *slash = strrchr(o->path, '/');
	char *dir = NULL, *real = NULL;
	int err = -ENOMEM;

	o->name = strdup(slash ? slash + 1 : o->path);
	dir = slash ? strndup(o->path, slash == o->path ? 1 : (size_t)(slash - o->path))
	            : strdup(".");
	if (!o->name || !dir)
		goto out;
	err = !*o->path ? -ENOENT : -EISDIR;
	if (!*o->name || !strcmp(o->name, ".") || !strcmp(o->name, ".."))
		goto out;
	err = 0;
	real = realpath(dir, NULL);
	*fd = real ? own_fd(real, o->name) : -1;
	/* One may write in a directory without reading it, but not sync it. */
	o->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (o->dir_fd < 0 && errno == EACCES)
		o->dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (o->dir_fd < 0)
		err = -errno;
out:
	free(dir);
	free(real);
	return err;
}

static int use_fd(struct output *o, int fd, enum output_kind kind)
{
	if (fd < 0)
		return -errno;
	o->kind = kind;
	o->file = fdopen(fd, "w");
	if (o->file)
		return 0;
	close(fd);
	return -ENOMEM;
}

static int open_copy(struct output *o, int fd)
{
	return use_fd(o, fcntl(fd, F_DUPFD_CLOEXEC, 3), OUTPUT_DIRECT);
}

/* A device or a pipe; not made, not truncated, and not a file that took its place just now. */
static int open_direct(struct output *o)
{
	int fd = openat(o->dir_fd, o->name, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode)) {
		close(fd);
		return -EEXIST;
	}
	return use_fd(o, fd, OUTPUT_DIRECT);
}

static int random_name(char *name, size_t size)
{
	uint64_t r;

	if (getrandom(&r, sizeof(r), 0) != sizeof(r))
		return -EIO;
	snprintf(name, size, ".ebprof-%016llx", (unsigned long long)r);
	return 0;
}

/* Makes a file with a name nobody knows; signals are blocked. Its descriptor, or -errno. */
static int open_named(const struct output *o, char *name, size_t size)
{
	int fd, i;

	for (i = 0; i < NAME_TRIES; i++) {
		if (random_name(name, size))
			return -EIO;
		fd = openat(o->dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		            0600);
		if (fd >= 0 || errno != EEXIST)
			return fd >= 0 ? fd : -errno;
	}
	return -EEXIST;
}

static void block_signals(sigset_t *old)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, old);
}

static void restore_signals(const sigset_t *old)
{
	int keep = errno;

	pthread_sigmask(SIG_SETMASK, old, NULL);
	errno = keep;
}

/* Can a file be made here? Makes one and removes it. 0 or -errno. */
static int try_directory(const struct output *o)
{
	char name[32];
	sigset_t old;
	int fd;

	block_signals(&old);
	fd = open_named(o, name, sizeof(name));
	if (fd >= 0) {
		unlinkat(o->dir_fd, name, 0);
		close(fd);
	}
	restore_signals(&old);
	return fd < 0 ? fd : 0;
}

static bool lacks_tmpfile(int code)
{
	/*
	 * open(2): no support in the file system, or in the kernel; overlayfs and FUSE have others.
	 */
	return code == EOPNOTSUPP || code == EISDIR || code == ENOENT || code == EINVAL ||
	       code == ENOSYS;
}

static int open_replacement(struct output *o)
{
	int fd = openat(o->dir_fd, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600), err;

	if (fd >= 0 || !lacks_tmpfile(errno))
		return use_fd(o, fd, OUTPUT_UNNAMED);
	err = try_directory(o);
	return err ? err : use_fd(o, memfd_create("ebprof", MFD_CLOEXEC), OUTPUT_IN_MEMORY);
}

static int open_place(struct output *o)
{
	struct stat st;
	int fd = -1, err = find_place(o, &fd);

	if (err)
		return err;
	if (fd >= 0)
		return open_copy(o, fd);
	/* What a link leads to decides how it is written; a file at its end stays as it is. */
	if (fstatat(o->dir_fd, o->name, &st, 0)) {
		if (errno == ENOENT || errno == ELOOP)
			return open_replacement(o);
		return -errno;
	}
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	return S_ISREG(st.st_mode) ? open_replacement(o) : open_direct(o);
}

struct output *output_open(const char *path, struct err *e)
{
	struct output *o = calloc(1, sizeof(*o));
	int err = -ENOMEM;

	if (!o) {
		fail(path, err, e);
		return NULL;
	}
	o->dir_fd = -1;
	o->path = strdup(path);
	if (o->path)
		err = strcmp(path, "-") ? open_place(o) : open_copy(o, STDOUT_FILENO);
	if (!err)
		return o;
	output_free(o);
	fail(path, err, e);
	return NULL;
}

FILE *output_file(const struct output *o)
{
	return o->file;
}

void output_keep_owner(struct output *o)
{
	o->keeps_owner = true;
}

static bool parse_id(const char *text, unsigned int *ret)
{
	unsigned long id;
	char *end;

	if (!text || *text < '0' || *text > '9')
		return false;
	errno = 0;
	id = strtoul(text, &end, 10);
	if (errno || *end || id >= UINT_MAX)
		return false;
	*ret = (unsigned int)id;
	return true;
}

/* Under sudo the file is the user's. A file system without owners refuses; that is no loss. */
static int give_to_user(int fd)
{
	unsigned int uid, gid;

	if (geteuid() || !parse_id(getenv("SUDO_UID"), &uid) || !parse_id(getenv("SUDO_GID"), &gid))
		return 0;
	if (!fchown(fd, uid, gid) || errno == EPERM || errno == EINVAL || errno == EOPNOTSUPP)
		return 0;
	return -errno;
}

/* In this order: a change of the owner may take bits of the mode away, chown(2). */
static int take_owner(const struct output *o, int fd)
{
	struct stat st;

	if (fstatat(o->dir_fd, o->name, &st, AT_SYMLINK_NOFOLLOW) ||
	    fchown(fd, st.st_uid, st.st_gid) || fchmod(fd, st.st_mode & ALLPERMS))
		return -errno;
	return 0;
}

static int set_owner(const struct output *o, int fd)
{
	return o->keeps_owner ? take_owner(o, fd) : give_to_user(fd);
}

static int sync_file(int fd)
{
	if (!fsync(fd) || errno == EINVAL || errno == EROFS || errno == EOPNOTSUPP)
		return 0;
	return -errno;
}

static int write_all(int fd, const char *data, size_t size)
{
	ssize_t n;

	while (size) {
		n = write(fd, data, size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		size -= (size_t)n;
	}
	return 0;
}

static int copy(int from, int to)
{
	char buf[65536];
	off_t at = 0;
	ssize_t n;
	int err = 0;

	while (!err && (n = pread(from, buf, sizeof(buf), at))) {
		err = n < 0 ? -errno : write_all(to, buf, (size_t)n);
		at += n;
	}
	return err;
}

/* Copies the memfd to a named file: what cannot be written is seen here. */
static int save_memory(const struct output *o, char *name, size_t size)
{
	int fd = open_named(o, name, size), err;

	if (fd < 0)
		return fd;
	err = copy(fileno(o->file), fd);
	if (!err)
		err = set_owner(o, fd);
	if (!err)
		err = sync_file(fd);
	if (close(fd) && !err)
		err = -errno;
	if (err)
		unlinkat(o->dir_fd, name, 0);
	return err;
}

static int link_as(const struct output *o, const char *name)
{
	char self[64];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fileno(o->file));
	if (!linkat(AT_FDCWD, self, o->dir_fd, name, AT_SYMLINK_FOLLOW))
		return 0;
	/* No /proc: this way asks for CAP_DAC_READ_SEARCH, open(2). */
	if (errno == ENOENT && !linkat(fileno(o->file), "", o->dir_fd, name, AT_EMPTY_PATH))
		return 0;
	return -errno;
}

static int link_unnamed(const struct output *o, char *name, size_t size)
{
	int fd = fileno(o->file), err = set_owner(o, fd), i;

	if (!err)
		err = sync_file(fd);
	for (i = 0; !err && i < NAME_TRIES; i++) {
		err = random_name(name, size);
		if (!err)
			err = link_as(o, name);
		if (err != -EEXIST)
			break;
		err = 0;
	}
	return i == NAME_TRIES ? -EEXIST : err;
}

/* Puts the complete file in place of the target. */
static int replace(const struct output *o)
{
	char name[32];
	sigset_t old;
	int err;

	block_signals(&old);
	err = o->kind == OUTPUT_UNNAMED ? link_unnamed(o, name, sizeof(name))
	                                : save_memory(o, name, sizeof(name));
	if (!err && renameat(o->dir_fd, name, o->dir_fd, o->name)) {
		err = -errno;
		unlinkat(o->dir_fd, name, 0);
	}
	restore_signals(&old);
	if (!err)
		fsync(o->dir_fd); /* the file is there, whether or not this works */
	return err;
}

int output_commit(struct output *o, struct err *e)
{
	int err = fflush(o->file) ? -errno : 0;

	if (!err && ferror(o->file))
		err = -EIO;
	if (!err && o->kind != OUTPUT_DIRECT)
		err = replace(o);
	else if (!err)
		err = sync_file(fileno(o->file));
	if (err)
		return output_fail(o, err, e);
	if (fclose(o->file) && o->kind == OUTPUT_DIRECT)
		err = fail(o->path, -errno, e);
	o->file = NULL;
	output_free(o);
	return err;
}

void output_abort(struct output *o)
{
	if (o)
		output_free(o);
}

int output_fail(struct output *o, int code, struct err *e)
{
	fail(o->path, code, e);
	output_free(o);
	errno = -code;
	return code;
}
