// SPDX-License-Identifier: Apache-2.0
#include "base/strings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/table.h"

int strings_init(struct strings *s)
{
	memset(s, 0, sizeof(*s));
	strings_add(s, "", 0);
	return s->cnt ? 0 : -ENOMEM;
}

void strings_release(struct strings *s)
{
	size_t i;

	for (i = 0; i < s->cnt; i++)
		free(s->items[i]);
	free(s->items);
	free(s->slots);
	memset(s, 0, sizeof(*s));
}

const char *strings_get(const struct strings *s, uint32_t number)
{
	return number < s->cnt ? s->items[number] : "";
}

static uint32_t *slot_of(const struct strings *s, const char *text, size_t len)
{
	size_t i = hash_bytes(text, len, hash_seed()) & (s->slot_cnt - 1);
	const char *have;

	for (; s->slots[i]; i = (i + 1) & (s->slot_cnt - 1)) {
		have = s->items[s->slots[i] - 1];
		if (!strncmp(have, text, len) && !have[len])
			break;
	}
	return &s->slots[i];
}

static int strings_grow(struct strings *s)
{
	size_t n = s->slot_cnt ? s->slot_cnt * 2 : 64, i;
	uint32_t *slots;
	char **items = array_reserve(s->items, &s->cap, s->cnt + 1, sizeof(*items));

	if (!items)
		return -ENOMEM;
	s->items = items;
	if ((s->cnt + 1) * 2 <= s->slot_cnt)
		return 0;
	slots = calloc(n, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	free(s->slots);
	s->slots = slots;
	s->slot_cnt = n;
	for (i = 0; i < s->cnt; i++)
		*slot_of(s, s->items[i], strlen(s->items[i])) = (uint32_t)i + 1;
	return 0;
}

uint32_t strings_add(struct strings *s, const char *text, size_t len)
{
	uint32_t *slot;
	char *copy;

	len = strnlen(text, len);
	if (s->cnt) {
		slot = slot_of(s, text, len);
		if (*slot)
			return *slot - 1;
	}
	if (s->cnt >= UINT32_MAX - 1 || strings_grow(s))
		return 0;
	copy = malloc(len + 1);
	if (!copy)
		return 0;
	memcpy(copy, text, len);
	copy[len] = 0;
	s->items[s->cnt++] = copy;
	*slot_of(s, copy, len) = (uint32_t)s->cnt;
	return (uint32_t)s->cnt - 1;
}
