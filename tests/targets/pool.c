// SPDX-License-Identifier: Apache-2.0
/*
 * pool [SECONDS [MS]]: a pool of the program's own. Three threads named "worker" wait for jobs, two
 * named "locker" for a mutex that the main thread holds for 20 ms (MS) at a time; its functions have
 * names that runtimes have too. Prints how long they waited, by the program's own clock, in ns.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "target.h"

enum { WORKERS = 3, LOCKERS = 2 };

static pthread_mutex_t queue_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t queue_filled = PTHREAD_COND_INITIALIZER;
static int jobs, over;
static pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER;
static _Atomic uint64_t queue_ns, lock_ns;
static atomic_int is_over;

/* A job, or 0 when there will be none. */
static NOINLINE int handle_requests(void)
{
	uint64_t begin = target_clock(CLOCK_MONOTONIC);
	int job;

	pthread_mutex_lock(&queue_mutex);
	while (!jobs && !over)
		pthread_cond_wait(&queue_filled, &queue_mutex);
	job = jobs;
	jobs -= job > 0;
	pthread_mutex_unlock(&queue_mutex);
	queue_ns += target_clock(CLOCK_MONOTONIC) - begin;
	return job;
}

static NOINLINE void *worker(void *arg)
{
	while (handle_requests())
		SPIN(MS / 10);
	return arg;
}

static NOINLINE void f_lock(void)
{
	uint64_t begin = target_clock(CLOCK_MONOTONIC);

	pthread_mutex_lock(&own);
	lock_ns += target_clock(CLOCK_MONOTONIC) - begin;
	pthread_mutex_unlock(&own);
}

static NOINLINE void *locker(void *arg)
{
	while (!is_over) {
		f_lock();
		SPIN(MS / 10);
	}
	return arg;
}

static NOINLINE void f_hold(long ms)
{
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000 * MS) };

	pthread_mutex_lock(&own);
	nanosleep(&t, NULL);
	pthread_mutex_unlock(&own);
}

static void put(int job)
{
	pthread_mutex_lock(&queue_mutex);
	jobs += job;
	over = !job;
	pthread_cond_broadcast(&queue_filled);
	pthread_mutex_unlock(&queue_mutex);
}

int main(int argc, char **argv)
{
	pthread_t threads[WORKERS + LOCKERS];
	uint64_t end;
	int i;

	for (i = 0; i < WORKERS + LOCKERS; i++) {
		if (pthread_create(&threads[i], NULL, i < WORKERS ? worker : locker, NULL))
			return 1;
		pthread_setname_np(threads[i], i < WORKERS ? "worker" : "locker");
	}
	end = target_begin(argc, argv);
	while (!target_over(end)) {
		f_hold(target_arg(argc, argv, 2, 20));
		put(1);
	}
	is_over = 1;
	put(0);
	for (i = 0; i < WORKERS + LOCKERS; i++)
		pthread_join(threads[i], NULL);
	printf("queue %llu\nlock %llu\n", (unsigned long long)queue_ns,
	       (unsigned long long)lock_ns);
	return 0;
}
