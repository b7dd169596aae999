// SPDX-License-Identifier: Apache-2.0
/*
 * The C library's functions of memory. malloc() and free() are as short as they can be. The others may call
 * one of these for their work (musl's calloc() and memalign() do), which is not to count twice.
 */
#include "heap.h"

#define HUSHED UINT64_MAX /* bytes left: nothing is sampled */

uintptr_t heap_allocated(uintptr_t result, const void *block, size_t size)
{
	if (!block)
		return result;
	blocks_add(block);
	return preload_event(result, PRELOAD_ALLOCATED, block, size);
}

void heap_freed(const void *block)
{
	if (blocks_remove(block))
		preload_event(0, PRELOAD_FREED, block, 0);
}

/* Nothing that this thread allocates is sampled until heap_speak() is given what this returns. */
static inline uint64_t heap_hush(void)
{
	uint64_t left = sampler.left;

	sampler.left = HUSHED;
	return left;
}

static inline void heap_speak(uint64_t left)
{
	sampler.left = left;
}

/* Apart from malloc() and free(), so that these need no frame. */
static __attribute__((noinline)) void *malloc_drawn(size_t size)
{
	bool sampled = sampler_draw(size);

	return heap_took(sampled, next.malloc(size), size);
}

static __attribute__((noinline)) void free_known(void *block)
{
	heap_frees(block);
	if (!next.free)
		next_resolve();
	next.free(block);
}

PUBLIC void *malloc(size_t size)
{
	if (unlikely(size >= sampler.left))
		return malloc_drawn(size);
	sampler.left -= size;
	return next.malloc(size);
}

PUBLIC void free(void *block)
{
	if (unlikely(blocks_perhaps(block) || !next.free))
		free_known(block);
	else
		next.free(block);
}

PUBLIC void *calloc(size_t cnt, size_t size)
{
	size_t bytes;
	bool fails = __builtin_mul_overflow(cnt, size, &bytes);
	bool sampled = sampler_takes(fails ? 0 : bytes);
	uint64_t left = heap_hush();
	void *block = next.calloc(cnt, size);

	heap_speak(left);
	return heap_took(sampled, block, bytes);
}

/* realloc() of a block that may be sampled: nobody else is given its address before that is said. */
static __attribute__((noinline)) void *move(void *old, size_t size)
{
	bool known = blocks_remove(old);
	void *block;

	if (known)
		preload_event(0, PRELOAD_ASIDE, old, 0);
	block = next.realloc(old, size);
	if (known && (block || !size))
		preload_event(0, PRELOAD_MOVED, old, 0);
	if (known && !block && size) {
		blocks_add(old);
		preload_event(0, PRELOAD_BACK, old, 0);
	}
	return block;
}

PUBLIC void *realloc(void *old, size_t size)
{
	bool sampled = sampler_takes(size);
	uint64_t left = heap_hush();
	void *block;

	if (unlikely(blocks_perhaps(old)))
		block = move(old, size);
	else
		block = next.realloc(old, size);
	heap_speak(left);
	return heap_took(sampled, block, size);
}

/* The C library's own calls realloc() too (glibc: malloc/reallocarray.c). */
PUBLIC void *reallocarray(void *old, size_t cnt, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(cnt, size, &bytes)) /* fails, and says so in errno */
		return next.reallocarray ? next.reallocarray(old, cnt, size) : NULL;
	return realloc(old, bytes);
}

static inline void *aligned(void *(*const *get)(size_t, size_t), size_t align, size_t size)
{
	bool sampled = sampler_takes(size);
	uint64_t left = heap_hush();
	void *block = *get ? (*get)(align, size) : NULL;

	heap_speak(left);
	return heap_took(sampled, block, size);
}

PUBLIC void *memalign(size_t align, size_t size)
{
	return aligned(&next.memalign, align, size);
}

PUBLIC void *aligned_alloc(size_t align, size_t size)
{
	return aligned(&next.aligned_alloc, align, size);
}

/* As wide as what it returns: else the compiler would not jump. */
PUBLIC uintptr_t posix_memalign(void **to, size_t align, size_t size)
{
	bool sampled = sampler_takes(size);
	uint64_t left = heap_hush();
	int err = next.posix_memalign(to, align, size);

	heap_speak(left);
	if (likely(!sampled) || err)
		return (uintptr_t)err;
	return heap_allocated(0, *to, size);
}

static inline void *paged(void *(*const *get)(size_t), size_t size)
{
	bool sampled = sampler_takes(size);
	uint64_t left = heap_hush();
	void *block = *get ? (*get)(size) : NULL;

	heap_speak(left);
	return heap_took(sampled, block, size);
}

PUBLIC void *valloc(size_t size)
{
	return paged(&next.valloc, size);
}

PUBLIC void *pvalloc(size_t size)
{
	return paged(&next.pvalloc, size);
}
