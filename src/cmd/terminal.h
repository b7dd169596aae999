/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Standard output for a text of any length. On a terminal it goes through a pager ($PAGER, or less when there
 * is one), has colour unless NO_COLOR is set, and, without a pager, lines no longer than the terminal is
 * wide; elsewhere it is what was written.
 */
#ifndef EBPROF_CMD_TERMINAL_H
#define EBPROF_CMD_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

struct rlimit;
struct terminal;

/* Does standard output show colours? */
bool terminal_has_colours(void);

/* NULL = out of memory. 'data' is the RLIMIT_DATA that a pager gets. */
struct terminal *terminal_open(bool may_page, const struct rlimit *data);
FILE *terminal_file(const struct terminal *t);
/* Waits for the pager to be left. 0, or -errno of a write that failed (not because a pager was left). */
int terminal_close(struct terminal *t);

#endif
