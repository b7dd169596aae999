/* SPDX-License-Identifier: Apache-2.0 */
/* One symbol table and its strings, wherever they were found. */
#ifndef EBPROF_ELF_TABLE_H
#define EBPROF_ELF_TABLE_H

#include "elf/file.h"

#define ELF_SYMBOLS_MAX (16u << 20) /* of one table; the largest programs have 3 million */

struct elf_table {
	uint64_t offset; /* of symbol 0 in the file */
	size_t cnt;
	struct elf_strings strings;
};

static inline size_t elf_symbol_size(const struct elf_file *f)
{
	return f->is64 ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
}

/* Symbol i; false when the file does not have it. */
bool elf_table_at(const struct elf_file *f, const struct elf_table *t, size_t i, Elf64_Sym *s);
/* dynamic.c: the table of PT_DYNAMIC, for files without section headers; false = none. */
bool elf_table_of_dynamic(struct elf_file *f, struct elf_table *t);
/* plt.c: the stubs that jump to symbols of 'dynsym', the section of that number. */
int elf_plt_each(struct elf_file *f, const struct elf_table *dynsym, size_t number,
                 elf_symbol_fn each, void *arg);

#endif
