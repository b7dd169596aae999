// SPDX-License-Identifier: Apache-2.0
/* The file of debug information that a distribution keeps apart, found by build ID. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "elf/elf.h"

#define ID_MAX 80 /* hex digits: more than any linker makes, and no Go build ID */

static bool is_hex(const char *text)
{
	return strspn(text, "0123456789abcdef") == strlen(text);
}

static bool same_id(int fd, const char *id)
{
	struct elf_file *f = elf_open(fd);
	char other[ID_MAX + 1] = "";
	bool same = f && !elf_build_id(f, other, sizeof(other)) && !strcmp(id, other);

	elf_close(f);
	return same;
}

int elf_debug_fd(struct elf_file *f, const char *dir)
{
	char id[ID_MAX + 1], path[4096];
	int err = elf_build_id(f, id, sizeof(id)), fd;

	if (err || strlen(id) < 3 || !is_hex(id))
		return -ENOENT;
	if (snprintf(path, sizeof(path), "%s/.build-id/%.2s/%s.debug", dir, id, id + 2) >=
	    (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -errno;
	if (same_id(fd, id))
		return fd;
	close(fd);
	return -ENOENT;
}
