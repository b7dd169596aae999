// SPDX-License-Identifier: Apache-2.0
/*
 * contend SECONDS: threads that wait for each other, for pages of a mapped file, on other CPUs, and as
 * the last thing they do. Each says of its time in its own function what the kernel's clocks say:
 * NAME TID WALL-NS CPU-NS RUN-DELAY-NS BLOCKS, so that WALL - CPU - RUN-DELAY is how long it was blocked.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "target.h"

#define WAITERS    4
#define FILE_BYTES (4u << 20)
#define PAGE       4096

static uint64_t end;
static int file;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t turn_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turned = PTHREAD_COND_INITIALIZER;
static int turn;

static void nap(long ns)
{
	struct timespec t = { 0, ns };

	nanosleep(&t, NULL);
}

NOINLINE void f_hog(void)
{
	while (!target_over(end)) {
		pthread_mutex_lock(&lock);
		nap(2 * MS);
		pthread_mutex_unlock(&lock);
		nap(200000);
	}
	__asm__ volatile("");
}

NOINLINE void f_waiter(void)
{
	while (!target_over(end)) {
		pthread_mutex_lock(&lock);
		pthread_mutex_unlock(&lock);
	}
	__asm__ volatile("");
}

/* Until the time is over, and then once more, so that nobody waits for ever. */
static inline __attribute__((always_inline)) void play(int me)
{
	int over, i;

	do {
		over = target_over(end);
		for (i = 0; i < 20000;
		     i++) /* so many turns that what a switch costs is not all there is */
			__asm__ volatile("" : : "r"(i));
		pthread_mutex_lock(&turn_lock);
		while (turn == !me)
			pthread_cond_wait(&turned, &turn_lock);
		if (turn >= 0)
			turn = over ? -1 : !me;
		pthread_cond_signal(&turned);
		over = turn < 0;
		pthread_mutex_unlock(&turn_lock);
	} while (!over);
}

NOINLINE void f_ping(void)
{
	play(0);
	__asm__ volatile("");
}

NOINLINE void f_pong(void)
{
	play(1);
	__asm__ volatile("");
}

/* Pages that nobody has in memory: each is read when it is touched. */
NOINLINE void f_fault(void)
{
	volatile char *at = mmap(NULL, FILE_BYTES, PROT_READ, MAP_SHARED, file, 0);
	unsigned int i, sum = 0;

	if (at == MAP_FAILED)
		return;
	madvise((void *)at, FILE_BYTES, MADV_RANDOM);
	while (!target_over(end)) {
		for (i = 0; i < FILE_BYTES && !target_over(end); i += PAGE)
			sum += at[i];
		madvise((void *)at, FILE_BYTES, MADV_DONTNEED);
		posix_fadvise(file, 0, FILE_BYTES, POSIX_FADV_DONTNEED);
	}
	munmap((void *)at, FILE_BYTES);
	__asm__ volatile("" : : "r"(sum));
}

/* Sleeps on one CPU and wakes up on another. */
NOINLINE void f_move(void)
{
	cpu_set_t all, one;
	int cpu = 0;

	sched_getaffinity(0, sizeof(all), &all);
	while (!target_over(end)) {
		do
			cpu = (cpu + 1) % CPU_SETSIZE;
		while (!CPU_ISSET(cpu, &all));
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		sched_setaffinity(0, sizeof(one), &one);
		nap(1 * MS);
	}
	__asm__ volatile("");
}

/* Of a thread that does nothing else, and ends. */
NOINLINE void f_last(void)
{
	nap(5 * MS);
	__asm__ volatile("");
}

struct clocks {
	uint64_t wall, cpu, delay, blocks;
};

static struct clocks clocks_now(void)
{
	struct clocks c = { .wall = target_clock(CLOCK_MONOTONIC) };
	FILE *f = fopen("/proc/thread-self/schedstat", "re");
	unsigned long long delay;
	struct rusage usage;

	if (!f || fscanf(f, "%*u %llu", &delay) != 1)
		exit(1);
	fclose(f);
	getrusage(RUSAGE_THREAD, &usage);
	c.cpu = target_clock(CLOCK_THREAD_CPUTIME_ID);
	c.delay = delay;
	c.blocks = (uint64_t)usage.ru_nvcsw;
	return c;
}

struct way {
	const char *name;
	void (*call)(void);
};

static void *run(void *arg)
{
	const struct way *w = arg;
	struct clocks from = clocks_now(), to;

	w->call();
	to = clocks_now();
	printf("%s %ld %llu %llu %llu %llu\n", w->name, syscall(SYS_gettid),
	       (unsigned long long)(to.wall - from.wall), (unsigned long long)(to.cpu - from.cpu),
	       (unsigned long long)(to.delay - from.delay),
	       (unsigned long long)(to.blocks - from.blocks));
	return NULL;
}

static struct way last = { "f_last", f_last };
static struct way ways[] = {
	{ "f_hog", f_hog },     { "f_ping", f_ping }, { "f_pong", f_pong },
	{ "f_fault", f_fault }, { "f_move", f_move },
};
static struct way waiter = { "f_waiter", f_waiter };
#define WAYS (sizeof(ways) / sizeof(*ways))

/* A file of no zeros that is on the disk. */
static int make_file(void)
{
	char name[] = "contend.XXXXXX", page[PAGE] = { 1 };
	unsigned int i;

	file = mkstemp(name);
	if (file < 0 || unlink(name))
		return -1;
	for (i = 0; i < FILE_BYTES; i += PAGE)
		if (write(file, page, PAGE) != PAGE)
			return -1;
	return fsync(file) || posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) ? -1 : 0;
}

int main(int argc, char **argv)
{
	pthread_t threads[WAYS + WAITERS], dying[8];
	size_t i;

	if (make_file()) {
		perror("contend");
		return 1;
	}
	end = target_begin(argc, argv);
	for (i = 0; i < WAYS + WAITERS; i++)
		pthread_create(&threads[i], NULL, run, i < WAYS ? &ways[i] : &waiter);
	while (!target_over(end)) {
		for (i = 0; i < 8; i++)
			pthread_create(&dying[i], NULL, run, &last);
		for (i = 0; i < 8; i++)
			pthread_join(dying[i], NULL);
	}
	for (i = 0; i < WAYS + WAITERS; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
