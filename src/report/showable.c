// SPDX-License-Identifier: Apache-2.0
#include "report/showable.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/below.h"

/* The kernel answers in these, as it does to whoever reads. */
static bool is_of_kernel(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) || fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC ||
	       fs.f_type == TRACEFS_MAGIC || fs.f_type == DEBUGFS_MAGIC;
}

/* Where an open file lies, without symbolic links. */
static bool place_of(int fd, char place[PATH_MAX])
{
	char link[40];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, place, PATH_MAX);
	if (n <= 0 || n >= PATH_MAX || *place != '/')
		return false;
	place[n] = 0;
	return true;
}

static bool lies_below(const char *place, const char *dir)
{
	size_t len = strlen(dir);

	while (len && dir[len - 1] == '/')
		len--;
	return !strncmp(place, dir, len) && place[len] == '/';
}

static bool lies_below_any(const char *place, const char *dirs)
{
	char *dir, *real;
	bool found = false;
	size_t n;

	for (; dirs && !found && *dirs; dirs += n + (dirs[n] == ':')) {
		n = strcspn(dirs, ":");
		dir = strndup(dirs, n);
		real = dir && n ? realpath(dir, NULL) : NULL;
		found = real && lies_below(place, real);
		free(real);
		free(dir);
	}
	return found;
}

/* May everyone go through all directories above it? */
static bool is_reachable(char *place)
{
	struct stat st;
	char *slash;
	bool open = true;

	for (slash = place; open && (slash = strchr(slash + 1, '/'));) {
		*slash = 0;
		open = !stat(place, &st) && st.st_mode & S_IXOTH;
		*slash = '/';
	}
	return open;
}

static bool is_showable(const struct showable *s, int fd, const struct stat *st)
{
	char place[PATH_MAX];

	if (is_of_kernel(fd) || !place_of(fd, place))
		return false;
	if (lies_below_any(place, s->dirs))
		return true;
	if (!(st->st_mode & S_IROTH))
		return false;
	/* Everything lies below the root directory, where services are. */
	return (s->here && s->here[1] && lies_below(place, s->here)) || is_reachable(place);
}

int showable_open(const struct showable *s, const char *path)
{
	int at = open(path, O_PATH | O_CLOEXEC), fd;
	struct stat st;

	if (at < 0)
		return -errno;
	if (fstat(at, &st))
		fd = -errno;
	else if (!S_ISREG(st.st_mode))
		fd = -ENODEV;
	else if (!is_showable(s, at, &st))
		fd = -EPERM;
	else if (st.st_size > SHOWABLE_MAX_BYTES)
		fd = -EFBIG;
	else
		fd = below_read(at);
	close(at);
	return fd;
}
