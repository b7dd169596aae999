// SPDX-License-Identifier: Apache-2.0
#include "base/array.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void *array_room(void *items, size_t *cap, size_t need, size_t size)
{
	size_t n = *cap ? *cap : 8;
	void *grown;

	if (need <= *cap)
		return items;
	while (n < need) {
		if (n > SIZE_MAX / 2)
			return NULL;
		n *= 2;
	}
	if (n > SIZE_MAX / size)
		return NULL;
	grown = realloc(items, n * size);
	if (grown)
		*cap = n;
	return grown;
}

void *array_reserve(void *items, size_t *cap, size_t need, size_t size)
{
	size_t old = *cap;
	char *grown = array_room(items, cap, need, size);

	if (grown && *cap > old)
		memset(grown + old * size, 0, (*cap - old) * size);
	return grown;
}

void *array_trim(void *items, size_t *cap, size_t cnt, size_t size)
{
	char *less = cnt && cnt < *cap ? realloc(items, cnt * size) : NULL;

	if (less)
		*cap = cnt;
	return less ? less : items;
}
