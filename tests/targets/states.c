// SPDX-License-Identifier: Apache-2.0
/*
 * states [SECONDS]: threads whose times are known. Two hogs share CPU 0 and wait for it, a napper spins
 * and sleeps in turn, and briefs are made and end one after the other. Each name's sums are printed at
 * the end, of what its threads' own clocks and the scheduler's counters (/proc/PID/schedstat) say, in ns:
 * NAME THREADS LIVED CPU-CLOCK WAITED-FOR-CPU SLEPT.
 */
#include <pthread.h>
#include <sched.h>

#include "target.h"

struct sums {
	const char *name;
	uint64_t threads, lived, ran, delayed, slept;
};

static struct sums hog1 = { .name = "hog1" }, hog2 = { .name = "hog2" },
		   napper = { .name = "napper" }, brief = { .name = "brief" };
static uint64_t end;

static NOINLINE void f_nap(struct sums *s, uint64_t ns)
{
	struct timespec t = { 0, (long)ns };
	uint64_t from = target_clock(CLOCK_MONOTONIC);

	nanosleep(&t, NULL);
	s->slept += target_clock(CLOCK_MONOTONIC) - from;
}

static NOINLINE void f_spin(uint64_t ns)
{
	SPIN(ns);
}

static NOINLINE void f_hog(void)
{
	SPIN(5 * MS);
}

/* The thread's sums, as its last act. */
static void add_up(struct sums *s, uint64_t from)
{
	unsigned long long ran, delayed = 0;
	FILE *f = fopen("/proc/thread-self/schedstat", "r");

	if (f && fscanf(f, "%llu %llu", &ran, &delayed) == 2)
		s->delayed += delayed;
	if (f)
		fclose(f);
	s->threads++;
	s->ran += target_clock(CLOCK_THREAD_CPUTIME_ID);
	s->lived += target_clock(CLOCK_MONOTONIC) - from;
}

static void *hog_main(void *arg)
{
	uint64_t from = target_clock(CLOCK_MONOTONIC);
	struct sums *s = arg;
	cpu_set_t cpu;

	CPU_ZERO(&cpu);
	CPU_SET(0, &cpu);
	pthread_setaffinity_np(pthread_self(), sizeof(cpu), &cpu);
	pthread_setname_np(pthread_self(), s->name);
	while (!target_over(end))
		f_hog();
	add_up(s, from);
	return NULL;
}

static void *napper_main(void *arg)
{
	uint64_t from = target_clock(CLOCK_MONOTONIC);
	struct sums *s = arg;

	pthread_setname_np(pthread_self(), s->name);
	while (!target_over(end)) {
		f_spin(2 * MS);
		f_nap(s, 6 * MS);
	}
	add_up(s, from);
	return NULL;
}

static void *brief_main(void *arg)
{
	uint64_t from = target_clock(CLOCK_MONOTONIC);
	struct sums *s = arg;

	pthread_setname_np(pthread_self(), s->name);
	f_spin(1 * MS);
	f_nap(s, 3 * MS);
	f_spin(1 * MS);
	add_up(s, from);
	return NULL;
}

int main(int argc, char **argv)
{
	const struct sums *all[] = { &hog1, &hog2, &napper, &brief };
	pthread_t threads[3], one;
	size_t i;

	end = target_begin(argc, argv);
	pthread_create(&threads[0], NULL, hog_main, &hog1);
	pthread_create(&threads[1], NULL, hog_main, &hog2);
	pthread_create(&threads[2], NULL, napper_main, &napper);
	while (!target_over(end) && !pthread_create(&one, NULL, brief_main, &brief))
		pthread_join(one, NULL);
	for (i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	for (i = 0; i < 4; i++)
		printf("%s %llu %llu %llu %llu %llu\n", all[i]->name,
		       (unsigned long long)all[i]->threads, (unsigned long long)all[i]->lived,
		       (unsigned long long)all[i]->ran, (unsigned long long)all[i]->delayed,
		       (unsigned long long)all[i]->slept);
	return 0;
}
