// SPDX-License-Identifier: Apache-2.0
#include "elf/site.h"

#include <errno.h>

#include "elf/arch.h"
#include "elf/file.h"

#define CODE_MAX  64
#define CALLS_MAX 4096

/* The code of a function, no more than 'size' bytes: their number, and where they are in the file. */
static size_t code_of(const struct elf_file *f, uint64_t vaddr, unsigned char *code, size_t size,
                      uint64_t *offset)
{
	uint64_t left;

	if (elf_offset(f, vaddr, offset, &left))
		return 0;
	if (size > left)
		size = left;
	return size && elf_read(f, *offset, code, size) ? size : 0;
}

int elf_site(const struct elf_file *f, uint64_t vaddr, uint64_t size, unsigned int args,
             struct elf_site *site)
{
	unsigned char code[CODE_MAX];
	struct arch_site found = { 0 };
	uint64_t offset;
	size_t n = code_of(f, vaddr, code, size < CODE_MAX ? size : CODE_MAX, &offset);
	long at;

	if (!n)
		return -ENOENT;
	at = f->machine == EM_X86_64 ? arch_x86_64_site(code, n, args, &found) : -1;
	if (found.taken > ELF_SITE_TAKEN_MAX)
		at = -1;
	site->cheap = at >= 0;
	site->offset = offset + (uint64_t)(at > 0 ? at : 0);
	site->vaddr = vaddr + (uint64_t)(at > 0 ? at : 0);
	site->taken = at >= 0 ? found.taken : 0;
	site->jumps_to = found.jump ? vaddr + found.jump : 0;
	return 0;
}

bool elf_site_goes_to(const struct elf_file *f, uint64_t vaddr, uint64_t size,
                      bool (*is_it)(void *arg, uint64_t vaddr, bool is_call), void *arg)
{
	unsigned char code[CALLS_MAX];
	uint64_t offset;
	size_t n = code_of(f, vaddr, code, size < CALLS_MAX ? size : CALLS_MAX, &offset);

	switch (f->machine) {
	case EM_X86_64:
		return arch_x86_64_targets(code, n, vaddr, is_it, arg);
	case EM_AARCH64:
		return arch_arm64_targets(code, n, vaddr, is_it, arg);
	}
	return false;
}
