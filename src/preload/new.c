// SPDX-License-Identifier: Apache-2.0
/*
 * C++'s operators new and delete. Those of a language's library call malloc() and free(), and there their
 * blocks are met; an allocator that brings its own (jemalloc, tcmalloc, mimalloc) is met here. They may throw:
 * nothing is held while the next one runs.
 */
#include "heap.h"

/* A new one of its own, with its parameters and how they are passed on. */
#define NEW(name, parameters, arguments)                                               \
	PUBLIC void *name parameters                                                   \
	{                                                                              \
		if (unlikely(!next.malloc))                                            \
			next_resolve();                                                \
		if (!(next.own & 1ull << NEXT_##name) || likely(!sampler_takes(size))) \
			return next.name arguments;                                    \
		return heap_took(true, next.name arguments, size);                     \
	}

#define DELETE(name, parameters, arguments) \
	PUBLIC void name parameters         \
	{                                   \
		heap_frees(block);          \
		if (unlikely(!next.name))   \
			next_resolve();     \
		next.name arguments;        \
	}

NEW(_Znwm, (size_t size), (size))
NEW(_Znam, (size_t size), (size))
NEW(_ZnwmRKSt9nothrow_t, (size_t size, const void *nothrow), (size, nothrow))
NEW(_ZnamRKSt9nothrow_t, (size_t size, const void *nothrow), (size, nothrow))
NEW(_ZnwmSt11align_val_t, (size_t size, size_t align), (size, align))
NEW(_ZnamSt11align_val_t, (size_t size, size_t align), (size, align))
NEW(_ZnwmSt11align_val_tRKSt9nothrow_t, (size_t size, size_t align, const void *nothrow),
    (size, align, nothrow))
NEW(_ZnamSt11align_val_tRKSt9nothrow_t, (size_t size, size_t align, const void *nothrow),
    (size, align, nothrow))

DELETE(_ZdlPv, (void *block), (block))
DELETE(_ZdaPv, (void *block), (block))
DELETE(_ZdlPvm, (void *block, size_t size), (block, size))
DELETE(_ZdaPvm, (void *block, size_t size), (block, size))
DELETE(_ZdlPvRKSt9nothrow_t, (void *block, const void *nothrow), (block, nothrow))
DELETE(_ZdaPvRKSt9nothrow_t, (void *block, const void *nothrow), (block, nothrow))
DELETE(_ZdlPvSt11align_val_t, (void *block, size_t align), (block, align))
DELETE(_ZdaPvSt11align_val_t, (void *block, size_t align), (block, align))
DELETE(_ZdlPvmSt11align_val_t, (void *block, size_t size, size_t align), (block, size, align))
DELETE(_ZdaPvmSt11align_val_t, (void *block, size_t size, size_t align), (block, size, align))
DELETE(_ZdlPvSt11align_val_tRKSt9nothrow_t, (void *block, size_t align, const void *nothrow),
       (block, align, nothrow))
DELETE(_ZdaPvSt11align_val_tRKSt9nothrow_t, (void *block, size_t align, const void *nothrow),
       (block, align, nothrow))
