// SPDX-License-Identifier: Apache-2.0
/* sleepers [SECONDS [THREADS]]: so many threads (100) beside the first that sleep in f_sleep, as it does. */
#include <pthread.h>

#include "target.h"

static pthread_barrier_t all;
static uint64_t end;

static NOINLINE void f_sleep(void)
{
	struct timespec t = { .tv_sec = end / 1000000000, .tv_nsec = end % 1000000000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL))
		;
	__asm__ volatile("");
}

static void *run(void *unused)
{
	pthread_barrier_wait(&all);
	f_sleep();
	return unused;
}

int main(int argc, char **argv)
{
	long cnt = target_arg(argc, argv, 2, 100), i;
	pthread_attr_t small;
	pthread_t thread;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 32768);
	pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED);
	pthread_barrier_init(&all, NULL, (unsigned int)cnt + 1);
	end = target_clock(CLOCK_MONOTONIC) + (uint64_t)(target_seconds(argc, argv) * 1e9);
	for (i = 0; i < cnt; i++)
		if (pthread_create(&thread, &small, run, NULL)) {
			perror("sleepers");
			return 1;
		}
	pthread_barrier_wait(&all);
	target_ready();
	f_sleep();
	return 0;
}
