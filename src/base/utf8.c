// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
size_t utf8_len(const char *text)
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

uint32_t utf8_code(const char *s, size_t len)
{
	uint32_t code = (unsigned char)s[0];
	size_t i;

	if (len > 1)
		code &= 0x7fu >> len;
	for (i = 1; i < len; i++)
		code = code << 6 | ((unsigned char)s[i] & 0x3f);
	return code;
}

bool utf8_is_control(const char *s, size_t len)
{
	uint32_t c = utf8_code(s, len);

	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029;
}

/*
 * Those of direction: https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters; what is no
 * character: https://www.w3.org/TR/xml/#charsets
 */
bool utf8_is_hostile(const char *s, size_t len)
{
	uint32_t c = utf8_code(s, len);

	return utf8_is_control(s, len) || c == 0x61c || c == 0x200e || c == 0x200f ||
	       (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfffe ||
	       c == 0xffff;
}

const char *utf8_only(const char *s, char **copy)
{
	const char *at = s;
	size_t len;
	char *to;

	*copy = NULL;
	while ((len = utf8_len(at)))
		at += len;
	if (!*at)
		return s;
	*copy = to = malloc(strlen(s) * 3 + 1);
	if (!to)
		return NULL;
	for (at = s; *at; at += len ? len : 1) {
		len = utf8_len(at);
		memcpy(to, len ? at : "\xef\xbf\xbd", len ? len : 3);
		to += len ? len : 3;
	}
	*to = 0;
	return *copy;
}
