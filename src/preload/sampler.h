/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sampler that a launched command gets by LD_PRELOAD. It stands before the allocator's functions and calls
 * the next ones of the same names; each thread counts the bytes that are asked for down to its next sample.
 * What is sampled is said to preload_event(), on which ebprof has a probe. It runs inside of other people's
 * programs: no locks, no allocation, no floating point (its exceptions and flags are the program's), and
 * of a C library only what is there under a weak name, for it may be any.
 */
#ifndef EBPROF_PRELOAD_SAMPLER_H
#define EBPROF_PRELOAD_SAMPLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "preloaded.h"

#define PUBLIC      __attribute__((visibility("default")))
#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* The functions that have a next one: type, name, arguments. */
#define NEXTS(X)                                                                    \
	X(void *, malloc, (size_t size))                                            \
	X(void *, calloc, (size_t cnt, size_t size))                                \
	X(void *, realloc, (void *old, size_t size))                                \
	X(void, free, (void *block))                                                \
	X(void *, reallocarray, (void *old, size_t cnt, size_t size))               \
	X(void *, memalign, (size_t align, size_t size))                            \
	X(void *, aligned_alloc, (size_t align, size_t size))                       \
	X(int, posix_memalign, (void **to, size_t align, size_t size))              \
	X(void *, valloc, (size_t size))                                            \
	X(void *, pvalloc, (size_t size))                                           \
	X(int, execve, (const char *path, char *const argv[], char *const envp[]))  \
	X(int, execvpe, (const char *file, char *const argv[], char *const envp[])) \
	X(int, posix_spawn,                                                         \
	  (pid_t * pid, const char *path, const void *actions, const void *attr,    \
	   char *const argv[], char *const envp[]))                                 \
	X(int, posix_spawnp,                                                        \
	  (pid_t * pid, const char *file, const void *actions, const void *attr,    \
	   char *const argv[], char *const envp[]))                                 \
	NEXTS_CXX(X)

/* Operators new and delete (Itanium C++ ABI): of arrays too, nothrow, with alignment and size. */
#define NEXTS_CXX(X)                                                              \
	X(void *, _Znwm, (size_t size))                                           \
	X(void *, _Znam, (size_t size))                                           \
	X(void *, _ZnwmRKSt9nothrow_t, (size_t size, const void *nothrow))        \
	X(void *, _ZnamRKSt9nothrow_t, (size_t size, const void *nothrow))        \
	X(void *, _ZnwmSt11align_val_t, (size_t size, size_t align))              \
	X(void *, _ZnamSt11align_val_t, (size_t size, size_t align))              \
	X(void *, _ZnwmSt11align_val_tRKSt9nothrow_t,                             \
	  (size_t size, size_t align, const void *nothrow))                       \
	X(void *, _ZnamSt11align_val_tRKSt9nothrow_t,                             \
	  (size_t size, size_t align, const void *nothrow))                       \
	X(void, _ZdlPv, (void *block))                                            \
	X(void, _ZdaPv, (void *block))                                            \
	X(void, _ZdlPvm, (void *block, size_t size))                              \
	X(void, _ZdaPvm, (void *block, size_t size))                              \
	X(void, _ZdlPvRKSt9nothrow_t, (void *block, const void *nothrow))         \
	X(void, _ZdaPvRKSt9nothrow_t, (void *block, const void *nothrow))         \
	X(void, _ZdlPvSt11align_val_t, (void *block, size_t align))               \
	X(void, _ZdaPvSt11align_val_t, (void *block, size_t align))               \
	X(void, _ZdlPvmSt11align_val_t, (void *block, size_t size, size_t align)) \
	X(void, _ZdaPvmSt11align_val_t, (void *block, size_t size, size_t align)) \
	X(void, _ZdlPvSt11align_val_tRKSt9nothrow_t,                              \
	  (void *block, size_t align, const void *nothrow))                       \
	X(void, _ZdaPvSt11align_val_tRKSt9nothrow_t,                              \
	  (void *block, size_t align, const void *nothrow))

#define NEXT_NUMBER(type, name, args) NEXT_##name,
enum next_number { NEXTS(NEXT_NUMBER) NEXT_CNT };

#define NEXT_FIELD(type, name, args) type(*name) args;
struct next {
	NEXTS(NEXT_FIELD)
	/*
	 * Bits 1 << enum next_number: those of the file that has malloc(). An operator new of another file is a
	 * language's, which calls it.
	 */
	uint64_t own;
};
_Static_assert(NEXT_CNT <= 64, "a bit for each");

/* A thread's place between two samples. */
struct sampler {
	uint64_t left;   /* bytes; 0 = not drawn yet. A block that is no smaller is sampled. */
	uint64_t random; /* 0 = not seeded yet */
};

#pragma GCC visibility push(hidden)

extern const struct preload_settings preload_settings;
extern struct next next; /* NULL: nobody has it, or next_resolve() was not called yet */
extern __thread struct sampler sampler __attribute__((tls_model("initial-exec")));

/* event.c: what a probe sees; returns 'result'. */
uintptr_t preload_event(uintptr_t result, uint64_t event, const void *block, size_t size);

/* next.c: finds the next functions. Any number of threads at once, any number of times. */
void next_resolve(void);

/* gap.c: is a block of that size sampled, that is no smaller than what was left? Draws what is left then. */
bool sampler_draw(size_t size);
/* Forgets this thread's place: what it draws from now on is not what another process draws. */
void sampler_restart(void);

/* blocks.c: remembers a sampled block. */
void blocks_add(const void *block);
/* Forgets it; false: it was certainly not sampled. */
bool blocks_remove(const void *block);

#pragma GCC visibility pop

/* Is this allocation sampled? */
static inline bool sampler_takes(size_t size)
{
	if (likely(size < sampler.left)) {
		sampler.left -= size;
		return false;
	}
	return sampler_draw(size);
}

/* How many sampled blocks that are in use share a byte; one that is full stays so. */
#define FILTER_BITS 15
#define FILTER_FULL 255
extern uint8_t blocks_filter[1 << FILTER_BITS] __attribute__((visibility("hidden")));

/* Fibonacci hashing: addresses are even, the high bits of the product depend on all of them. */
static inline uint32_t blocks_slot(const void *block)
{
	return (uint32_t)((uintptr_t)block * 0x9e3779b97f4a7c15ull >> (64 - FILTER_BITS));
}

/* May this block be a sampled one? One look-up of a byte. */
static inline bool blocks_perhaps(const void *block)
{
	return __atomic_load_n(&blocks_filter[blocks_slot(block)], __ATOMIC_RELAXED);
}

#endif
