// SPDX-License-Identifier: Apache-2.0
#include "format/text.h"

#include <string.h>

#include "base/utf8.h"

enum { TEXT_LOOK = 64, TEXT_LEAST = 4 };

const char *text_next(const char **at, size_t *len)
{
	const char *s = *at;
	size_t n = utf8_len(s);

	if (!*s)
		return NULL;
	*at += n ? n : 1;
	*len = 1;
	if (n && utf8_is_control(s, n))
		return " ";
	*len = n;
	if (n && !utf8_is_hostile(s, n))
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
