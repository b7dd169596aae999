// SPDX-License-Identifier: Apache-2.0
/*
 * The two sections that name another file. .gnu_debuglink: a file name, its NUL, NULs up to a multiple
 * of 4 bytes, then the CRC-32 of that file in the byte order of this one
 * (https://sourceware.org/gdb/current/onlinedocs/gdb.html/Separate-Debug-Files.html).
 * .gnu_debugaltlink: a path, its NUL, then the build ID of that file (dwz(1)).
 */
#include <errno.h>
#include <string.h>

#include "elf/debug_file.h"
#include "elf/file.h"

#define LINK_MAX_BYTES (8 << 10) /* of such a section */

/* The section, which begins with a NUL-terminated text that is not empty; NULL = there is none. */
static const char *link_section(struct elf_file *f, const char *section, size_t *len, size_t *size)
{
	const Elf64_Shdr *sh = elf_section_named(f, section);
	const char *text;

	if (!sh || sh->sh_size > LINK_MAX_BYTES || sh->sh_flags & SHF_COMPRESSED)
		return NULL;
	text = elf_section_bytes(f, sh, size);
	if (!text)
		return NULL;
	*len = strnlen(text, *size);
	return *len && *len < *size ? text : NULL;
}

int elf_debuglink(struct elf_file *f, char *name, size_t size, uint32_t *crc)
{
	size_t len, all, at;
	const char *text = link_section(f, ".gnu_debuglink", &len, &all);

	if (!text || len >= size || strchr(text, '/') || !strcmp(text, ".") || !strcmp(text, ".."))
		return -ENOENT;
	at = (len + 4) & ~(size_t)3;
	if (at + sizeof(*crc) > all)
		return -ENOENT;
	memcpy(crc, text + at, sizeof(*crc));
	memcpy(name, text, len + 1);
	return 0;
}

int elf_altlink(struct elf_file *f, char *path, size_t path_size, char *id, size_t id_size)
{
	static const char digits[] = "0123456789abcdef";
	size_t len, all, i, n;
	const char *text = link_section(f, ".gnu_debugaltlink", &len, &all);

	if (!text || len >= path_size)
		return -ENOENT;
	n = all - len - 1;
	if (!n || 2 * n >= id_size)
		return -ENOENT;
	memcpy(path, text, len + 1);
	for (i = 0; i < n; i++) {
		unsigned char byte = (unsigned char)text[len + 1 + i];

		id[2 * i] = digits[byte >> 4];
		id[2 * i + 1] = digits[byte & 15];
	}
	id[2 * n] = 0;
	return 0;
}
