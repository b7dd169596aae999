// SPDX-License-Identifier: Apache-2.0
#include "format/format.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/err.h"
#include "format/output.h"
#include "format/text.h"
#include "profile/profile.h"

/* A compressed profile of a busy week is smaller; a wrong file may be of any size. */
#define FILE_MAX_BYTES (1ull << 30)

#define FORMAT_ROW(name) &format_##name,
static const struct format *const formats[] = { FORMATS(FORMAT_ROW) };
#undef FORMAT_ROW

void format_options_init(struct format_options *o)
{
	o->annotations = true;
	o->gzip_level = 6;
	o->sample_type = FORMAT_DEFAULT_TYPE;
}

size_t format_sample_type(const struct profile *p, const struct format_options *o)
{
	size_t i;

	if (o->sample_type != FORMAT_DEFAULT_TYPE)
		return o->sample_type;
	for (i = 0; p->default_type && i < p->type_cnt; i++)
		if (p->types[i].type == p->default_type)
			return i;
	return p->type_cnt ? p->type_cnt - 1 : 0;
}

const struct format *format_at(size_t i)
{
	return i < sizeof(formats) / sizeof(*formats) ? formats[i] : NULL;
}

const struct format *format_find(const char *name)
{
	const struct format *f;
	size_t i;

	for (i = 0; (f = format_at(i)); i++)
		if (!strcmp(f->name, name))
			return f;
	return NULL;
}

static bool has_suffix(const char *path, const char *suffix)
{
	size_t n = strlen(path), m = strlen(suffix);

	return n > m && !strcmp(path + n - m, suffix);
}

const struct format *format_for_file(const char *path)
{
	const size_t max = sizeof(formats[0]->suffixes) / sizeof(*formats[0]->suffixes);
	const struct format *f;
	size_t i, j;

	for (i = 0; (f = format_at(i)); i++)
		for (j = 0; j < max && f->suffixes[j]; j++)
			if (has_suffix(path, f->suffixes[j]))
				return f;
	return NULL;
}

int format_write_output(const struct format *f, const struct profile *p,
                        const struct format_options *options, struct output *o, struct err *e)
{
	FILE *out = output_file(o);
	int err = f->write(p, options, out, e);

	if (!err)
		return output_commit(o, e);
	if (ferror(out))
		return output_fail(o, err, e);
	output_abort(o);
	return err;
}

int format_write_file(const struct format *f, const struct profile *p,
                      const struct format_options *options, const char *path, struct err *e)
{
	struct output *o = output_open(path, e);

	return o ? format_write_output(f, p, options, o, e) : -errno;
}

/* All of an open file, which may be a pipe; NULL + errno. */
static unsigned char *read_all(int fd, size_t *size)
{
	unsigned char *data = NULL, *grown;
	size_t cap = 0, n = 0;
	ssize_t got;

	for (;;) {
		grown = n < FILE_MAX_BYTES ? array_reserve(data, &cap, n + 65536, 1) : NULL;
		if (!grown) {
			errno = n < FILE_MAX_BYTES ? ENOMEM : EFBIG;
			break;
		}
		data = grown;
		got = read(fd, data + n, cap - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			break;
		if (!got) {
			*size = n;
			return data;
		}
		n += (size_t)got;
	}
	free(data);
	return NULL;
}

static struct profile *read_data(const char *path, const unsigned char *data, size_t size,
                                 struct err *e)
{
	const struct format *f = format_for_file(path);
	struct err inner = { "" };
	struct profile *p;

	if (!f)
		f = &format_pprof;
	if (!f->read) {
		err_set(e, -EINVAL, "cannot read '%s': %s is only written, keep a .pb.gz to read",
		        path, f->name);
		return NULL;
	}
	p = f->read(data, size, &inner);
	if (!p && text_is(data, size))
		err_set(e, -EINVAL,
		        "text, not a pprof file (Go's: fetch it without debug=1), in '%s'", path);
	else if (!p)
		err_set(e, -EINVAL, "%.300s in '%s'", inner.msg, path);
	return p;
}

struct profile *format_read_file(const char *path, struct err *e)
{
	bool is_stdin = !strcmp(path, "-");
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	unsigned char *data = NULL;
	struct profile *p = NULL;
	size_t size = 0;

	if (fd >= 0)
		data = read_all(fd, &size);
	if (data)
		p = read_data(path, data, size, e);
	else
		err_set(e, -errno, "cannot read '%s': %s", path, strerror(errno));
	free(data);
	if (fd >= 0 && !is_stdin)
		close(fd);
	return p;
}
