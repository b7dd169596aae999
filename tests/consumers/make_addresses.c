// SPDX-License-Identifier: Apache-2.0
/*
 * make_addresses OUT FILE < addresses: a profile as `--symbolize none` writes it, of hexadecimal virtual
 * addresses in the executable segment of FILE, a sample each. Where the segment lies is made up.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "elf/file.h"
#include "format/format.h"
#include "format/output.h"
#include "profile/profile.h"

#define START 0x7f5500000000

static void die(const char *what)
{
	fprintf(stderr, "make_addresses: %s\n", what);
	exit(1);
}

static const Elf64_Phdr *code_of(const struct elf_file *f)
{
	size_t i;

	for (i = 0; i < f->phdr_cnt; i++)
		if (f->phdrs[i].p_type == PT_LOAD && f->phdrs[i].p_flags & PF_X)
			return &f->phdrs[i];
	die("no code");
	return NULL;
}

static uint32_t add_mapping(struct profile *p, struct elf_file *f, const char *path)
{
	const Elf64_Phdr *code = code_of(f);
	struct profile_mapping m = { .start = START, .offset = code->p_offset & ~0xffful };
	char id[128] = "";

	elf_build_id(f, id, sizeof(id));
	m.limit = START + ((code->p_offset + code->p_filesz + 0xfff) & ~0xffful) - m.offset;
	m.file = profile_string(p, path);
	m.build_id = profile_string(p, id);
	return profile_add_mapping(p, &m);
}

int main(int argc, char **argv)
{
	struct elf_file *f = argc == 3 ? elf_open(open(argv[2], O_RDONLY | O_CLOEXEC)) : NULL;
	struct profile *p = profile_new();
	struct format_options options;
	struct output *o;
	const int64_t one = 1;
	unsigned long address;
	struct err e = { "" };
	uint32_t m, l;

	if (!f || !p)
		die("usage: make_addresses OUT FILE < addresses");
	profile_add_type(p, "samples", "count");
	m = add_mapping(p, f, argv[2]);
	while (scanf("%lx", &address) == 1) {
		l = profile_add_location(p, m, START + address - (code_of(f)->p_vaddr & ~0xffful));
		profile_add_sample(p, &l, 1, NULL, 0, &one);
	}
	printf("%#lx\n", (unsigned long)(START - (code_of(f)->p_vaddr & ~0xffful)));
	format_options_init(&options);
	o = output_open(argv[1], &e);
	if (!o || format_write_output(&format_pprof, p, &options, o, &e))
		die(e.msg);
	return 0;
}
