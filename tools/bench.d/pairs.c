// SPDX-License-Identifier: Apache-2.0
/*
 * pairs tight|ring|paced LOOPS: allocates a block and frees one, again and again. tight: the same block of 64
 * bytes; ring: blocks of 16 to 1015 bytes, each freed 1024 allocations later; paced: the same with as much
 * work between that it makes some 7 million pairs a second. Prints the CPU time, ns, and the memory that
 * no file is behind, KiB.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RING 1024
#define WORK 55

static void *ring[RING];

static void use(void *block)
{
	__asm__ volatile("" : : "r"(block) : "memory");
}

static void tight(long loops)
{
	while (loops--) {
		void *block = malloc(64);

		use(block);
		free(block);
	}
}

static uint64_t step(uint64_t x)
{
	x ^= x << 13;
	x ^= x >> 7;
	return x ^ x << 17;
}

static void around(long loops, int work)
{
	uint64_t x = 1;
	int i;

	for (; loops--; x = step(x)) {
		void **slot = &ring[loops % RING];

		for (i = 0; i < work; i++)
			x = step(x);
		free(*slot);
		*slot = malloc(16 + x % 1000);
		use(*slot);
	}
}

static long long cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static long memory_kib(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];
	long kib = 0;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "RssAnon: %ld", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib;
}

int main(int argc, char **argv)
{
	long long from;
	long loops;

	if (argc < 3)
		return 2;
	loops = strtol(argv[2], NULL, 10);
	from = cpu_ns();
	if (!strcmp(argv[1], "tight"))
		tight(loops);
	else
		around(loops, strcmp(argv[1], "paced") ? 0 : WORK);
	printf("%lld %ld\n", cpu_ns() - from, memory_kib());
	return 0;
}
