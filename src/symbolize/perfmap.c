// SPDX-License-Identifier: Apache-2.0
#include "symbolize/perfmap.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "symbolize/codes.h"
#include "symbolize/demangle.h"

enum {
	NAME_MAX_BYTES = DEMANGLE_MAX, /* of a name; symbolize.c marks one that long as cut */
	BUF_BYTES = 256 << 10,
	/* Of one file: a runtime that has written more has not been restarted for months. */
	READ_MAX = 256 << 20,
};

struct perfmap {
	struct codes codes; /* what: a text */
	struct perfmap_stats stats;
};

struct perfmap *perfmap_new(void)
{
	return calloc(1, sizeof(struct perfmap));
}

void perfmap_free(struct perfmap *m)
{
	if (!m)
		return;
	codes_release(&m->codes);
	free(m);
}

size_t perfmap_bytes(const struct perfmap *m)
{
	return codes_bytes(&m->codes);
}

const struct perfmap_stats *perfmap_stats(const struct perfmap *m)
{
	return &m->stats;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A number and the blanks behind it; false when there is none, or it has more than 64 bits. */
static bool hex(const char **at, const char *end, uint64_t *value)
{
	const char *s = *at, *first;
	uint64_t v = 0;

	if (end - s > 2 && s[0] == '0' && (s[1] | 0x20) == 'x')
		s += 2;
	for (first = s; s < end && hex_digit(*s) >= 0; s++) {
		if (v >> 60)
			return false;
		v = v << 4 | (uint64_t)hex_digit(*s);
	}
	if (s == first || s == end || (*s != ' ' && *s != '\t'))
		return false;
	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	*at = s;
	*value = v;
	return true;
}

/* One line without its newline; 0 or -ENOMEM. */
static int take_line(struct perfmap *m, const char *line, size_t len)
{
	const char *end = line + len;
	uint64_t start, size;
	size_t name;

	m->stats.lines++;
	if (len && end[-1] == '\r')
		end--;
	if (!hex(&line, end, &start) || !hex(&line, end, &size))
		goto malformed;
	len = strnlen(line, (size_t)(end - line));
	if (!len || !size || start + size < start)
		goto malformed;
	name = codes_text(&m->codes, line, len < NAME_MAX_BYTES ? len : NAME_MAX_BYTES - 1);
	return name ? codes_add(&m->codes, start, size, name) : -ENOMEM;
malformed:
	m->stats.malformed++;
	return 0;
}

struct reading {
	struct perfmap *m;
	int fd;
	char *buf;
	size_t len;  /* of what is in it: it begins with a line, or within one that is skipped */
	bool behind; /* the beginning of the line was taken: the rest has no meaning */
	off_t at;    /* of the buffer in the file */
	size_t bytes_max;
};

/* 0 or -errno; -EFBIG: there is no room for more. */
static int take(struct reading *r, const char *line, size_t len)
{
	int err = 0;

	if (!r->behind && perfmap_bytes(r->m) >= r->bytes_max)
		return -EFBIG;
	if (!r->behind)
		err = take_line(r->m, line, len);
	r->behind = false;
	return err;
}

/* All lines that end in the buffer; what is behind them moves to its beginning. 0 or -errno. */
static int take_lines(struct reading *r)
{
	char *line = r->buf, *end = r->buf + r->len, *newline;
	int err = 0;

	while (!err && (newline = memchr(line, '\n', (size_t)(end - line)))) {
		err = take(r, line, (size_t)(newline - line));
		line = err ? line : newline + 1;
	}
	/* A line that does not end: its name is too long by far. */
	if (!err && line == r->buf && r->len == BUF_BYTES) {
		err = take(r, line, r->len);
		r->behind = true;
		line = end;
	}
	r->at += line - r->buf;
	r->len = (size_t)(end - line);
	memmove(r->buf, line, r->len);
	return err;
}

static int read_on(struct reading *r)
{
	ssize_t n;
	int err = 0;

	while (!err) {
		n = pread(r->fd, r->buf + r->len, BUF_BYTES - r->len, r->at + (off_t)r->len);
		if (n < 0)
			return -errno;
		if (!n)
			return 0;
		r->len += (size_t)n;
		err = take_lines(r);
		if (!err && r->at >= READ_MAX)
			err = -EFBIG;
	}
	return err;
}

int perfmap_read(struct perfmap *m, int fd, size_t bytes_max)
{
	struct reading r = { .m = m, .fd = fd, .bytes_max = bytes_max };
	int err, settled;

	r.buf = malloc(BUF_BYTES);
	err = r.buf ? read_on(&r) : -ENOMEM;
	free(r.buf);
	settled = codes_settle(&m->codes);
	return settled ? settled : err;
}

const char *perfmap_find(const struct perfmap *m, uint64_t address)
{
	const struct code_range *r = codes_find(&m->codes, address);

	return r && r->what ? codes_text_at(&m->codes, r->what) : NULL;
}
