// SPDX-License-Identifier: Apache-2.0
/* What a section holds. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "elf/file.h"

#define DEFLATE_MAX_RATIO 1032 /* https://zlib.net/zlib_tech.html */

struct compressed {
	uint32_t type;
	uint64_t size, header;
};

static bool compressed_read(const struct elf_file *f, const Elf64_Shdr *sh, struct compressed *c)
{
	Elf64_Chdr ch;
	Elf32_Chdr ch32;

	c->header = f->is64 ? sizeof(ch) : sizeof(ch32);
	if (sh->sh_size <= c->header ||
	    !elf_read(f, sh->sh_offset, f->is64 ? (void *)&ch : &ch32, c->header))
		return false;
	c->type = f->is64 ? ch.ch_type : ch32.ch_type;
	c->size = f->is64 ? ch.ch_size : ch32.ch_size;
	return true;
}

static const void *decompress(struct elf_file *f, const Elf64_Shdr *sh, size_t *size)
{
	const unsigned char *from;
	struct compressed c;
	unsigned char *to;
	uLongf to_size;

	if (sh->sh_flags & SHF_ALLOC || !compressed_read(f, sh, &c) || c.type != ELFCOMPRESS_ZLIB ||
	    c.size / DEFLATE_MAX_RATIO > sh->sh_size)
		return NULL;
	from = elf_chunk(f, sh->sh_offset, sh->sh_size);
	to = from ? elf_chunk_new(f, c.size) : NULL;
	to_size = c.size;
	if (!to || uncompress(to, &to_size, from + c.header, sh->sh_size - c.header) != Z_OK ||
	    to_size != c.size)
		return NULL;
	*size = c.size;
	return to;
}

const void *elf_section_bytes(struct elf_file *f, const Elf64_Shdr *sh, size_t *size)
{
	*size = 0;
	if (sh->sh_type == SHT_NOBITS)
		return NULL;
	if (sh->sh_flags & SHF_COMPRESSED)
		return decompress(f, sh, size);
	*size = sh->sh_size;
	return elf_chunk(f, sh->sh_offset, sh->sh_size);
}
