// SPDX-License-Identifier: Apache-2.0
#include "format/text.h"

#include <stdlib.h>
#include <string.h>

enum { TEXT_LOOK = 64, TEXT_LEAST = 4 };

/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
size_t text_utf8_len(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t len = s[0] < 0x80 ? 1 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4, i;

	if (!s[0] || (s[0] >= 0x80 && s[0] < 0xc2) || s[0] > 0xf4)
		return 0;
	for (i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

const char *text_utf8(const char *s, char **copy)
{
	const char *at = s;
	size_t len;
	char *to;

	*copy = NULL;
	while ((len = text_utf8_len(at)))
		at += len;
	if (!*at)
		return s;
	*copy = to = malloc(strlen(s) * 3 + 1);
	if (!to)
		return NULL;
	for (at = s; *at; at += len ? len : 1) {
		len = text_utf8_len(at);
		memcpy(to, len ? at : "\xef\xbf\xbd", len ? len : 3);
		to += len ? len : 3;
	}
	*to = 0;
	return *copy;
}

const char *text_basename(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

bool text_is(const unsigned char *data, size_t size)
{
	size_t i;

	for (i = 0; i < size && i < TEXT_LOOK; i++)
		if ((data[i] < ' ' && !memchr("\t\n\r", data[i], 3)) || data[i] > '~')
			return false;
	return i >= TEXT_LEAST;
}
