// SPDX-License-Identifier: Apache-2.0
/*
 * pipes LOOPS: two processes on one CPU hand a byte to each other through two pipes, so each turn is a
 * switch and a wait of some microseconds (as `perf bench sched pipe` does). Prints the CPU time of both, ns.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

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

int main(int argc, char **argv)
{
	long loops = argc > 1 ? atol(argv[1]) : 100000;
	int there[2], back[2], status;
	cpu_set_t one;
	pid_t pid;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	if (sched_setaffinity(0, sizeof(one), &one) || pipe(there) || pipe(back)) {
		perror("pipes");
		return 1;
	}
	pid = fork();
	if (!pid) {
		turns(there[0], back[1], loops, 0);
		_exit(0);
	}
	turns(back[0], there[1], loops, 1);
	if (waitpid(pid, &status, 0) != pid || status)
		return 1;
	printf("%.0f\n", cpu_ns(RUSAGE_SELF) + cpu_ns(RUSAGE_CHILDREN));
	return 0;
}
