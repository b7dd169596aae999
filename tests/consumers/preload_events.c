// SPDX-License-Identifier: Apache-2.0
/*
 * preload_events make LIBRARY RATE TO   writes the library with another rate
 * preload_events run                    started with it in LD_PRELOAD: says what its events are
 *
 * The events are met as a probe would meet them: the first bytes of the function are replaced, by a jump to
 * note() here. What was allocated, freed and moved is then compared with what the events say.
 */
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "elf/file.h"
#include "preloaded.h"

#define NOTES   (1 << 20)
#define EACH    200000
#define THREADS 4
#define RATE    4096

struct note {
	uint64_t event;
	uintptr_t block;
	size_t size;
	uintptr_t caller;
};

static struct note notes[NOTES];
static size_t note_cnt;
static int failures;
static volatile bool interrupts; /* a signal comes while an allocation is being said */
static volatile size_t huge = SIZE_MAX / 2;

/* In place of the function: the same arguments, the same stack. */
static uintptr_t note(uintptr_t result, uint64_t event, uintptr_t block, size_t size)
{
	size_t at = __atomic_fetch_add(&note_cnt, 1, __ATOMIC_RELAXED);

	if (at < NOTES)
		notes[at] =
			(struct note){ event, block, size, (uintptr_t)__builtin_return_address(0) };
	if (interrupts && event == PRELOAD_ALLOCATED) {
		interrupts = false;
		raise(SIGUSR1);
		interrupts = true;
	}
	return result;
}

static void check(const char *name, bool good, const char *why)
{
	printf(good ? "ok %s\n" : "not ok %s: %s\n", name, why);
	failures += !good;
}

static void check_number(const char *name, double got, double least, double most)
{
	char why[128];

	snprintf(why, sizeof(why), "%g is not in %g .. %g", got, least, most);
	check(name, got >= least && got <= most, why);
}

static struct elf_file *open_library(const char *path, int *fd)
{
	*fd = open(path, O_RDONLY | O_CLOEXEC);
	return *fd < 0 ? NULL : elf_open(*fd);
}

static int make(const char *library, uint64_t rate, const char *to)
{
	static unsigned char image[1 << 20];
	const Elf64_Shdr *sh;
	struct elf_file *f;
	uint64_t at;
	ssize_t size;
	int fd;

	f = open_library(library, &fd);
	sh = f ? elf_section_named(f, PRELOAD_SETTINGS) : NULL;
	size = f ? pread(fd, image, sizeof(image), 0) : 0;
	if (!sh || size <= 0 || (size_t)size == sizeof(image))
		return 1;
	at = sh->sh_offset + offsetof(struct preload_settings, rate);
	memcpy(image + at, &rate, sizeof(rate));
	fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	return fd < 0 || write(fd, image, (size_t)size) != size;
}

static int find_library(struct dl_phdr_info *info, size_t size, void *to)
{
	if (!strstr(info->dlpi_name, "preload"))
		return 0;
	*(struct dl_phdr_info *)to = *info;
	return 1;
}

/* A jump to note() in the place of the first bytes; false: the library is not there, or not so. */
static bool listen(void)
{
	static const unsigned char nop = 0x90;
	unsigned char jump[] = { 0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xe0 };
	uintptr_t to = (uintptr_t)note, page = (uintptr_t)getpagesize(), at;
	struct dl_phdr_info info = { 0 };
	const Elf64_Shdr *sh;
	struct elf_file *f;
	int fd;

	if (!dl_iterate_phdr(find_library, &info))
		return false;
	f = open_library(info.dlpi_name, &fd);
	sh = f ? elf_section_named(f, PRELOAD_EVENT) : NULL;
	if (!sh || sh->sh_size < sizeof(jump))
		return false;
	at = info.dlpi_addr + sh->sh_addr;
	elf_close(f);
	close(fd);
	if (*(unsigned char *)at != nop)
		return false;
	memcpy(jump + 2, &to, sizeof(to));
	if (mprotect((void *)(at & -page), 2 * page, PROT_READ | PROT_WRITE | PROT_EXEC))
		return false;
	memcpy((void *)at, jump, sizeof(jump));
	return true;
}

static void use(void *block)
{
	__asm__ volatile("" : : "r"(block) : "memory");
}

/* Events of that kind and size (0 = any) from 'from' on. */
static size_t count(size_t from, uint64_t event, size_t size)
{
	size_t i, n = 0;

	for (i = from; i < note_cnt && i < NOTES; i++)
		n += notes[i].event == event && (!size || notes[i].size == size);
	return n;
}

__attribute__((noinline)) void f_sizes(size_t size, int cnt)
{
	while (cnt--) {
		char *block = malloc(size);

		use(block);
		free(block);
	}
}

/* Each size is sampled with its probability, each sample is of its caller, and each is freed. */
static void test_sizes(void)
{
	static const size_t sizes[] = { 16, 48, 256, 1000, 4096, 10000, 100000, 1 << 20 };
	size_t i, k, from, far = 0;
	char name[64];
	double p, z;
	int cnt;

	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		from = note_cnt;
		cnt = sizes[i] < 4096 ? EACH : EACH / 20;
		f_sizes(sizes[i], cnt);
		p = -expm1(-(double)sizes[i] / RATE);
		z = ((double)count(from, PRELOAD_ALLOCATED, sizes[i]) - cnt * p) /
		    (sqrt(cnt * p * (1 - p)) + 1);
		snprintf(name, sizeof(name), "%zu bytes: z", sizes[i]);
		check_number(name, z, -4.5, 4.5);
		snprintf(name, sizeof(name), "%zu bytes: what is sampled is freed", sizes[i]);
		check_number(name,
		             (double)count(from, PRELOAD_ALLOCATED, 0) -
		                     (double)count(from, PRELOAD_FREED, 0),
		             0, 0);
		for (k = from; k < note_cnt; k++)
			far += notes[k].event == PRELOAD_ALLOCATED &&
			       notes[k].caller - (uintptr_t)f_sizes > 256;
	}
	check_number("samples whose caller is not the function's", (double)far, 0, 0);
}

/* Each address once, and whether a block is there. */
static struct place {
	uintptr_t block;
	bool used;
} places[1 << 16];

static struct place *place_of(uintptr_t block)
{
	size_t at = block * 0x9e3779b97f4a7c15ull >> 48;

	while (places[at].block && places[at].block != block)
		at = (at + 1) % (sizeof(places) / sizeof(*places));
	places[at].block = block;
	return &places[at];
}

/*
 * In the order of the events: what is freed or moved was there, what is allocated was not; and at most 'left'
 * blocks are there at the end.
 */
static void check_order(const char *name, size_t from, size_t left)
{
	size_t i, cnt = 0, wrong = 0;
	struct place *place;
	bool comes;

	memset(places, 0, sizeof(places));
	for (i = from; i < note_cnt && i < NOTES; i++) {
		if (notes[i].event == PRELOAD_MOVED)
			continue;
		place = place_of(notes[i].block);
		comes = notes[i].event == PRELOAD_ALLOCATED || notes[i].event == PRELOAD_BACK;
		wrong += place->used == comes;
		cnt += comes ? !place->used : -(size_t)place->used;
		place->used = comes;
	}
	check_number(name, (double)wrong, 0, 0);
	check_number("blocks that are left", (double)cnt, 0, (double)left);
}

/* What the compiler knows nothing of. */
static void *hidden(void *block)
{
	__asm__ volatile("" : "+r"(block));
	return block;
}

static void test_realloc(void)
{
	size_t from = note_cnt, i, n;
	bool good = true;
	void *p;

	for (i = 0; i < 2000; i++) {
		p = malloc(1000);
		for (n = 10000; n <= 100000; n += 30000) {
			p = realloc(p, n);
			use(p);
		}
		good &= !realloc(hidden(p), huge);
		errno = 0;
		good &= !reallocarray(hidden(p), huge, 4) && errno == ENOMEM;
		p = reallocarray(p, 40, 1000);
		use(p);
		free(p);
	}
	check("realloc() that must fail", good,
	      "it did not, or reallocarray() does not say ENOMEM");
	check_number("moves", (double)count(from, PRELOAD_MOVED, 0), 1000, 1e6);
	check_number("failed moves", (double)count(from, PRELOAD_BACK, 0), 1000, 1e6);
	check_number("moves that did not end",
	             (double)count(from, PRELOAD_ASIDE, 0) - (double)count(from, PRELOAD_MOVED, 0) -
	                     (double)count(from, PRELOAD_BACK, 0),
	             0, 0);
	check_order("realloc(): events out of order", from, 0);
}

static bool is_zero(const char *p, size_t n)
{
	while (n && !*p) {
		p++;
		n--;
	}
	return !n;
}

static void test_others(void)
{
	size_t from = note_cnt, i;
	bool good = true;
	void *p[7] = { NULL };

	for (i = 0; i < 3000; i++) {
		p[0] = calloc(100, 100);
		p[1] = memalign(64, 10000);
		p[2] = aligned_alloc(4096, 12288);
		good &= !posix_memalign(&p[3], 256, 10000);
		p[4] = valloc(10000);
		p[5] = calloc(huge, 3);
		good &= posix_memalign(&p[6], 3, 100) == EINVAL;
		good &= is_zero(p[0], 10000) && !((uintptr_t)p[1] % 64) &&
		        !((uintptr_t)p[2] % 4096) && !((uintptr_t)p[3] % 256) &&
		        !((uintptr_t)p[4] % 4096) && !p[5];
		memset(p[0], 1, 10000);
		free(p[0]);
		free(p[1]);
		free(p[2]);
		free(p[3]);
		free(p[4]);
		free(NULL);
	}
	check("calloc() and aligned ones", good, "a block is not as it was asked for");
	/* 4 of 10000 bytes and one of 12288; once each. */
	check_number("calloc() and aligned ones: sampled",
	             (double)count(from, PRELOAD_ALLOCATED, 10000),
	             12000 * 0.913 - 4.5 * sqrt(12000 * 0.913 * 0.087),
	             12000 * 0.913 + 4.5 * sqrt(12000 * 0.913 * 0.087));
	check_order("calloc() and aligned ones: events out of order", from, 0);
}

/* A ring that threads share: whoever comes frees what lies there. */
static void *ring[256];

static void *churn(void *arg)
{
	unsigned int x = (unsigned int)(uintptr_t)arg * 2654435761u + 1;
	int i;

	for (i = 0; i < 100000; i++) {
		x = x * 1664525 + 1013904223;
		free(__atomic_exchange_n(&ring[x >> 24], malloc(100 + (x >> 16 & 1023)),
		                         __ATOMIC_ACQ_REL));
	}
	return NULL;
}

static void *allocate_once(void *to)
{
	*(void **)to = malloc(4096);
	return NULL;
}

static void test_threads(void)
{
	size_t from = note_cnt, i;
	pthread_t threads[THREADS];
	double p = 1 - 1 / M_E;
	void *block;

	for (i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, churn, (void *)(i + 1));
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (i = 0; i < 256; i++)
		free(ring[i]);
	/* The loader keeps some memory for each thread. */
	check_order("threads: events out of order", from, 4 * THREADS);
	from = note_cnt;
	for (i = 0; i < 3000; i++) {
		pthread_create(&threads[0], NULL, allocate_once, &block);
		pthread_join(threads[0], NULL);
		free(block);
	}
	check_number("a thread's first block: z",
	             ((double)count(from, PRELOAD_ALLOCATED, 4096) - 3000 * p) /
	                     sqrt(3000 * p * (1 - p)),
	             -4.5, 4.5);
}

static void *by_signal;

static void on_signal(int nr)
{
	free(by_signal);
	by_signal = malloc(5000);
}

/* Where the sampler is at work and the allocator, which would not bear it, is not. */
static void test_signals(void)
{
	size_t from = note_cnt;

	signal(SIGUSR1, on_signal);
	interrupts = true;
	f_sizes(3000, 20000);
	interrupts = false;
	free(by_signal);
	check_number("blocks of a signal handler", (double)count(from, PRELOAD_ALLOCATED, 5000),
	             1000, 20000);
	check_order("signals: events out of order", from, 0);
}

/* Children do not all sample the same. */
static void test_fork(void)
{
	double p = -expm1(-1000.0 / RATE), sum = 0;
	int i, status, pipes[2];
	size_t from, n;

	if (pipe(pipes))
		return;
	for (i = 0; i < 400; i++) {
		if (!fork()) {
			from = note_cnt;
			use(malloc(1000));
			n = count(from, PRELOAD_ALLOCATED, 1000);
			_exit(write(pipes[1], &n, sizeof(n)) != sizeof(n));
		}
		wait(&status);
		if (status || read(pipes[0], &n, sizeof(n)) != sizeof(n))
			n = 400;
		sum += (double)n;
	}
	check_number("children: z of their first blocks", (sum - 400 * p) / sqrt(400 * p * (1 - p)),
	             -4.5, 4.5);
}

int main(int argc, char **argv)
{
	if (argc == 5 && !strcmp(argv[1], "make"))
		return make(argv[2], strtoull(argv[3], NULL, 10), argv[4]);
	setvbuf(stdout, NULL, _IOLBF, 256);
	check("the library is there, and its function begins with a nop", listen(), "it is not");
	if (failures)
		return 1;
	check("the environment says nothing of it",
	      !getenv("LD_PRELOAD") || !strstr(getenv("LD_PRELOAD"), "/proc/"),
	      getenv("LD_PRELOAD"));
	test_sizes();
	test_realloc();
	test_others();
	test_threads();
	test_signals();
	test_fork();
	check_number("events", (double)note_cnt, 1, NOTES);
	return failures > 0;
}
