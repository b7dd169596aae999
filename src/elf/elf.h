/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one ELF file says and nothing else: its build ID, where its bytes are mapped, its function
 * symbols. Files are hostile: they are read, never mapped (a file that shrinks would kill a reader by
 * SIGBUS), and every offset in them is checked. What one file may cost is bounded too.
 */
#ifndef EBPROF_ELF_ELF_H
#define EBPROF_ELF_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct elf_file;

/* One function; 'name' lives until the file is closed. */
struct elf_symbol {
	uint64_t address; /* virtual, as linked */
	uint64_t size;    /* bytes; when not 'sized', those up to the end of its section */
	const char *name;
	uint8_t binding; /* STB_* */
	bool sized;
	bool plt; /* a stub that calls the function of that name */
};

typedef int (*elf_symbol_fn)(void *arg, const struct elf_symbol *sym);

/*
 * Opens from a descriptor or from an image in memory; neither is owned, both must stay. NULL: no
 * ELF, one of the other byte order, or out of memory.
 */
struct elf_file *elf_open(int fd);
struct elf_file *elf_open_memory(const void *image, size_t size);
void elf_close(struct elf_file *f);
/* The GNU build ID in lower-case hex, else Go's as it is; 0, -ENOENT or -ENOSPC. */
int elf_build_id(struct elf_file *f, char *text, size_t size);
/* The virtual address of a file offset by the program headers; 0 or -ENOENT. */
int elf_vaddr(const struct elf_file *f, uint64_t offset, uint64_t *vaddr);
/*
 * Is it a file of debug information alone, whose code has addresses but no bytes? Its program headers
 * know nothing of the offsets that the whole file has: elf_vaddr() takes the address itself for one.
 */
bool elf_is_hollow(const struct elf_file *f);
/*
 * The virtual address where the executable segment begins that takes 'size' bytes when it is mapped,
 * which are whole pages; 0, or -ENOENT: there is none, or several.
 */
int elf_code_vaddr(const struct elf_file *f, uint64_t size, uint64_t *vaddr);
/*
 * Calls 'each' for every function symbol of .symtab and .dynsym (without section headers: of
 * PT_DYNAMIC) and every PLT stub, in no order, the same function perhaps twice. 0 or what 'each'
 * returned.
 */
int elf_symbols(struct elf_file *f, elf_symbol_fn each, void *arg);
/* Is there a .symtab with anything in it? */
bool elf_has_symtab(struct elf_file *f);

#endif
