// SPDX-License-Identifier: Apache-2.0
/*
 * calls getpid|mutex LOOPS: a system call that is none of anybody's, or a mutex that nobody else wants, LOOPS
 * times in each of a thousand turns. Prints the CPU time of all turns, and of the turn that a quarter of them
 * take less than, ns: where others share the machine its speed changes by tens of percents for some time, and
 * that one is of the time when it was as fast as it is.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define TURNS 1000

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void call(long loops)
{
	while (loops--)
		syscall(SYS_getpid);
}

static void lock(long loops)
{
	while (loops--) {
		pthread_mutex_lock(&mutex);
		__asm__ volatile("" : : : "memory");
		pthread_mutex_unlock(&mutex);
	}
}

static long long cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static int by_length(const void *a, const void *b)
{
	const long long x = *(const long long *)a, y = *(const long long *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	static long long turns[TURNS];
	long long from, begin;
	long loops;
	int i;

	if (argc < 3)
		return 2;
	loops = strtol(argv[2], NULL, 10);
	begin = from = cpu_ns();
	for (i = 0; i < TURNS; i++) {
		(strcmp(argv[1], "getpid") ? lock : call)(loops);
		turns[i] = cpu_ns() - from;
		from += turns[i];
	}
	qsort(turns, TURNS, sizeof(turns[0]), by_length);
	printf("%lld %lld\n", from - begin, turns[TURNS / 4]);
	return 0;
}
