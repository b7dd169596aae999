// SPDX-License-Identifier: Apache-2.0
/*
 * turns LOOPS CPUS: on each of CPUS CPUs two threads wake each other through two eventfds, so each turn is a
 * switch and a wait of a microsecond: more of them in a second than processes and pipes (pipes.c) have, whose
 * address spaces are switched too. The threads are there, and the process's number printed, before they begin:
 * when standard input has a line. When all have had their turns "done" is printed, and they wait for another.
 */
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define CPUS_MAX 64

static struct turner {
	pthread_t thread;
	long loops;
	int cpu, from, to;
	int first;
} turners[2 * CPUS_MAX];

static int begin[2], end[2]; /* pipes: nobody writes there, they are closed */
static int done;             /* an eventfd */

static void put(int fd)
{
	const uint64_t one = 1;

	if (write(fd, &one, sizeof(one)) != sizeof(one))
		exit(1);
}

static void get(int fd)
{
	uint64_t n;

	if (read(fd, &n, sizeof(n)) != sizeof(n))
		exit(1);
}

static void wait_at(int fd)
{
	char c;

	if (read(fd, &c, 1))
		exit(1);
}

static void *take_turns(void *arg)
{
	const struct turner *t = arg;
	cpu_set_t one;
	long i;

	CPU_ZERO(&one);
	CPU_SET(t->cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		exit(1);
	wait_at(begin[0]);
	for (i = 0; i < t->loops; i++) {
		if (t->first)
			put(t->to);
		get(t->from);
		if (!t->first)
			put(t->to);
	}
	put(done);
	wait_at(end[0]);
	return NULL;
}

static int start(struct turner *pair, int cpu, long loops)
{
	int fds[2] = { eventfd(0, EFD_CLOEXEC), eventfd(0, EFD_CLOEXEC) }, i;

	for (i = 0; i < 2; i++) {
		pair[i] = (struct turner){ 0, loops, cpu, fds[i], fds[!i], i };
		if (fds[i] < 0 || pthread_create(&pair[i].thread, NULL, take_turns, &pair[i]))
			return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	long loops = argc > 1 ? atol(argv[1]) : 100000;
	int cpus = argc > 2 ? atoi(argv[2]) : 1, cpu;
	uint64_t n, cnt = 0;

	done = eventfd(0, EFD_CLOEXEC);
	if (cpus < 1 || cpus > CPUS_MAX || pipe(begin) || pipe(end) || done < 0)
		return 1;
	for (cpu = 0; cpu < cpus; cpu++)
		if (start(turners + 2 * cpu, cpu, loops)) {
			perror("turns");
			return 1;
		}
	printf("%d\n", getpid());
	fflush(stdout);
	getchar();
	close(begin[1]);
	for (; cnt < 2 * (uint64_t)cpus; cnt += n)
		if (read(done, &n, sizeof(n)) != sizeof(n))
			return 1;
	printf("done\n");
	fflush(stdout);
	getchar();
	close(end[1]);
	for (cpu = 0; cpu < 2 * cpus; cpu++)
		pthread_join(turners[cpu].thread, NULL);
	return 0;
}
