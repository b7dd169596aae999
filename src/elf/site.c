// SPDX-License-Identifier: Apache-2.0
#include "elf/site.h"

#include <errno.h>

#include "elf/arch.h"
#include "elf/file.h"

#define CODE_MAX 64

int elf_site(const struct elf_file *f, uint64_t vaddr, uint64_t size, unsigned int args,
             struct elf_site *site)
{
	unsigned char code[CODE_MAX];
	struct arch_site found = { 0 };
	uint64_t offset, left;
	size_t n = size < CODE_MAX ? size : CODE_MAX;
	long at;

	if (elf_offset(f, vaddr, &offset, &left))
		return -ENOENT;
	if (n > left)
		n = left;
	if (!n || !elf_read(f, offset, code, n))
		return -ENOENT;
	at = f->machine == EM_X86_64 ? arch_x86_64_site(code, n, args, &found) : -1;
	site->cheap = at >= 0;
	site->offset = offset + (uint64_t)(at > 0 ? at : 0);
	site->taken = at >= 0 ? found.taken : 0;
	site->jumps_to = found.jump ? vaddr + found.jump : 0;
	return 0;
}
