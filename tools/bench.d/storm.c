// SPDX-License-Identifier: Apache-2.0
/*
 * storm SECONDS MS DIR: runs the programs DIR/0, DIR/1, ... one after the other, until the time is over
 * or there are no more; they are to be copies of this one and burn MS milliseconds of CPU time each.
 * Prints at its very end how many there were, how many failed, and the CPU time of all of them and of
 * itself: "children N failed N cpu NS".
 * storm MS: is such a child.
 */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline, noclone))

extern char **environ;

static double clock_s(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static NOINLINE void f_spin(long turns)
{
	while (turns--)
		__asm__ volatile("" : : : "memory");
}

static NOINLINE int f_child(double ms)
{
	while (clock_s(CLOCK_PROCESS_CPUTIME_ID) * 1e3 < ms)
		f_spin(20000);
	return 0;
}

static long long cpu_ns(int who)
{
	struct rusage u;

	getrusage(who, &u);
	return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000000ll +
	       (u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1000ll;
}

/* Runs one; false when there is none. */
static int run(const char *dir, int number, char *ms, int *failed)
{
	char path[4096], name[] = "stormling", *argv[] = { name, ms, NULL };
	int status;
	pid_t pid;

	snprintf(path, sizeof(path), "%s/%d", dir, number);
	if (access(path, X_OK))
		return 0;
	if (posix_spawn(&pid, path, NULL, NULL, argv, environ) || waitpid(pid, &status, 0) < 0 ||
	    status)
		++*failed;
	return 1;
}

int main(int argc, char **argv)
{
	int cnt = 0, failed = 0;
	double end;

	if (argc == 2)
		return f_child(strtod(argv[1], NULL));
	if (argc != 4) {
		fprintf(stderr, "usage: storm SECONDS MS DIR\n");
		return 2;
	}
	end = clock_s(CLOCK_MONOTONIC) + strtod(argv[1], NULL);
	while (clock_s(CLOCK_MONOTONIC) < end && run(argv[3], cnt, argv[2], &failed))
		cnt++;
	printf("children %d failed %d cpu %lld\n", cnt, failed,
	       cpu_ns(RUSAGE_SELF) + cpu_ns(RUSAGE_CHILDREN));
	return failed != 0;
}
