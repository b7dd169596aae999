// SPDX-License-Identifier: Apache-2.0
#include "base/below.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int below_open(int root, const char *path, uint64_t flags)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC | flags,
		                .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	int fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));

	return fd < 0 ? -errno : fd;
}

int below_read(int path_fd)
{
	char link[40];
	struct stat st;
	int fd;

	if (fstat(path_fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -ENODEV;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", path_fd);
	fd = open(link, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

int below_read_at(int dir, const char *path, int flags)
{
	int at = openat(dir, path, O_PATH | O_CLOEXEC | flags), fd;

	if (at < 0)
		return -errno;
	fd = below_read(at);
	close(at);
	return fd;
}

bool below_is_plain(const char *path)
{
	size_t len = strlen(path);

	return path[0] == '/' && !strstr(path, "/../") &&
	       (len < 3 || strcmp(path + len - 3, "/.."));
}
