// SPDX-License-Identifier: Apache-2.0
/*
 * inflate FILE...: decompresses, file by file, the sections that functions, files and lines are read from,
 * by the same function as ebprof. Prints one line of JSON: CPU seconds for all of them, bytes of the
 * largest file's.
 */
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "elf/file.h"

static const char *const names[] = {
	".debug_info",        ".debug_abbrev", ".debug_str",    ".debug_line_str",
	".debug_str_offsets", ".debug_addr",   ".debug_ranges", ".debug_rnglists",
	".debug_line",        ".debug_aranges",
};

static double cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Bytes; those that are not compressed are none. */
static size_t inflate_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct elf_file *f = fd < 0 ? NULL : elf_open(fd);
	const Elf64_Shdr *sh;
	size_t i, size, sum = 0;

	if (!f) {
		fprintf(stderr, "inflate: %s: cannot be read\n", path);
		exit(1);
	}
	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		sh = elf_section_named(f, names[i]);
		if (sh && sh->sh_flags & SHF_COMPRESSED && elf_section_bytes(f, sh, &size))
			sum += size;
	}
	elf_close(f);
	close(fd);
	return sum;
}

int main(int argc, char **argv)
{
	double begin = cpu_s();
	size_t most = 0, size;
	int i;

	for (i = 1; i < argc; i++) {
		size = inflate_file(argv[i]);
		most = size > most ? size : most;
	}
	printf("{\"cpu_s\":%.6f,\"most_bytes\":%zu}\n", cpu_s() - begin, most);
	return 0;
}
