// SPDX-License-Identifier: Apache-2.0
#include "format/gzip.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/err.h"

enum {
	GZIP_WINDOW = 15 + 16, /* zlib's manual, deflateInit2: + 16 is the gzip format */
	GZIP_MEMORY = 8,       /* zlib's default */
};

/* What may come out of a file. Profiles inflate some 3 to 10 times, deflate ends at 1032 times. */
#define OUT_MAX_BYTES  (1ull << 30)
#define OUT_FREE_BYTES (16ull << 20) /* below this any ratio is fine */
#define OUT_RATIO_MAX  250

int gzip_writer_init(struct gzip_writer *w, FILE *out, int level)
{
	memset(w, 0, sizeof(*w));
	w->out = out;
	if (deflateInit2(&w->z, level, Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY, Z_DEFAULT_STRATEGY) ==
	    Z_OK)
		return 0;
	return level < -1 || level > 9 ? -EINVAL : -ENOMEM;
}

/* Runs the compressor until it has taken all input or, with Z_FINISH, given all output. */
static void run(struct gzip_writer *w, int flush)
{
	size_t n;
	int ret;

	do {
		w->z.next_out = w->buf;
		w->z.avail_out = sizeof(w->buf);
		ret = deflate(&w->z, flush);
		n = sizeof(w->buf) - w->z.avail_out;
		if (ret == Z_STREAM_ERROR)
			w->err = -EIO;
		else if (n && fwrite(w->buf, 1, n, w->out) != n)
			w->err = errno ? -errno : -EIO;
	} while (!w->err && (!w->z.avail_out || (flush == Z_FINISH && ret != Z_STREAM_END)));
}

void gzip_writer_add(struct gzip_writer *w, const void *data, size_t size)
{
	const unsigned char *at = data;

	while (!w->err && size) {
		w->z.next_in = (unsigned char *)at;
		w->z.avail_in = size > INT_MAX ? INT_MAX : (uInt)size;
		at += w->z.avail_in;
		size -= w->z.avail_in;
		run(w, Z_NO_FLUSH);
	}
}

int gzip_writer_end(struct gzip_writer *w)
{
	w->z.avail_in = 0;
	if (!w->err)
		run(w, Z_FINISH);
	deflateEnd(&w->z);
	return w->err;
}

bool gzip_is(const unsigned char *data, size_t size)
{
	return size >= 2 && data[0] == 0x1f && data[1] == 0x8b;
}

struct inflated {
	unsigned char *data;
	size_t size, cap;
};

static int too_large(const struct inflated *to, size_t in_size, struct err *e)
{
	if (to->size >= OUT_MAX_BYTES)
		return err_set(e, -EFBIG, "more than %llu MiB of gzip data", OUT_MAX_BYTES >> 20);
	if (to->size > OUT_FREE_BYTES && to->size / OUT_RATIO_MAX > in_size)
		return err_set(e, -EFBIG, "gzip data that inflate more than %d times",
		               OUT_RATIO_MAX);
	return 0;
}

/* One step of the stream: Z_OK, Z_STREAM_END (of a member), or -errno + 'e'. */
static int inflate_some(z_stream *z, struct inflated *to, struct err *e)
{
	unsigned char *grown = array_reserve(to->data, &to->cap, to->size + 65536, 1);
	size_t room;
	int ret;

	if (!grown)
		return err_set(e, -ENOMEM, "out of memory for gzip data");
	to->data = grown;
	room = to->cap - to->size;
	z->next_out = to->data + to->size;
	z->avail_out = room > INT_MAX ? INT_MAX : (uInt)room;
	room = z->avail_out;
	ret = inflate(z, Z_NO_FLUSH);
	to->size += room - z->avail_out;
	if (ret == Z_OK || ret == Z_STREAM_END)
		return ret;
	if (ret == Z_BUF_ERROR)
		return err_set(e, -EINVAL, "truncated gzip data");
	if (ret == Z_MEM_ERROR)
		return err_set(e, -ENOMEM, "out of memory for gzip data");
	return err_set(e, -EINVAL, "damaged gzip data (%s)", z->msg ? z->msg : "no reason given");
}

static int inflate_all(z_stream *z, size_t in_size, struct inflated *to, struct err *e)
{
	int ret = Z_OK;

	while (ret != Z_STREAM_END || z->avail_in) {
		if (ret == Z_STREAM_END && !gzip_is(z->next_in, z->avail_in))
			return err_set(e, -EINVAL, "something else behind the gzip data");
		if (ret == Z_STREAM_END && inflateReset(z) != Z_OK)
			return err_set(e, -EINVAL, "damaged gzip data");
		ret = inflate_some(z, to, e);
		if (ret < 0)
			return ret;
		if (too_large(to, in_size, e))
			return -EFBIG;
	}
	return 0;
}

int gzip_read(const unsigned char *data, size_t size, unsigned char **out, size_t *out_size,
              struct err *e)
{
	z_stream z = { .next_in = (unsigned char *)data };
	struct inflated to = { NULL, 0, 0 };
	int err;

	if (size > UINT_MAX)
		return err_set(e, -EFBIG, "more than %u bytes of gzip data", UINT_MAX);
	z.avail_in = (uInt)size;
	if (inflateInit2(&z, GZIP_WINDOW) != Z_OK)
		return err_set(e, -ENOMEM, "out of memory for gzip data");
	err = inflate_all(&z, size, &to, e);
	inflateEnd(&z);
	if (err) {
		free(to.data);
		return err;
	}
	*out = to.data;
	*out_size = to.size;
	return 0;
}
