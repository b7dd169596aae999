// SPDX-License-Identifier: Apache-2.0
/*
 * threads [SECONDS]: four threads with the names one, two, three and four burn 40, 30, 20 and 10 % of
 * the process's CPU time, each in its own function; the main thread waits.
 */
#include <pthread.h>

#include "target.h"

enum { THREADS = 4 };

struct worker {
	const char *name;
	void (*burn)(void);
	uint64_t ns;
	pthread_t thread;
};

static pthread_barrier_t barrier;
static uint64_t end;
static int over;

static NOINLINE void f_one(void)
{
	SPIN(8 * MS);
}

static NOINLINE void f_two(void)
{
	SPIN(6 * MS);
}

static NOINLINE void f_three(void)
{
	SPIN(4 * MS);
}

static NOINLINE void f_four(void)
{
	SPIN(2 * MS);
}

static struct worker workers[THREADS] = {
	{ .name = "one", .burn = f_one },
	{ .name = "two", .burn = f_two },
	{ .name = "three", .burn = f_three },
	{ .name = "four", .burn = f_four },
};

/* A round ends when all have burnt their part; the one that the barrier names looks at the clock. */
static NOINLINE void *worker_main(void *arg)
{
	struct worker *w = arg;

	pthread_setname_np(pthread_self(), w->name);
	while (!over) {
		w->burn();
		if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
			over = target_over(end);
		pthread_barrier_wait(&barrier);
	}
	w->ns = target_clock(CLOCK_THREAD_CPUTIME_ID);
	return NULL;
}

int main(int argc, char **argv)
{
	uint64_t total = 0;

	end = target_begin(argc, argv);
	pthread_barrier_init(&barrier, NULL, THREADS);
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&workers[i].thread, NULL, worker_main, &workers[i]))
			return 1;
	for (int i = 0; i < THREADS; i++) {
		pthread_join(workers[i].thread, NULL);
		total += workers[i].ns;
	}
	for (int i = 0; i < THREADS; i++)
		target_report(workers[i].name, workers[i].ns, total);
	return 0;
}
