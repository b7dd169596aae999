// SPDX-License-Identifier: Apache-2.0
/* leaderless [SECONDS]: the first thread ends, and another one sleeps in f_sleep. */
#include <pthread.h>

#include "target.h"

static uint64_t end;

static NOINLINE void f_sleep(void)
{
	struct timespec t = { .tv_sec = end / 1000000000, .tv_nsec = end % 1000000000 };

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
	__asm__ volatile("");
}

static void *run(void *unused)
{
	f_sleep();
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	end = target_begin(argc, argv);
	if (pthread_create(&thread, NULL, run, NULL))
		return 1;
	pthread_exit(NULL);
}
