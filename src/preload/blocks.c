// SPDX-License-Identifier: Apache-2.0
/*
 * The sampled blocks that are in use, by their addresses: what a call of free() has to know. A byte of the
 * filter counts those that share it; only where it is not 0 the addresses are looked at, which lie in one
 * cache line. What finds no room there fills the byte for good: then every free of it is said to the probe, and
 * who listens knows better. No locks: words change by compare and swap.
 */
#include "sampler.h"

#define BUCKET      8 /* addresses in a line of 64 bytes */
#define BUCKET_BITS (FILTER_BITS - 2)

uint8_t blocks_filter[1 << FILTER_BITS];
static uintptr_t buckets[1 << BUCKET_BITS][BUCKET] __attribute__((aligned(64)));

static uintptr_t *bucket_of(uint32_t slot)
{
	return buckets[slot >> (FILTER_BITS - BUCKET_BITS)];
}

/* Counts up or down; a full byte stays as it is, an empty one is not counted down. */
static void filter_count(uint32_t slot, int by)
{
	uint8_t *byte = &blocks_filter[slot], was = __atomic_load_n(byte, __ATOMIC_RELAXED), is;

	do {
		if (was == FILTER_FULL || (by < 0 && !was))
			return;
		is = (uint8_t)(was + by);
	} while (!__atomic_compare_exchange_n(byte, &was, is, true, __ATOMIC_RELAXED,
	                                      __ATOMIC_RELAXED));
}

/* The first word of the bucket that is 'from' becomes 'to'; false: none is. */
static bool bucket_swap(uintptr_t *bucket, uintptr_t from, uintptr_t to)
{
	uintptr_t was;
	int i;

	for (i = 0; i < BUCKET; i++) {
		was = from;
		if (__atomic_load_n(&bucket[i], __ATOMIC_RELAXED) == from &&
		    __atomic_compare_exchange_n(&bucket[i], &was, to, false, __ATOMIC_RELAXED,
		                                __ATOMIC_RELAXED))
			return true;
	}
	return false;
}

void blocks_add(const void *block)
{
	uint32_t slot = blocks_slot(block);
	uintptr_t *bucket = bucket_of(slot), address = (uintptr_t)block;

	/* It is there when its last free was not seen. */
	if (bucket_swap(bucket, address, address))
		return;
	filter_count(slot, 1);
	if (!bucket_swap(bucket, 0, address))
		__atomic_store_n(&blocks_filter[slot], FILTER_FULL, __ATOMIC_RELAXED);
}

bool blocks_remove(const void *block)
{
	uint32_t slot = blocks_slot(block);

	if (!block)
		return false;
	if (!bucket_swap(bucket_of(slot), (uintptr_t)block, 0))
		return __atomic_load_n(&blocks_filter[slot], __ATOMIC_RELAXED) == FILTER_FULL;
	filter_count(slot, -1);
	return true;
}
