/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The formats that a profile is written in and read from, one file each. A new one is its file,
 * with a const row at the bottom, and its name here.
 */
#ifndef EBPROF_FORMAT_FORMAT_H
#define EBPROF_FORMAT_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define FORMATS(X) X(pprof) X(folded) X(txt) X(svg) X(speedscope)

struct err;
struct output;
struct profile;

/* The sample type that the profile itself has for its default. */
#define FORMAT_DEFAULT_TYPE SIZE_MAX

struct format_options {
	bool annotations;   /* mark kernel and inlined frames, where names alone do not tell */
	int gzip_level;     /* 1 (fast) to 9 (small) */
	size_t sample_type; /* of a format that has one value: which */
};

struct format {
	const char *name;
	const char *suffixes[4]; /* of files, with the dot; the first is ours */
	const char *help;
	/*
	 * Writes the profile; 'options' is not NULL. 0, or -errno: 'e' says what is wrong with the
	 * profile, and nothing when ferror(out). Does not flush.
	 */
	int (*write)(const struct profile *p, const struct format_options *options, FILE *out,
	             struct err *e);
	/* Absent where a format is only written. NULL + 'e'; the caller frees the profile. */
	struct profile *(*read)(const unsigned char *data, size_t size, struct err *e);
};

#define FORMAT_ROW(name) extern const struct format format_##name;
FORMATS(FORMAT_ROW)
#undef FORMAT_ROW

/* Annotations, gzip level 6, the default sample type. */
void format_options_init(struct format_options *o);
/*
 * Which value of a sample to show: as the options say, else the profile's default, else the last.
 */
size_t format_sample_type(const struct profile *p, const struct format_options *o);

/* The formats in their order, NULL past the last. */
const struct format *format_at(size_t i);
/* By its name, or NULL. */
const struct format *format_find(const char *name);
/* By the suffix of the path, or NULL. */
const struct format *format_for_file(const char *path);

/* Writes the profile into 'o' and commits or aborts it: 'o' is gone. 0, or -errno + 'e'. */
int format_write_output(const struct format *f, const struct profile *p,
                        const struct format_options *options, struct output *o, struct err *e);
/* Writes the profile to a file: output.h says how. 0, or -errno + 'e'. */
int format_write_file(const struct format *f, const struct profile *p,
                      const struct format_options *options, const char *path, struct err *e);
/*
 * Reads a profile from a file ("-": standard input), as pprof when its name says nothing. NULL +
 * 'e'.
 */
struct profile *format_read_file(const char *path, struct err *e);

#endif
