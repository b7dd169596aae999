// SPDX-License-Identifier: Apache-2.0
#include "base/table.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/array.h"

/* Both halves of the product. */
static uint64_t fold(uint64_t a, uint64_t b)
{
	__extension__ const unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/*
 * Eight bytes a turn are multiplied by a number that nobody knows: with a known one bytes can be made that
 * collide whatever the seed is, any number of them.
 */
uint64_t hash_bytes(const void *data, size_t size, uint64_t seed)
{
	const uint64_t secret = hash_seed();
	const unsigned char *p = data;
	uint64_t h = seed ^ (size * 0x9e3779b97f4a7c15ull);
	uint64_t word;

	for (; size >= 8; size -= 8, p += 8) {
		memcpy(&word, p, 8);
		h = fold(h ^ word, secret);
	}
	for (word = 0; size; size--)
		word = word << 8 | p[size - 1];
	return fold(fold(h ^ word, secret) ^ 0xd6e8feb86659fd93ull, secret);
}

uint64_t hash_seed(void)
{
	static uint64_t seed;

	/* Early at boot there may be no randomness yet: then the address space's has to do. */
	if (!seed && getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed))
		seed = (uint64_t)(uintptr_t)&seed * 0x9e3779b97f4a7c15ull;
	seed |= 1;
	return seed;
}

void table_init(struct table *t, size_t key_sz, size_t entry_sz)
{
	memset(t, 0, sizeof(*t));
	t->key_sz = key_sz;
	t->entry_sz = entry_sz;
}

void table_release(struct table *t)
{
	free(t->entries);
	free(t->slots);
	table_init(t, t->key_sz, t->entry_sz);
}

void *table_at(const struct table *t, size_t number)
{
	return t->entries + number * t->entry_sz;
}

size_t table_number(const struct table *t, const void *entry)
{
	return (size_t)((const char *)entry - t->entries) / t->entry_sz;
}

/* The slot that holds the key, or the free slot where it belongs; the table is never full. */
static uint32_t *slot_of(const struct table *t, const void *key)
{
	size_t i = hash_bytes(key, t->key_sz, hash_seed()) & (t->slot_cnt - 1);

	while (t->slots[i] && memcmp(table_at(t, t->slots[i] - 1), key, t->key_sz))
		i = (i + 1) & (t->slot_cnt - 1);
	return &t->slots[i];
}

void *table_get(const struct table *t, const void *key)
{
	uint32_t *slot;

	if (!t->cnt)
		return NULL;
	slot = slot_of(t, key);
	return *slot ? table_at(t, *slot - 1) : NULL;
}

static int table_rehash(struct table *t, size_t slot_cnt)
{
	uint32_t *slots = calloc(slot_cnt, sizeof(*slots));
	size_t n;

	if (!slots)
		return -1;
	free(t->slots);
	t->slots = slots;
	t->slot_cnt = slot_cnt;
	for (n = 0; n < t->cnt; n++)
		*slot_of(t, table_at(t, n)) = (uint32_t)n + 1;
	return 0;
}

void *table_put(struct table *t, const void *key, bool *is_new)
{
	void *entry = table_get(t, key);
	char *entries;

	if (is_new)
		*is_new = !entry;
	if (entry)
		return entry;
	entries = array_reserve(t->entries, &t->cap, t->cnt + 1, t->entry_sz);
	if (!entries)
		return NULL;
	t->entries = entries;
	if ((t->cnt + 1) * 2 > t->slot_cnt && table_rehash(t, t->slot_cnt ? t->slot_cnt * 2 : 16))
		return NULL;
	entry = table_at(t, t->cnt);
	*slot_of(t, key) = (uint32_t)t->cnt + 1;
	memset(entry, 0, t->entry_sz);
	memcpy(entry, key, t->key_sz);
	t->cnt++;
	return entry;
}
