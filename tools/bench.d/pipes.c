// SPDX-License-Identifier: Apache-2.0
/*
 * pipes LOOPS [CPUS]: two processes on one CPU hand a byte to each other through two pipes, so each turn is
 * a switch and a wait of some microseconds (as `perf bench sched pipe` does); so on each of CPUS CPUs at
 * the same time. They are there, and their numbers printed, before they begin: when standard input has a
 * line or ends. When all have had their turns "done" is printed, and they wait for another line. Prints the
 * CPU time of all in the end, ns.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int gate[2], exits[2]; /* nobody writes there: they end when all may begin, and end */
static int done[2];           /* a byte of each that has had its turns */

static void turns(int from, int to, long loops, int first)
{
	char c = 'x';

	while (loops--) {
		if (first && write(to, &c, 1) != 1)
			exit(1);
		if (read(from, &c, 1) != 1)
			exit(1);
		if (!first && write(to, &c, 1) != 1)
			exit(1);
	}
}

static double cpu_ns(int who)
{
	struct rusage u;

	getrusage(who, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e9 +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1e3;
}

/* Until nobody can write there. */
static void wait_at(int ends[2])
{
	char c;

	close(ends[1]);
	if (read(ends[0], &c, 1))
		exit(1);
}

/* One process of a pair. */
static void hand(int from, int to, long loops, int first)
{
	wait_at(gate);
	turns(from, to, loops, first);
	if (write(done[1], "x", 1) != 1)
		exit(1);
	wait_at(exits);
	_exit(0);
}

/* Both on that CPU. */
static void pair(int cpu, long loops)
{
	int there[2], back[2], i;
	cpu_set_t one;
	pid_t pid;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (pipe(there) || pipe(back)) {
		perror("pipes");
		exit(1);
	}
	for (i = 0; i < 2; i++) {
		fflush(stdout);
		pid = fork();
		if (!pid && sched_setaffinity(0, sizeof(one), &one))
			exit(1);
		if (!pid)
			hand(i ? there[0] : back[0], i ? back[1] : there[1], loops, !i);
		printf("%d ", pid);
	}
}

int main(int argc, char **argv)
{
	long loops = argc > 1 ? atol(argv[1]) : 100000;
	int cpus = argc > 2 ? atoi(argv[2]) : 1, cpu, status, failed = 0, i;
	char c;

	if (pipe(gate) || pipe(exits) || pipe(done)) {
		perror("pipes");
		return 1;
	}
	for (cpu = 0; cpu < cpus; cpu++)
		pair(cpu, loops);
	printf("\n");
	fflush(stdout);
	getchar();
	close(gate[1]);
	for (i = 0; i < 2 * cpus; i++)
		if (read(done[0], &c, 1) != 1)
			return 1;
	printf("done\n");
	fflush(stdout);
	getchar();
	close(exits[1]);
	while (wait(&status) > 0)
		failed |= status;
	printf("%.0f\n", cpu_ns(RUSAGE_SELF) + cpu_ns(RUSAGE_CHILDREN));
	return failed != 0;
}
