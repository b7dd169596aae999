/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a check file (session/check.h) as a stream, record by record; every length is bounded. */
#ifndef EBPROF_TESTS_CHECK_READ_H
#define EBPROF_TESTS_CHECK_READ_H

#include <stdint.h>
#include <stdio.h>

#include "session/check.h"

struct check_reader {
	FILE *in;
	uint64_t *record; /* the one that was read last */
	size_t cap;       /* bytes */
	uint64_t at;      /* where in the file it begins */
	const char *why;  /* what is wrong with the file, NULL = nothing */
};

/* Takes the stream; r->why is set when it is no check file. */
void check_reader_init(struct check_reader *r, FILE *in);
void check_reader_release(struct check_reader *r);

/* The next record, which lives until the next call. NULL = there is none, or r->why says why not. */
const struct check_head *check_next(struct check_reader *r);

/* A sample's parts. */
const uint64_t *check_frames(const struct check_sample *s);
const uint8_t *check_stack(const struct check_sample *s);

#endif
