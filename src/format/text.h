/* SPDX-License-Identifier: Apache-2.0 */
/* Names come from files and processes in any bytes; formats are UTF-8. */
#ifndef EBPROF_FORMAT_TEXT_H
#define EBPROF_FORMAT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The character at *at as it can be shown, of *len bytes, and moves behind it; NULL at the end. What is
 * not UTF-8, no character or turns the direction of the text is U+FFFD, a control character or a line's
 * end a blank.
 */
const char *text_next(const char **at, size_t *len);
/* What is behind the last '/'. */
const char *text_basename(const char *path);
/* Do the first bytes look like lines of ASCII? A few of them are needed to tell. */
bool text_is(const unsigned char *data, size_t size);

#endif
