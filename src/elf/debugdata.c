// SPDX-License-Identifier: Apache-2.0
#include "elf/debugdata.h"

#include <errno.h>
#include <lzma.h>
#include <stdlib.h>

#include "elf/file.h"

enum {
	IMAGE_MAX = 64 << 20, /* bytes: the symbols of the largest programs take 40 MiB */
	IMAGE_FIRST = 256 << 10,
	MEMORY_MAX = 80 << 20, /* bytes of the decoder: 65 MiB for what xz -9 wrote (xz(1)) */
};

struct image {
	unsigned char *bytes;
	size_t size, room;
};

static int image_grow(struct image *im)
{
	size_t room = im->room ? im->room * 2 : IMAGE_FIRST;
	unsigned char *bytes;

	if (im->room >= IMAGE_MAX)
		return -EFBIG;
	bytes = realloc(im->bytes, room);
	if (!bytes)
		return -ENOMEM;
	im->bytes = bytes;
	im->room = room;
	return 0;
}

static int err_of(lzma_ret ret)
{
	return ret == LZMA_MEM_ERROR ? -ENOMEM : ret == LZMA_MEMLIMIT_ERROR ? -EFBIG : -EINVAL;
}

/* To the end of the first stream: what is behind it is padding, or not of this file. */
static int image_fill(struct image *im, lzma_stream *z)
{
	lzma_ret ret = LZMA_OK;
	int err;

	while (ret == LZMA_OK) {
		if (im->size == im->room) {
			err = image_grow(im);
			if (err)
				return err;
		}
		z->next_out = im->bytes + im->size;
		z->avail_out = im->room - im->size;
		ret = lzma_code(z, LZMA_FINISH);
		im->size = im->room - z->avail_out;
	}
	return ret == LZMA_STREAM_END ? 0 : err_of(ret);
}

static int image_decode(struct image *im, const void *from, size_t from_size)
{
	lzma_stream z = LZMA_STREAM_INIT;
	lzma_ret ret = lzma_stream_decoder(&z, MEMORY_MAX, 0);
	int err;

	if (ret != LZMA_OK)
		return err_of(ret);
	z.next_in = from;
	z.avail_in = from_size;
	err = image_fill(im, &z);
	lzma_end(&z);
	return err;
}

int elf_debugdata(struct elf_file *f, unsigned char **image, size_t *size)
{
	const Elf64_Shdr *sh = elf_section_named(f, ".gnu_debugdata");
	struct image im = { 0 };
	const void *from;
	size_t from_size;
	int err;

	if (!sh)
		return -ENOENT;
	if (sh->sh_size > IMAGE_MAX)
		return -EFBIG;
	from = elf_section_bytes(f, sh, &from_size);
	err = from ? image_decode(&im, from, from_size) : -EINVAL;
	if (!err && !im.size)
		err = -EINVAL;
	if (err) {
		free(im.bytes);
		return err;
	}
	*image = realloc(im.bytes, im.size) ?: im.bytes;
	*size = im.size;
	return 0;
}
