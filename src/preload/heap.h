/* SPDX-License-Identifier: Apache-2.0 */
/* What the wrappers of an allocator's functions have in common. */
#ifndef EBPROF_PRELOAD_HEAP_H
#define EBPROF_PRELOAD_HEAP_H

#include "sampler.h"

#pragma GCC visibility push(hidden)
/*
 * A sampled block of that size, NULL when the allocation failed. Returns 'result'. Wrappers end with a jump to
 * it, as it does to preload_event(): see there.
 */
uintptr_t heap_allocated(uintptr_t result, const void *block, size_t size);
/* A block is about to be freed that blocks_perhaps() told of. */
void heap_freed(const void *block);
#pragma GCC visibility pop

/* What a wrapper returns that got a block. */
static inline void *heap_took(bool sampled, void *block, size_t size)
{
	if (likely(!sampled))
		return block;
	return (void *)heap_allocated((uintptr_t)block, block, size);
}

/* Before a block is freed. */
static inline void heap_frees(const void *block)
{
	if (unlikely(blocks_perhaps(block)))
		heap_freed(block);
}

#endif
