// SPDX-License-Identifier: Apache-2.0
#include "collect/collect.h"

#include <string.h>

#define KIND_EXTERN(name) extern const struct kind kind_##name;
KINDS(KIND_EXTERN)

#define KIND_ROW(name) [KIND_##name] = &kind_##name,
static const struct kind *const kinds[] = { KINDS(KIND_ROW) };

const struct kind *kind_at(enum kind_id id)
{
	return (size_t)id < KIND_CNT ? kinds[id] : NULL;
}

const struct kind *kind_find(const char *name)
{
	size_t i;

	for (i = 0; i < KIND_CNT; i++)
		if (!strcmp(kinds[i]->name, name))
			return kinds[i];
	return NULL;
}

uint32_t kinds_needed(uint32_t kinds)
{
	uint32_t all = kinds;
	int i;

	for (i = 0; i < KIND_CNT; i++)
		if (kinds & 1u << i)
			all |= kind_at(i)->parts;
	return all;
}

bool kind_brings_source(uint32_t kinds, int kind)
{
	uint32_t needed = kinds_needed(kinds);
	int i;

	for (i = 0; i < kind; i++)
		if (needed & 1u << i && kind_at(i)->source == kind_at(kind)->source)
			return false;
	return needed & 1u << kind;
}

bool kind_has_waits(const struct kind *k)
{
	int i;

	for (i = 0; i < KIND_CNT; i++)
		if (kinds_needed(1u << k->id) & 1u << i && kind_at(i)->source->in_scheduler)
			return true;
	return false;
}
