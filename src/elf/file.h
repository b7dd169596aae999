/* SPDX-License-Identifier: Apache-2.0 */
/* The room's own view of an open file. */
#ifndef EBPROF_ELF_FILE_H
#define EBPROF_ELF_FILE_H

#include <gelf.h>
#include <stddef.h>
#include <stdint.h>

#include "elf/elf.h"

struct elf_file {
	Elf *elf;
	size_t size; /* of the file, bytes */
};

/* 'size' bytes at a file offset, owned by the Elf; NULL when the file does not have them. */
const void *elf_chunk(struct elf_file *f, uint64_t offset, uint64_t size);
/* The bytes of a section; NULL (and 0) when there are none. */
const void *elf_section(struct elf_file *f, Elf_Scn *scn, size_t *size);
/* The section of that name, NULL = none; fills in its header. */
Elf_Scn *elf_section_named(struct elf_file *f, const char *name, GElf_Shdr *sh);
/* The file offset of a virtual address; 0 or -ENOENT. 'left': bytes of the segment from there on. */
int elf_offset(struct elf_file *f, uint64_t vaddr, uint64_t *offset, uint64_t *left);
/* The string at 'at' of a table, NULL when it does not end inside. */
const char *elf_string(const char *table, size_t size, uint64_t at);

#endif
