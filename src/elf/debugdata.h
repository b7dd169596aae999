/* SPDX-License-Identifier: Apache-2.0 */
/*
 * .gnu_debugdata: an ELF file, compressed by xz, that has only the symbol table which the file around
 * it lacks ("MiniDebugInfo", https://sourceware.org/gdb/current/onlinedocs/gdb.html/MiniDebugInfo.html).
 */
#ifndef EBPROF_ELF_DEBUGDATA_H
#define EBPROF_ELF_DEBUGDATA_H

#include <stddef.h>

struct elf_file;

/*
 * Decompresses it into new memory, which the caller frees; its addresses are those of 'f'. 0,
 * -ENOENT: there is none, -EINVAL: it is broken, -EFBIG: larger than any real one, -ENOMEM.
 */
int elf_debugdata(struct elf_file *f, unsigned char **image, size_t *size);

#endif
