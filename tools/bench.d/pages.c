// SPDX-License-Identifier: Apache-2.0
/* pages ROUNDS: touches 64 MiB of fresh pages, gives them back, and so on. Prints its CPU time, ns. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#define BYTES (64 << 20)

static void touch(void)
{
	volatile char *p =
		mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long i;

	if (p == MAP_FAILED)
		exit(1);
	madvise((void *)p, BYTES, MADV_NOHUGEPAGE);
	for (i = 0; i < BYTES; i += 4096)
		p[i] = 1;
	munmap((void *)p, BYTES);
}

int main(int argc, char **argv)
{
	long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 16;
	struct timespec t;

	while (rounds--)
		touch();
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	printf("%lld\n", t.tv_sec * 1000000000ll + t.tv_nsec);
	return 0;
}
