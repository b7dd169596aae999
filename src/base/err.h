/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An error on its way up: the lower rooms fill it, src/cmd prints it once. A message is one line,
 * lower case, without a full stop, the subject in '', and says what to try next.
 */
#ifndef EBPROF_BASE_ERR_H
#define EBPROF_BASE_ERR_H

struct err {
	char msg[512];
};

/* Writes the message into 'e' (which may be NULL) and returns 'code', which is -errno. */
int err_set(struct err *e, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
