/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hash table of fixed-size entries that are numbered 0, 1, 2… in the order of insertion and are
 * never removed. An entry is its key (the first key_sz bytes, compared bytewise: zero the padding)
 * followed by what the owner keeps with it. Numbers are stable; pointers are good until the next
 * table_put().
 */
#ifndef EBPROF_BASE_TABLE_H
#define EBPROF_BASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table {
	size_t key_sz, entry_sz;
	size_t cnt, cap;
	char *entries;
	uint32_t *slots; /* entry number + 1, 0 = free; slot_cnt is a power of two */
	size_t slot_cnt;
};

void table_init(struct table *t, size_t key_sz, size_t entry_sz);
/* Frees what table_put() allocated; the table is empty and usable again. */
void table_release(struct table *t);
/* The entry with that key, or NULL. */
void *table_get(const struct table *t, const void *key);
/* The entry with that key, made (zeroed behind its key) when there is none; NULL: out of memory. */
void *table_put(struct table *t, const void *key, bool *is_new);
void *table_at(const struct table *t, size_t number);
/* The number of an entry of this table. */
size_t table_number(const struct table *t, const void *entry);

/* This process's random seed, odd: names are hostile, and nobody is to know which of them collide. */
uint64_t hash_seed(void);
/* A 64-bit hash of bytes, good in this process. */
uint64_t hash_bytes(const void *data, size_t size, uint64_t seed);

#endif
