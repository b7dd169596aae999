// SPDX-License-Identifier: Apache-2.0
/*
 * pipes LOOPS [CPUS]: two processes on one CPU hand a byte to each other through two pipes, so each turn is
 * a switch and a wait of some microseconds (as `perf bench sched pipe` does); so on each of CPUS CPUs at
 * the same time. They are there, and their numbers printed, before they begin: when standard input has a
 * line or ends. Prints the CPU time of all, ns, and how often they left a CPU in their turns, as the
 * kernel counts it.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static long *switches; /* of all processes */
static int gate[2];    /* nobody writes there: it ends when all may begin */

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

static long switches_of(int who)
{
	struct rusage u;

	getrusage(who, &u);
	return u.ru_nvcsw + u.ru_nivcsw;
}

static double cpu_ns(int who)
{
	struct rusage u;

	getrusage(who, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e9 +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1e3;
}

/* One process of a pair: in its own time. */
static void hand(int from, int to, long loops, int first)
{
	long before;
	char c;

	close(gate[1]);
	if (read(gate[0], &c, 1))
		exit(1);
	before = switches_of(RUSAGE_SELF);
	turns(from, to, loops, first);
	__atomic_fetch_add(switches, switches_of(RUSAGE_SELF) - before, __ATOMIC_RELAXED);
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
	int cpus = argc > 2 ? atoi(argv[2]) : 1, cpu, status, failed = 0;

	switches = mmap(NULL, sizeof(*switches), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
	                -1, 0);
	if (switches == MAP_FAILED || pipe(gate)) {
		perror("pipes");
		return 1;
	}
	for (cpu = 0; cpu < cpus; cpu++)
		pair(cpu, loops);
	printf("\n");
	fflush(stdout);
	getchar();
	close(gate[1]);
	while (wait(&status) > 0)
		failed |= status;
	printf("%.0f %ld\n", cpu_ns(RUSAGE_SELF) + cpu_ns(RUSAGE_CHILDREN), *switches);
	return failed != 0;
}
