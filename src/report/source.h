/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A source file, line by line. Profiles name any path: which files are opened is in showable.h, and what is in
 * them comes out without control characters.
 */
#ifndef EBPROF_REPORT_SOURCE_H
#define EBPROF_REPORT_SOURCE_H

struct err;
struct report_options;
struct source;

/*
 * An absolute path as it is, another one below the directories of source_path (else the current one) and
 * their parents. NULL + 'e'.
 */
struct source *source_open(const struct report_options *o, const char *path, struct err *e);
void source_close(struct source *s);
/* The next line without its end, good until the next call; NULL: there is none, or source_error(). */
const char *source_line(struct source *s);
/* 0 or -errno: why there was no line. */
int source_error(const struct source *s);

#endif
