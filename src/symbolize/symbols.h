/* SPDX-License-Identifier: Apache-2.0 */
/* The function symbols of one file, sorted for look-ups by address. */
#ifndef EBPROF_SYMBOLIZE_SYMBOLS_H
#define EBPROF_SYMBOLIZE_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

struct elf_file;
struct symbols;

/*
 * Reads all symbols; NULL: out of memory. A file without symbols gives an empty table. The names are
 * those of 'f', which must stay open.
 */
struct symbols *symbols_load(struct elf_file *f);
void symbols_free(struct symbols *s);
size_t symbols_count(const struct symbols *s);
/*
 * The linkage name of the function that holds a virtual address ("NAME@plt" for a stub), NULL when
 * none does; lives as long as the table. '*start' is the function's address.
 */
const char *symbols_find(const struct symbols *s, uint64_t address, uint64_t *start);

#endif
