// SPDX-License-Identifier: Apache-2.0
#include "format/text.h"

#include <string.h>

enum { TEXT_LOOK = 64, TEXT_LEAST = 4 };

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
