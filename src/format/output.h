/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a result goes. A file appears under its name when it is complete, else not at all: it is
 * written without a name (or in memory, where the file system cannot do that) and put in place of
 * what was there. A symbolic link is replaced, not followed. What is no regular file, as a pipe or
 * a terminal, is written directly, and "-" is standard output.
 */
#ifndef EBPROF_FORMAT_OUTPUT_H
#define EBPROF_FORMAT_OUTPUT_H

#include <stdio.h>

struct err;
struct output;

/*
 * Finds out whether 'path' can be written: call it before the work that is to be written. NULL +
 * errno + 'e'. The result goes to output_commit(), output_abort() or output_fail(), which free it.
 */
struct output *output_open(const char *path, struct err *e);
/* The file will have owner and mode of the one that it takes the place of, or not appear. */
void output_keep_owner(struct output *o);
/* Where to write; lives as long as 'o'. */
FILE *output_file(const struct output *o);
/* All is written: the file appears. 0, or -errno + 'e' and there is no file. */
int output_commit(struct output *o, struct err *e);
/* There will be no file; what was there stays. NULL is fine. */
void output_abort(struct output *o);
/* output_abort() because a write failed with -errno 'code': says so in 'e' and returns 'code'. */
int output_fail(struct output *o, int code, struct err *e);

#endif
