// SPDX-License-Identifier: Apache-2.0
/*
 * A file of debug information has the sections and segments of the whole file at their addresses, but
 * code and data take no bytes of it, so that what it says of offsets is true for itself alone
 * (binutils: objcopy --only-keep-debug makes them SHT_NOBITS).
 */
#include <errno.h>

#include "elf/file.h"

#define PAGE_BYTES 4096ull /* of x86; where pages are larger, mappings are longer than segments */

bool elf_is_hollow(const struct elf_file *f)
{
	bool hollow = false;
	size_t i;

	for (i = 1; i < f->shdr_cnt; i++) {
		if (!(f->shdrs[i].sh_flags & SHF_EXECINSTR))
			continue;
		if (f->shdrs[i].sh_type != SHT_NOBITS)
			return false;
		hollow = true;
	}
	return hollow;
}

int elf_code_vaddr(const struct elf_file *f, uint64_t size, uint64_t *vaddr)
{
	uint64_t start, end, found = 0;
	size_t cnt = 0, i;

	for (i = 0; i < f->phdr_cnt; i++) {
		const Elf64_Phdr *ph = &f->phdrs[i];

		if (ph->p_type != PT_LOAD || !(ph->p_flags & PF_X))
			continue;
		start = ph->p_vaddr & ~(PAGE_BYTES - 1);
		end = (ph->p_vaddr + ph->p_memsz + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
		if (!size || end - start != size)
			continue;
		found = start;
		cnt++;
	}
	if (cnt != 1)
		return -ENOENT;
	*vaddr = found;
	return 0;
}
