/* SPDX-License-Identifier: Apache-2.0 */
/* The function symbols of one file, sorted for look-ups by address. */
#ifndef EBPROF_SYMBOLIZE_SYMBOLS_H
#define EBPROF_SYMBOLIZE_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

struct elf_file;
struct symbols;

/*
 * Reads all symbols of some files that are linked at the same addresses (a program and its debug
 * file); NULL ones have none. NULL: out of memory. No symbols at all give an empty table. The names
 * are those of the files, which must stay open.
 */
struct symbols *symbols_load(struct elf_file *const *files, size_t cnt);
void symbols_free(struct symbols *s);
size_t symbols_count(const struct symbols *s);
/*
 * The linkage name of the function that holds a virtual address ("NAME@plt" for a stub), NULL when
 * none does; lives as long as the table. '*start' is the function's address.
 */
const char *symbols_find(const struct symbols *s, uint64_t address, uint64_t *start);

#endif
