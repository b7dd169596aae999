// SPDX-License-Identifier: Apache-2.0
#include "symbolize/beside.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "elf/debug_file.h"
#include "elf/elf.h"
#include "elf/file.h"
#include "process/file.h"

/* Only what is split has a table of addresses in the program, but for some compilers of DWARF 5. */
static bool may_be_split(struct elf_file *f)
{
	return f && elf_section_named(f, ".debug_addr");
}

/* FILE.dwp beside the program. */
static int package_of_program(const struct opener *o, const struct file *f)
{
	char name[300];

	if (o->dir < 0 ||
	    snprintf(name, sizeof(name), "%s.dwp", strrchr(f->path, '/') + 1) >= (int)sizeof(name))
		return -1;
	return opener_open(o->dir, name);
}

/* FILE.debug.dwp beside the file that is open. */
static int package_of_debug(int debug_fd)
{
	char link[40], path[4096];
	int root, fd = -1;
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", debug_fd);
	n = debug_fd < 0 ? -1 : readlink(link, path, sizeof(path) - sizeof(".dwp"));
	if (n <= 0 || (size_t)n >= sizeof(path) - sizeof(".dwp"))
		return -1;
	memcpy(path + n, ".dwp", sizeof(".dwp"));
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root >= 0) {
		fd = opener_open(root, path);
		close(root);
	}
	return fd;
}

static void split_find(struct beside *b, const struct file *f)
{
	opener_init(&b->opener, f);
	b->dwp_fd = package_of_program(&b->opener, f);
	if (b->dwp_fd < 0)
		b->dwp_fd = package_of_debug(b->debug_fd);
}

void beside_find(struct beside *b, const struct file *file, const char *const *dirs)
{
	struct elf_file *f = dirs ? elf_open(file->fd) : NULL, *apart = NULL;

	*b = (struct beside){ .debug_fd = -1, .alt_fd = -1, .dwp_fd = -1, .opener = { -1, -1 } };
	if (!f)
		return;
	if (!elf_has_symtab(f) || !elf_section_named(f, ".debug_info")) {
		b->debug_fd = elf_debug_find(f, file->path ?: "", dirs);
		b->lacks = b->debug_fd < 0;
	}
	b->mismatch = b->debug_fd == -ESTALE;
	if (b->debug_fd >= 0)
		apart = elf_open(b->debug_fd);
	b->alt_fd = elf_alt_find(apart ?: f, dirs);
	if (may_be_split(f) || may_be_split(apart))
		split_find(b, file);
	elf_close(apart);
	elf_close(f);
}
