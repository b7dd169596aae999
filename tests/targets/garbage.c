// SPDX-License-Identifier: Apache-2.0
/*
 * garbage [SECONDS]: runs the code of remap_a.so from copies of that file that are hostile to read: one
 * whose headers are noise behind the magic number, one that ends right behind the code, and one whose
 * tables say that they are larger than any file. All are mapped; the files are removed.
 */
#include "code.h"
#include "target.h"

static void spoil(struct code *c, int how)
{
	Elf64_Ehdr head = c->head;

	if (how == 0)
		memset(c->file + EI_CLASS, 0xff, c->text.p_offset - EI_CLASS);
	if (how == 1)
		c->size = c->text.p_offset + c->text.p_filesz;
	if (how == 2) {
		head.e_shnum = head.e_phnum = 0xffff;
		head.e_shoff = head.e_phoff = UINT64_MAX - 64;
	}
	if (how == 2)
		memcpy(c->file, &head, sizeof(head));
}

/* The function in a spoilt copy of the file; NULL on failure. */
static void (*spoilt_map(int how))(long)
{
	struct code c;
	char path[] = "/tmp/garbage-XXXXXX";
	int fd;

	if (code_read(&c))
		return NULL;
	spoil(&c, how);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return NULL;
	unlink(path);
	if (write(fd, c.file, c.size) != (ssize_t)c.size)
		return NULL;
	free(c.file);
	return code_map(&c, fd);
}

static NOINLINE void f_run(void (*f)(long))
{
	uint64_t end = target_cpu_ns() + 5 * MS;

	do
		f(40000);
	while (target_cpu_ns() < end);
}

int main(int argc, char **argv)
{
	void (*f[3])(long);
	uint64_t end;

	for (int i = 0; i < 3; i++) {
		f[i] = spoilt_map(i);
		if (!f[i])
			return 1;
	}
	end = target_begin(argc, argv);
	while (!target_over(end))
		for (int i = 0; i < 3; i++)
			f_run(f[i]);
	return 0;
}
