// SPDX-License-Identifier: Apache-2.0
#include "elf/debug_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/below.h"
#include "elf/file.h"

#define ID_MAX   80           /* hex digits: more than any linker makes, and no Go build ID */
#define PATH_CAP 4096         /* PATH_MAX of the kernel */
#define CRC_MAX  (2ull << 30) /* bytes of a file that is read for its CRC; a sparse one claims any */

/* What is looked for. */
struct wanted {
	struct elf_file *file;
	const char *const *dirs;
	char id[ID_MAX + 1]; /* of the build, "" = not known */
	bool by_crc;
	uint32_t crc;
};

static bool is_hex(const char *text)
{
	return strspn(text, "0123456789abcdef") == strlen(text);
}

/* A build ID that a file can be found by; "" = none. */
static void id_read(struct elf_file *f, char *id)
{
	if (elf_build_id(f, id, ID_MAX + 1) || strlen(id) < 3 || !is_hex(id))
		id[0] = 0;
}

static bool same_file(int fd, const struct stat *b)
{
	struct stat a;

	return fd >= 0 && !fstat(fd, &a) && a.st_dev == b->st_dev && a.st_ino == b->st_ino;
}

static bool crc_is(int fd, uint32_t want)
{
	unsigned char buf[64 << 10];
	uLong crc = crc32(0, NULL, 0);
	struct stat st;
	off_t at = 0;
	ssize_t n;

	if (fstat(fd, &st) || (uint64_t)st.st_size > CRC_MAX)
		return false;
	for (; at < st.st_size; at += n) {
		n = pread(fd, buf, sizeof(buf), at);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n <= 0)
			return false;
		crc = crc32(crc, buf, (uInt)n);
	}
	return crc == want;
}

/* By name, a file without a build ID is as good as its CRC. */
static bool is_wanted(int fd, const struct wanted *w)
{
	struct elf_file *f = elf_open(fd);
	char id[ID_MAX + 1] = "";
	bool same;

	if (!f)
		return false;
	id_read(f, id);
	same = f->machine == w->file->machine && f->is64 == w->file->is64;
	if (w->by_crc && (!id[0] || !w->id[0]))
		same = same && crc_is(fd, w->crc);
	else
		same = same && !strcmp(id, w->id) && (!w->by_crc || crc_is(fd, w->crc));
	elf_close(f);
	return same;
}

/* Opens a candidate and looks at it: a descriptor, -ESTALE: it is another one, or -errno. */
static int try_at(const struct wanted *w, int dir, const char *path, int flags)
{
	int fd = below_read_at(dir, path, flags);
	struct stat st;

	if (fd < 0)
		return fd;
	if (!fstat(fd, &st) && same_file(w->file->fd, &st)) {
		close(fd);
		return -ENOENT; /* a link to itself */
	}
	if (is_wanted(fd, w))
		return fd;
	close(fd);
	return -ESTALE;
}

/* Of an attempt that failed and the next one: that a wrong file is there goes before other errors. */
static int better(int last, int next)
{
	return next < 0 && last == -ESTALE ? last : next;
}

static int by_id_in(const struct wanted *w, const char *dir)
{
	char path[PATH_CAP];

	if (!w->id[0])
		return -ENOENT;
	if (snprintf(path, sizeof(path), "%s/.build-id/%.2s/%s.debug", dir, w->id, w->id + 2) >=
	    (int)sizeof(path))
		return -ENAMETOOLONG;
	return try_at(w, AT_FDCWD, path, 0);
}

static int by_id(const struct wanted *w)
{
	int fd = -ENOENT;
	size_t i;

	for (i = 0; fd < 0 && w->dirs[i]; i++)
		fd = better(fd, by_id_in(w, w->dirs[i]));
	return fd;
}

int elf_debug_fd(struct elf_file *f, const char *const *dirs)
{
	struct wanted w = { .file = f, .dirs = dirs };

	id_read(f, w.id);
	return by_id(&w);
}

/* The part of a path before its last '/', and what is behind it; false: it does not fit. */
static bool split(const char *path, char *dir, size_t size, const char **base)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 0;

	if (!slash || len >= size)
		return false;
	memcpy(dir, path, len);
	dir[len] = 0;
	*base = slash + 1;
	return true;
}

/* The directory 'path' lies in, if the file is there under its name: a descriptor or -ENOENT. */
static int own_dir(const struct elf_file *f, const char *path)
{
	char name[PATH_CAP];
	const char *base;
	struct stat st;
	int dir;

	if (f->fd < 0 || !below_is_plain(path) || !split(path, name, sizeof(name), &base))
		return -ENOENT;
	dir = open(name[0] ? name : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -ENOENT;
	if (!fstatat(dir, base, &st, AT_SYMLINK_NOFOLLOW) && same_file(f->fd, &st))
		return dir;
	close(dir);
	return -ENOENT;
}

static int by_link_beside(const struct wanted *w, const char *path, const char *name)
{
	int dir = own_dir(w->file, path), fd, sub;

	if (dir < 0)
		return dir;
	fd = try_at(w, dir, name, O_NOFOLLOW);
	sub = fd < 0 ? openat(dir, ".debug", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
	if (sub >= 0) {
		fd = better(fd, try_at(w, sub, name, O_NOFOLLOW));
		close(sub);
	}
	close(dir);
	return fd;
}

static int by_link_below(const struct wanted *w, const char *dir, const char *path,
                         const char *name)
{
	char below[PATH_CAP], full[PATH_CAP];
	const char *base;

	if (!below_is_plain(path) || !split(path, below, sizeof(below), &base))
		return -ENOENT;
	if (snprintf(full, sizeof(full), "%s%s/%s", dir, below, name) >= (int)sizeof(full))
		return -ENAMETOOLONG;
	return try_at(w, AT_FDCWD, full, 0);
}

static int by_link(struct wanted *w, const char *path)
{
	char name[256];
	size_t i;
	int fd;

	if (elf_debuglink(w->file, name, sizeof(name), &w->crc))
		return -ENOENT;
	w->by_crc = true;
	fd = by_link_beside(w, path, name);
	for (i = 0; fd < 0 && w->dirs[i]; i++)
		fd = better(fd, by_link_below(w, w->dirs[i], path, name));
	return fd;
}

int elf_debug_find(struct elf_file *f, const char *path, const char *const *dirs)
{
	struct wanted w = { .file = f, .dirs = dirs };
	int fd;

	id_read(f, w.id);
	fd = by_id(&w);
	if (fd < 0)
		fd = better(fd, by_link(&w, path));
	return fd >= 0 || fd == -ESTALE ? fd : -ENOENT;
}

/* Where the file is that a descriptor is open on; false: not known. */
static bool path_of(const struct elf_file *f, char *path, size_t size)
{
	char self[64];
	ssize_t n;

	snprintf(self, sizeof(self), "/proc/self/fd/%d", f->fd);
	n = f->fd >= 0 ? readlink(self, path, size) : -1;
	if (n <= 0 || (size_t)n >= size || path[0] != '/')
		return false;
	path[n] = 0;
	return true;
}

/* A path without links lies below one of the directories. */
static bool is_below(const struct wanted *w, const char *path)
{
	char dir[PATH_CAP];
	bool below = false;
	size_t i, len;

	for (i = 0; !below && w->dirs[i]; i++) {
		len = realpath(w->dirs[i], dir) ? strlen(dir) : 0;
		below = len && !strncmp(path, dir, len) && (path[len] == '/' || len == 1);
	}
	return below;
}

/* The path of an alt file, from where 'f' is. */
static int by_alt_path(const struct wanted *w, const char *path)
{
	char own[PATH_CAP], dir[PATH_CAP], full[2 * PATH_CAP], real[PATH_CAP];
	const char *base;
	int at, fd;

	if (path[0] == '/')
		return realpath(path, real) && is_below(w, real)
		               ? try_at(w, AT_FDCWD, real, O_NOFOLLOW)
		               : -ENOENT;
	if (!path_of(w->file, own, sizeof(own)) || !split(own, dir, sizeof(dir), &base))
		return -ENOENT;
	snprintf(full, sizeof(full), "%s/%s", dir, path);
	if (realpath(full, real) && is_below(w, real))
		return try_at(w, AT_FDCWD, real, O_NOFOLLOW);
	at = strchr(path, '/') ? -ENOENT : own_dir(w->file, own);
	if (at < 0)
		return at;
	fd = try_at(w, at, path, O_NOFOLLOW);
	close(at);
	return fd;
}

/* Debug files that were unpacked elsewhere: /usr/lib/debug/.dwz/NAME is DIR/.dwz/NAME. */
static int by_alt_dwz(const struct wanted *w, const char *path)
{
	const char *dwz = strstr(path, "/.dwz/");
	char full[PATH_CAP];
	int fd = -ENOENT;
	size_t i;

	if (!dwz || !below_is_plain(dwz))
		return -ENOENT;
	for (i = 0; fd < 0 && w->dirs[i]; i++)
		if (snprintf(full, sizeof(full), "%s%s", w->dirs[i], dwz) < (int)sizeof(full))
			fd = better(fd, try_at(w, AT_FDCWD, full, 0));
	return fd;
}

int elf_alt_find(struct elf_file *f, const char *const *dirs)
{
	struct wanted w = { .file = f, .dirs = dirs };
	char path[PATH_CAP];
	int fd;

	if (elf_altlink(f, path, sizeof(path), w.id, sizeof(w.id)) || strlen(w.id) < 3)
		return -ENOENT;
	fd = by_id(&w);
	if (fd < 0)
		fd = better(fd, by_alt_path(&w, path));
	if (fd < 0)
		fd = better(fd, by_alt_dwz(&w, path));
	return fd >= 0 || fd == -ESTALE ? fd : -ENOENT;
}
