/* SPDX-License-Identifier: Apache-2.0 */
/* gzip streams: written piece by piece into a FILE, read from memory. */
#ifndef EBPROF_FORMAT_GZIP_H
#define EBPROF_FORMAT_GZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <zlib.h>

struct err;

struct gzip_writer {
	z_stream z;
	FILE *out;
	int err; /* the first failure, -errno: what follows is dropped */
	unsigned char buf[32768];
};

/* 0 or -errno. The stream has no time and no name: equal data give equal files. */
int gzip_writer_init(struct gzip_writer *w, FILE *out, int level);
void gzip_writer_add(struct gzip_writer *w, const void *data, size_t size);
/* Writes the end of the stream and releases 'w'. 0 or the first failure. */
int gzip_writer_end(struct gzip_writer *w);

bool gzip_is(const unsigned char *data, size_t size);
/*
 * Inflates all members of a stream into *out, which the caller frees. 0, or -errno + 'e':
 * truncated, damaged, too large, or something else behind the last member.
 */
int gzip_read(const unsigned char *data, size_t size, unsigned char **out, size_t *out_size,
              struct err *e);

#endif
