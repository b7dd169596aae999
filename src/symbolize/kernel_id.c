// SPDX-License-Identifier: Apache-2.0
/* The running kernel's build ID: its notes as sysfs shows them. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "symbolize/ksyms.h"

#define NOTES_MAX 4096 /* a few hundred bytes are usual */

struct note {
	uint32_t name_size, desc_size, type;
};

static int find_id(const unsigned char *p, size_t size, char *hex, size_t hex_size)
{
	size_t name, desc, i;
	struct note n;

	while (size >= sizeof(n)) {
		memcpy(&n, p, sizeof(n));
		p += sizeof(n);
		size -= sizeof(n);
		name = ((size_t)n.name_size + 3) & ~(size_t)3;
		desc = ((size_t)n.desc_size + 3) & ~(size_t)3;
		if (name > size || desc > size - name)
			break;
		if (n.type == 3 && n.name_size == 4 && !memcmp(p, "GNU", 4)) { /* NT_GNU_BUILD_ID */
			if (n.desc_size * 2ull + 1 > hex_size)
				return -ENOSPC;
			for (i = 0; i < n.desc_size; i++)
				snprintf(hex + 2 * i, 3, "%02x", p[name + i]);
			return 0;
		}
		p += name + desc;
		size -= name + desc;
	}
	return -ENOENT;
}

int ksyms_build_id(char *hex, unsigned int size)
{
	unsigned char notes[NOTES_MAX];
	int fd = open("/sys/kernel/notes", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, notes, sizeof(notes));
	int err = n < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return err ? err : find_id(notes, (size_t)n, hex, size);
}
