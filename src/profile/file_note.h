/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What tells a mapped file without a build ID from others of its path, for who wants its names later:
 * its size and when it was written. A comment of the profile says it:
 *
 *   # file without build ID: size 16384 mtime 1767323045.000000000 /usr/local/bin/server
 *
 * where a control character or '\' of the path is '\' and three octal digits.
 */
#ifndef EBPROF_PROFILE_FILE_NOTE_H
#define EBPROF_PROFILE_FILE_NOTE_H

#include <stdint.h>

struct profile;
struct table;

struct file_note {
	uint32_t path; /* string: as the mapping has it */
	uint32_t nsec;
	uint64_t size; /* bytes */
	int64_t sec;   /* since 1970 */
};

/* Adds the comment; call it once a file. */
void file_note_add(struct profile *p, const struct file_note *note);
/*
 * Reads all of them into a table of struct file_note, keyed by path, which the caller releases.
 * Comments that are damaged are none; of two of one path the first counts. 0 or -ENOMEM.
 */
int file_notes_read(struct profile *p, struct table *notes);

#endif
