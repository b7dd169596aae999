// SPDX-License-Identifier: Apache-2.0
/*
 * calls getpid|mutex LOOPS: a system call that is none of anybody's, or a mutex that nobody else wants, again
 * and again. Prints the CPU time, ns.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

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

int main(int argc, char **argv)
{
	long long from;
	long loops;

	if (argc < 3)
		return 2;
	loops = strtol(argv[2], NULL, 10);
	from = cpu_ns();
	(strcmp(argv[1], "getpid") ? lock : call)(loops);
	printf("%lld\n", cpu_ns() - from);
	return 0;
}
