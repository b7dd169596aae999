// SPDX-License-Identifier: Apache-2.0
/*
 * remap [SECONDS]: maps the code of remap_a.so and of remap_b.so, by turns, at the same address and
 * runs each for 20 ms: an address alone does not say which function was running.
 */
#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "target.h"

enum { AREA = 1 << 20 };

struct code {
	const char *name;
	int fd;
	Elf64_Ehdr head;
	Elf64_Phdr text;
	uint64_t ns;
};

/* The library beside this program: its code segment and its entry point, f_remap_?. */
static int code_open(struct code *c)
{
	char path[4096];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 64);

	if (len < 0)
		return -1;
	path[len] = 0;
	snprintf(strrchr(path, '/') + 1, 64, "%s.so", c->name);
	c->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (c->fd < 0 || pread(c->fd, &c->head, sizeof(c->head), 0) != sizeof(c->head))
		return -1;
	for (int i = 0; i < c->head.e_phnum; i++) {
		off_t off = c->head.e_phoff + i * sizeof(c->text);

		if (pread(c->fd, &c->text, sizeof(c->text), off) != sizeof(c->text))
			return -1;
		if (c->text.p_type == PT_LOAD && (c->text.p_flags & PF_X))
			return 0;
	}
	return -1;
}

static NOINLINE void code_run(struct code *c, char *area)
{
	uint64_t begin = target_cpu_ns(), now;
	void (*f)(long);

	if (mmap(area + c->text.p_vaddr, c->text.p_filesz, PROT_READ | PROT_EXEC,
	         MAP_PRIVATE | MAP_FIXED, c->fd, c->text.p_offset) == MAP_FAILED)
		exit(1);
	f = (void (*)(long))(area + c->head.e_entry);
	do {
		f(40000);
		now = target_cpu_ns();
	} while (now < begin + 20 * MS);
	c->ns += now - begin;
}

int main(int argc, char **argv)
{
	struct code a = { .name = "remap_a" }, b = { .name = "remap_b" };
	char *area = mmap(NULL, AREA, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t end;

	if (area == MAP_FAILED || code_open(&a) || code_open(&b))
		return 1;
	end = target_begin(argc, argv);
	while (!target_over(end)) {
		code_run(&a, area);
		code_run(&b, area);
	}
	target_report("f_remap_a", a.ns, a.ns + b.ns);
	target_report("f_remap_b", b.ns, a.ns + b.ns);
	return 0;
}
