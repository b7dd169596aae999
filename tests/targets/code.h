/* SPDX-License-Identifier: Apache-2.0 */
/* The library remap_a.so beside a target, read by hand: f_remap_a is its entry point. */
#ifndef EBPROF_TESTS_CODE_H
#define EBPROF_TESTS_CODE_H

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct code {
	Elf64_Ehdr head;
	Elf64_Phdr text; /* of the segment with the code */
	char *file;      /* all of it */
	size_t size;
};

static inline int code_read(struct code *c)
{
	char path[4096];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 64);
	struct stat st;
	int fd;

	if (len < 0)
		return -1;
	path[len] = 0;
	snprintf(strrchr(path, '/') + 1, 64, "remap_a.so");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		return -1;
	c->size = st.st_size;
	c->file = malloc(c->size);
	if (!c->file || read(fd, c->file, c->size) != (ssize_t)c->size)
		return -1;
	close(fd);
	memcpy(&c->head, c->file, sizeof(c->head));
	for (int i = 0; i < c->head.e_phnum; i++) {
		memcpy(&c->text, c->file + c->head.e_phoff + i * sizeof(c->text), sizeof(c->text));
		if (c->text.p_type == PT_LOAD && (c->text.p_flags & PF_X))
			return 0;
	}
	return -1;
}

/* The function, in a mapping of a copy of that file; NULL on failure. */
static inline void (*code_map(const struct code *c, int fd))(long)
{
	char *at = mmap(NULL, c->text.p_filesz, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd,
	                c->text.p_offset);

	return at == MAP_FAILED ? NULL : (void (*)(long))(at + c->head.e_entry - c->text.p_vaddr);
}

#endif
