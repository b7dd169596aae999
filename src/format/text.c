// SPDX-License-Identifier: Apache-2.0
#include "format/text.h"

#include <stdint.h>
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

/* Of a character of one to three bytes; 0 of a longer one. */
static uint32_t code_point(const char *text, size_t len)
{
	const unsigned char *s = (const unsigned char *)text;

	switch (len) {
	case 1:
		return s[0];
	case 2:
		return (s[0] & 0x1fu) << 6 | (s[1] & 0x3fu);
	case 3:
		return (s[0] & 0xfu) << 12 | (s[1] & 0x3fu) << 6 | (s[2] & 0x3fu);
	default:
		return 0;
	}
}

/* C0, DEL, C1, and what ends a line or a paragraph. */
static bool is_control(uint32_t c)
{
	return (c && c < 0x20) || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029;
}

/* The marks of Unicode's bidirectional algorithm (UAX 9), and what XML 1.0 and Unicode call no character. */
static bool is_hostile(uint32_t c)
{
	return c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069) || c == 0xfffe || c == 0xffff;
}

const char *text_next(const char **at, size_t *len)
{
	const char *s = *at;
	size_t n = text_utf8_len(s);
	uint32_t c = code_point(s, n);

	if (!*s)
		return NULL;
	*at += n ? n : 1;
	*len = 1;
	if (is_control(c))
		return " ";
	*len = n;
	if (n && !is_hostile(c))
		return s;
	*len = 3;
	return "\xef\xbf\xbd";
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
