// SPDX-License-Identifier: Apache-2.0
/*
 * A radix sort, the lowest digit first: as many passes as the keys have digits in which they differ. Few
 * items are sorted without it.
 */
#include "base/order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FEW        32
#define DIGIT_BITS 11
#define DIGIT_CNT  (1u << DIGIT_BITS)

static void sort_few(struct order_item *items, size_t cnt)
{
	struct order_item item;
	size_t i, at;

	for (i = 1; i < cnt; i++) {
		item = items[i];
		for (at = i; at && items[at - 1].key > item.key; at--)
			items[at] = items[at - 1];
		items[at] = item;
	}
}

/* The bits in which any two keys differ. */
static uint64_t differing(const struct order_item *items, size_t cnt)
{
	uint64_t bits = 0;
	size_t i;

	for (i = 1; i < cnt; i++)
		bits |= items[i].key ^ items[0].key;
	return bits;
}

static void pass(const struct order_item *from, struct order_item *to, size_t cnt,
                 unsigned int shift)
{
	size_t next[DIGIT_CNT] = { 0 }, i, n, at = 0;

	for (i = 0; i < cnt; i++)
		next[from[i].key >> shift & (DIGIT_CNT - 1)]++;
	for (i = 0; i < DIGIT_CNT; i++) {
		n = next[i];
		next[i] = at;
		at += n;
	}
	for (i = 0; i < cnt; i++)
		to[next[from[i].key >> shift & (DIGIT_CNT - 1)]++] = from[i];
}

int order_sort(struct order_item *items, size_t cnt)
{
	struct order_item *room, *from = items, *to, *swap;
	unsigned int shift;
	uint64_t bits;

	if (cnt <= FEW) {
		sort_few(items, cnt);
		return 0;
	}
	to = room = malloc(cnt * sizeof(*room));
	if (!room)
		return -ENOMEM;
	bits = differing(items, cnt);
	for (shift = 0; shift < 64; shift += DIGIT_BITS) {
		if (!(bits >> shift & (DIGIT_CNT - 1)))
			continue;
		pass(from, to, cnt, shift);
		swap = from;
		from = to;
		to = swap;
	}
	if (from != items)
		memcpy(items, from, cnt * sizeof(*items));
	free(room);
	return 0;
}

static uint64_t key_of(const void *item)
{
	uint64_t key;

	memcpy(&key, item, sizeof(key));
	return key;
}

/* Copies the items in order of their keys to 'to'. */
static int gather(const char *items, size_t cnt, size_t size, char *to)
{
	struct order_item *order = malloc(cnt * sizeof(*order));
	size_t i;

	if (!order)
		return -ENOMEM;
	for (i = 0; i < cnt; i++)
		order[i] =
			(struct order_item){ .key = key_of(items + i * size), .id = (uint32_t)i };
	if (order_sort(order, cnt)) {
		free(order);
		return -ENOMEM;
	}
	for (i = 0; i < cnt; i++)
		memcpy(to + i * size, items + order[i].id * size, size);
	free(order);
	return 0;
}

void order_array(void *items, size_t cnt, size_t size, int (*compare)(const void *, const void *))
{
	char *at = items, *room = cnt > FEW && cnt <= UINT32_MAX ? malloc(cnt * size) : NULL;
	size_t i, n;

	if (!room || gather(items, cnt, size, room)) {
		free(room);
		if (cnt)
			qsort(items, cnt, size, compare);
		return;
	}
	memcpy(items, room, cnt * size);
	free(room);
	for (i = 0; i < cnt; i += n) {
		for (n = 1; i + n < cnt && key_of(at + i * size) == key_of(at + (i + n) * size);)
			n++;
		if (n > 1)
			qsort(at + i * size, n, size, compare);
	}
}
