// SPDX-License-Identifier: Apache-2.0
/*
 * tables [FILE...]: builds the unwind tables of files, without arguments of those named on standard
 * input, as ebprof does when it meets them. Prints a line of JSON for each that has code for this
 * machine and .eh_frame: bytes of executable segments and of .eh_frame, rows, bytes of the table with
 * its index, CPU time; then one with the rules that all tables share.
 */
#include <elf.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "elf/elf.h"
#include "elf/file.h"
#include "elf/rows.h"
#include "unwind/blocks.h"
#include "unwind/rules.h"

static uint64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static uint64_t text_bytes(const struct elf_file *f)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < f->phdr_cnt; i++)
		if (f->phdrs[i].p_type == PT_LOAD && f->phdrs[i].p_flags & PF_X)
			sum += f->phdrs[i].p_filesz;
	return sum;
}

/* Object files have no segments, files of debug information no bytes in them. */
static bool is_program(struct elf_file *f, uint64_t *eh_frame)
{
	const Elf64_Shdr *sh;

	if (!f->is64 || f->machine != EM_X86_64 || !text_bytes(f))
		return false;
	sh = elf_section_named(f, ".eh_frame");
	*eh_frame = sh ? sh->sh_size : 0;
	return sh && sh->sh_type != SHT_NOBITS;
}

static void measure(const char *name, struct rules *rules)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC), err;
	uint64_t start = cpu_ns(), eh_frame;
	struct elf_rows_more more = { 0 };
	struct blocks_stream *stream;
	struct elf_file *f = fd < 0 ? NULL : elf_open(fd);
	struct elf_rows rows = { 0 };
	struct blocks blocks = { 0 };

	if (f && is_program(f, &eh_frame)) {
		stream = blocks_stream_new(&blocks, f, rules);
		more.rows = blocks_stream_rows;
		more.rows_arg = stream;
		err = stream ? elf_rows_build(f, &more, &rows) : -1;
		if (stream && blocks_stream_end(stream))
			err = -1;
		printf("{\"text\":%lu,\"eh_frame\":%lu,\"rows\":%zu,\"bytes\":%zu,"
		       "\"ns\":%lu,\"error\":%d}\n",
		       text_bytes(f), eh_frame, blocks.row_cnt, (blocks.cnt + blocks.item_cnt) * 4,
		       cpu_ns() - start, err);
	}
	blocks_release(&blocks);
	elf_rows_release(&rows);
	elf_close(f);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	static struct unwind_rule items[RULES_MAX];
	static struct rules rules;
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	int i;

	rules_init(&rules, items);
	for (i = 1; i < argc; i++)
		measure(argv[i], &rules);
	while (argc == 1 && (n = getline(&line, &cap, stdin)) > 0) {
		line[n - 1] = 0;
		measure(line, &rules);
	}
	free(line);
	printf("{\"rules\":%u,\"rules_full\":%lu}\n", rules.cnt, rules.full);
	return 0;
}
