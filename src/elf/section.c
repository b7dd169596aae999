// SPDX-License-Identifier: Apache-2.0
/*
 * What a section holds. Compressed ones begin with a header of their own (gABI, "Section
 * Compression"), older ones with "ZLIB" and their size in big endian (binutils: bfd/compress.c); then
 * their name says so: .zdebug_info.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "elf/file.h"

#ifndef ELFCOMPRESS_ZSTD
#define ELFCOMPRESS_ZSTD 2 /* gABI; glibc has it from 2.37 on */
#endif

#define RATIO_MAX \
	1032 /* of deflate: https://zlib.net/zlib_tech.html; zstd can do more, for zeros */

#define PIECE (64u << 10)

struct compressed {
	uint32_t type;
	uint64_t size, header;
};

struct old_header {
	char magic[4];
	uint64_t size_be;
} __attribute__((packed));

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

static bool compressed_read_old(const struct elf_file *f, const Elf64_Shdr *sh,
                                struct compressed *c)
{
	struct old_header h;

	if (sh->sh_size <= sizeof(h) || !elf_read(f, sh->sh_offset, &h, sizeof(h)) ||
	    memcmp(h.magic, "ZLIB", sizeof(h.magic)))
		return false;
	c->header = sizeof(h);
	c->type = ELFCOMPRESS_ZLIB;
	c->size = be64toh(h.size_be);
	return true;
}

/* The compressed bytes, piece by piece: all of them are never in memory. */
struct pieces {
	const struct elf_file *file;
	uint64_t offset, left;
	unsigned char bytes[PIECE];
};

/* The size of the next piece, 0: there is none. */
static size_t piece_read(struct pieces *p)
{
	size_t size = p->left < PIECE ? p->left : PIECE;

	if (!size || !elf_read(p->file, p->offset, p->bytes, size))
		return 0;
	p->offset += size;
	p->left -= size;
	return size;
}

/* These fill all of 'to', or have failed. */
static bool inflate_zlib(struct pieces *p, unsigned char *to, size_t size)
{
	z_stream z = { .next_out = to, .avail_out = (uInt)size };
	int status = inflateInit(&z);

	if (status != Z_OK)
		return false;
	while (status == Z_OK) {
		z.avail_in = (uInt)piece_read(p);
		z.next_in = p->bytes;
		status = z.avail_in ? inflate(&z, Z_NO_FLUSH) : Z_DATA_ERROR;
	}
	inflateEnd(&z);
	return status == Z_STREAM_END && !z.avail_out;
}

static bool inflate_zstd(struct pieces *p, unsigned char *to, size_t size)
{
	ZSTD_DStream *stream = ZSTD_createDStream();
	ZSTD_outBuffer out = { .dst = to, .size = size };
	ZSTD_inBuffer in = { .src = p->bytes };
	size_t left = 1; /* 0: a frame has ended */
	size_t stuck = 0;

	while (stream && !ZSTD_isError(left) && !stuck) {
		if (in.pos == in.size) {
			in.pos = 0;
			in.size = piece_read(p);
			if (!in.size)
				break;
		}
		stuck = in.pos + out.pos;
		left = ZSTD_decompressStream(stream, &out, &in);
		stuck = stuck == in.pos + out.pos;
	}
	ZSTD_freeDStream(stream);
	return !left && !stuck && out.pos == size;
}

static bool inflate_all(const struct elf_file *f, const Elf64_Shdr *sh, const struct compressed *c,
                        unsigned char *to)
{
	struct pieces *p = malloc(sizeof(*p));
	bool good;

	if (!p)
		return false;
	p->file = f;
	p->offset = sh->sh_offset + c->header;
	p->left = sh->sh_size - c->header;
	good = (c->type == ELFCOMPRESS_ZSTD ? inflate_zstd : inflate_zlib)(p, to, c->size);
	free(p);
	return good;
}

static const void *decompress(struct elf_file *f, const Elf64_Shdr *sh, const struct compressed *c,
                              size_t *size)
{
	unsigned char *to;

	if (sh->sh_flags & SHF_ALLOC || c->size / RATIO_MAX > sh->sh_size ||
	    sh->sh_offset > f->size || sh->sh_size > f->size - sh->sh_offset ||
	    (c->type != ELFCOMPRESS_ZLIB && c->type != ELFCOMPRESS_ZSTD))
		return NULL;
	to = elf_chunk_new(f, c->size);
	if (!to || !inflate_all(f, sh, c, to))
		return NULL;
	*size = c->size;
	return to;
}

bool elf_is_compressed(struct elf_file *f, const Elf64_Shdr *sh)
{
	const char *name = sh->sh_flags & SHF_COMPRESSED ? ".zdebug_" : elf_section_name(f, sh);

	return name && !strncmp(name, ".zdebug_", 8);
}

static bool compression_read(struct elf_file *f, const Elf64_Shdr *sh, struct compressed *c)
{
	return sh->sh_flags & SHF_COMPRESSED ? compressed_read(f, sh, c)
	                                     : compressed_read_old(f, sh, c);
}

uint64_t elf_section_cost(struct elf_file *f, const Elf64_Shdr *sh)
{
	struct compressed c;

	if (sh->sh_type == SHT_NOBITS || !elf_is_compressed(f, sh) || !compression_read(f, sh, &c))
		return 0;
	return c.size > UINT64_MAX - sh->sh_size ? UINT64_MAX : c.size + sh->sh_size;
}

const void *elf_section_bytes(struct elf_file *f, const Elf64_Shdr *sh, size_t *size)
{
	struct compressed c;

	*size = 0;
	if (sh->sh_type == SHT_NOBITS)
		return NULL;
	if (elf_is_compressed(f, sh))
		return compression_read(f, sh, &c) ? decompress(f, sh, &c, size) : NULL;
	*size = sh->sh_size;
	return elf_chunk(f, sh->sh_offset, sh->sh_size);
}
