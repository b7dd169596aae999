// SPDX-License-Identifier: Apache-2.0
/*
 * dwarf_dump [--alt FILE] [--dwp FILE] FILE < addresses: for each hexadecimal address a line of its own
 * ("0x" and it), then for each frame, innermost first, a line FUNCTION<tab>FILE:LINE<tab>START, in
 * which "??" is not known. The outermost function is named by the symbol table, as those others do it,
 * unless --no-symbols is given. --time: only what opening and asking took.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "elf/elf.h"
#include "symbolize/dwarf.h"
#include "symbolize/names.h"
#include "symbolize/symbols.h"

static int open_path(void *arg, const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

static int must_open(const char *path)
{
	int fd = open_path(NULL, path);

	if (fd >= 0)
		return fd;
	perror(path);
	exit(1);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void show(const struct names_frame *f)
{
	printf("%s\t%s:%u\t%u\n", f->linkage ? f->linkage : "??", f->path ? f->path : "??", f->line,
	       f->start_line);
}

static struct symbols *symbols_of(int fd)
{
	struct elf_file *elf = elf_open(fd);

	return elf ? symbols_load(&elf, 1) : NULL; /* both stay until the end */
}

static void ask(struct dwarf_names *d, const struct symbols *symbols, bool quiet)
{
	struct names_frame frames[NAMES_MAX];
	unsigned long address;
	uint64_t start;
	const char *name;
	double begin = now();
	size_t i, cnt, all = 0, named = 0;

	for (; scanf("%lx", &address) == 1; all++) {
		cnt = dwarf_find(d, address, frames, NAMES_MAX);
		named += cnt != 0;
		if (quiet)
			continue;
		printf("0x%lx\n", address);
		name = symbols && cnt ? symbols_find(symbols, address, &start) : NULL;
		if (cnt)
			frames[cnt - 1].linkage = dwarf_outer_name(frames[cnt - 1].linkage, name);
		for (i = 0; i < cnt; i++)
			show(&frames[i]);
	}
	if (quiet)
		printf("ask %.3f s addresses %zu known %zu\n", now() - begin, all, named);
}

int main(int argc, char **argv)
{
	struct dwarf_options o = { .alt_fd = -1, .dwp_fd = -1, .open = open_path };
	struct dwarf_names *d;
	struct rusage usage;
	bool quiet = false, no_symbols = false;
	double begin;
	int i, fd;

	for (i = 1; i + 1 < argc; i++) {
		if (!strcmp(argv[i], "--time"))
			quiet = true;
		else if (!strcmp(argv[i], "--no-symbols"))
			no_symbols = true;
		else if (!strcmp(argv[i], "--alt"))
			o.alt_fd = must_open(argv[++i]);
		else if (!strcmp(argv[i], "--dwp"))
			o.dwp_fd = must_open(argv[++i]);
	}
	if (i >= argc)
		return 2;
	fd = must_open(argv[i]);
	begin = now();
	d = dwarf_open(fd, &o);
	if (!d) {
		perror(argv[i]);
		return 1;
	}
	if (quiet)
		printf("open %.3f s\n", now() - begin);
	ask(d, quiet || no_symbols ? NULL : symbols_of(fd), quiet);
	getrusage(RUSAGE_SELF, &usage);
	if (quiet)
		printf("peak %ld MB\n", usage.ru_maxrss / 1024);
	dwarf_close(d);
	return 0;
}
