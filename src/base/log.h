/* SPDX-License-Identifier: Apache-2.0 */
/* What the user is told beside the result: one line each, on stderr, safe on a terminal. */
#ifndef EBPROF_BASE_LOG_H
#define EBPROF_BASE_LOG_H

#include <stddef.h>

enum log_level {
	LOG_QUIET = 0, /* errors only */
	LOG_NORMAL = 1,
	LOG_DEBUG = 2,
};

void log_set_level(enum log_level level);
enum log_level log_get_level(void);

/* "ebprof: TEXT\n", always shown. */
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* "ebprof: TEXT\n", shown unless quiet: the closing line and other news. */
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* "ebprof: warning: TEXT\n", shown unless quiet. */
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* "ebprof: debug: TEXT\n", shown with -v. */
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Makes 's' harmless in place: each byte of what is hostile (utf8.h), or no UTF-8, becomes '?'. Names, comms
 * and paths are written by anyone.
 */
void log_clean(char *s);

#endif
