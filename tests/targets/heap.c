// SPDX-License-Identifier: Apache-2.0
// cflags: -O1 -fno-inline -fno-optimize-sibling-calls
/*
 * Allocates known numbers of known sizes by known functions, ROUNDS times, a pause between rounds; then
 * says what each did: "NAME objects bytes inuse_objects inuse_bytes", and lives for SECONDS more. With
 * SECONDS it waits for WAIT (1) seconds first.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEEP 65536

static void *kept[KEEP];
static size_t kept_cnt;

struct count {
	const char *name;
	long objects, bytes, inuse_objects, inuse_bytes;
};

static struct count counts[] = {
	{ "f_small", 0, 0, 0, 0 },  { "f_medium", 0, 0, 0, 0 },  { "f_large", 0, 0, 0, 0 },
	{ "f_calloc", 0, 0, 0, 0 }, { "f_realloc", 0, 0, 0, 0 }, { "f_aligned", 0, 0, 0, 0 },
	{ "f_leak", 0, 0, 0, 0 },   { "f_null", 0, 0, 0, 0 },
};
enum { SMALL, MEDIUM, LARGE, CALLOC, REALLOC, ALIGNED, LEAK, FROM_NULL, CNT };

static void did(int which, size_t bytes, int freed)
{
	struct count *c = &counts[which];

	c->objects++;
	c->bytes += (long)bytes;
	c->inuse_objects += !freed;
	c->inuse_bytes += freed ? 0 : (long)bytes;
}

static void use(void *p, size_t n)
{
	if (!p)
		abort();
	memset(p, 1, n < 64 ? n : 64);
	__asm__ volatile("" : : "r"(p) : "memory");
}

void f_small(void)
{
	int i;

	for (i = 0; i < 20000; i++) {
		char *p = malloc(48);

		use(p, 48);
		did(SMALL, 48, 1);
		free(p);
	}
}

void f_medium(void)
{
	int i;

	for (i = 0; i < 400; i++) {
		char *p = malloc(8192);

		use(p, 8192);
		did(MEDIUM, 8192, 1);
		free(p);
	}
}

void f_large(void)
{
	char *p = malloc(1 << 20);

	use(p, 1 << 20);
	did(LARGE, 1 << 20, 1);
	free(p);
}

void f_calloc(void)
{
	int i;

	for (i = 0; i < 100; i++) {
		char *p = calloc(256, 64);

		use(p, 64);
		did(CALLOC, 16384, 1);
		free(p);
	}
}

/* Each step is an allocation, and a free of the step before. */
void f_realloc(void)
{
	char *p = malloc(1000);
	size_t n;

	use(p, 64);
	did(REALLOC, 1000, 1);
	for (n = 10000; n <= 100000; n += 10000) {
		p = realloc(p, n);
		use(p, 64);
		did(REALLOC, n, 1);
	}
	free(p);
}

void f_aligned(void)
{
	void *p = NULL;

	if (posix_memalign(&p, 4096, 40000))
		abort();
	use(p, 64);
	did(ALIGNED, 40000, 1);
	free(p);
	p = memalign(64, 24000);
	use(p, 64);
	did(ALIGNED, 24000, 1);
	free(p);
	p = aligned_alloc(64, 12800);
	use(p, 64);
	did(ALIGNED, 12800, 1);
	free(p);
}

void f_leak(void)
{
	int i;

	for (i = 0; i < 10 && kept_cnt < KEEP; i++) {
		kept[kept_cnt] = malloc(20000);
		use(kept[kept_cnt++], 64);
		did(LEAK, 20000, 0);
	}
}

void f_null(void)
{
	int i;

	for (i = 0; i < 100; i++) {
		char *p = realloc(NULL, 5000);

		use(p, 64);
		did(FROM_NULL, 5000, 1);
		free(p);
	}
}

/*
 * Until tables of this program are built its samples carry their stacks, and a burst of them overflows the
 * ring they go through: one that any rate samples, and time.
 */
static void be_met(void)
{
	void *volatile block = malloc(64 << 20);

	free(block);
	usleep(300000);
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 100,
	    seconds = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 0, i;

	setvbuf(stdout, NULL, _IOLBF, 256);
	be_met();
	printf("ready\n");
	if (seconds)
		sleep(argc > 3 ? (unsigned int)strtol(argv[3], NULL, 10) : 1);
	for (i = 0; i < rounds; i++) {
		f_small();
		f_medium();
		f_large();
		f_calloc();
		f_realloc();
		f_aligned();
		f_leak();
		f_null();
	}
	for (i = 0; i < CNT; i++)
		printf("%s %ld %ld %ld %ld\n", counts[i].name, counts[i].objects, counts[i].bytes,
		       counts[i].inuse_objects, counts[i].inuse_bytes);
	printf("done\n");
	fflush(stdout);
	if (seconds)
		sleep((unsigned int)seconds);
	return 0;
}
