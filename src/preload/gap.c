// SPDX-License-Identifier: Apache-2.0
/*
 * Gaps between samples: exponential, of the rate as their mean, so that a block of 'size' bytes is sampled
 * with probability 1 - e^(-size / rate) whatever came before it. In fixed point, 1 = 2^32.
 */
#include "sampler.h"

#define ONE    (1ull << 32)
#define LN2    2977044472ull /* ln 2 */
#define GOLDEN 0x9e3779b97f4a7c15ull

__thread struct sampler sampler __attribute__((tls_model("initial-exec")));
static uint64_t threads; /* that were seeded */

extern pid_t getpid(void) __attribute__((weak));

/* splitmix64 (Steele, Lea and Flood 2014): its finalizer. */
static uint64_t mix(uint64_t z)
{
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

/* -ln m for m from 1/2 to 1: 2 artanh((1 - m) / (1 + m)). */
static uint64_t minus_ln_half(uint64_t m)
{
	uint64_t t = ((ONE - m) << 32) / (ONE + m), square = t * t >> 32, sum = 0, k;

	for (k = 1; t; k += 2) {
		sum += t / k;
		t = t * square >> 32;
	}
	return 2 * sum;
}

/* -ln u for the u that these bits are behind the binary point. */
static uint64_t minus_ln(uint64_t u)
{
	unsigned int zeros = u ? (unsigned int)__builtin_clzll(u) : 63;

	return zeros * LN2 + minus_ln_half((u << zeros | 1ull << 63) >> 32);
}

static uint64_t gap(struct sampler *s)
{
	uint64_t rate = preload_settings.rate, u;

	if (rate <= 1)
		return 1;
	s->random += GOLDEN;
	u = mix(s->random);
	return 1 + (uint64_t)((unsigned __int128)minus_ln(u) * rate >> 32);
}

/* No two threads or processes draw the same. */
static void seed(struct sampler *s)
{
	uint64_t thread = __atomic_add_fetch(&threads, 1, __ATOMIC_RELAXED);
	uint64_t process = getpid ? (uint64_t)getpid() : 0;

	s->random =
		mix(preload_settings.seed + process * GOLDEN) ^ mix((uintptr_t)s + thread * GOLDEN);
}

bool sampler_draw(size_t size)
{
	struct sampler *s = &sampler;

	if (!s->left) {
		if (!next.malloc)
			next_resolve();
		if (!s->random)
			seed(s);
		s->left = gap(s);
		if (size < s->left) {
			s->left -= size;
			return false;
		}
	}
	s->left = gap(s);
	return true;
}

void sampler_restart(void)
{
	sampler = (struct sampler){ 0, 0 };
}
