/* SPDX-License-Identifier: Apache-2.0 */
/* Names come from files and processes in any bytes; formats are UTF-8. */
#ifndef EBPROF_FORMAT_TEXT_H
#define EBPROF_FORMAT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/utf8.h"

/* As utf8_len(). */
static inline size_t text_utf8_len(const char *s)
{
	return utf8_len(s);
}
/* As utf8_only(). */
static inline const char *text_utf8(const char *s, char **copy)
{
	return utf8_only(s, copy);
}

/* What is behind the last '/'. */
const char *text_basename(const char *path);
/* Do the first bytes look like lines of ASCII? A few of them are needed to tell. */
bool text_is(const unsigned char *data, size_t size);

#endif
