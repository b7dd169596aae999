// SPDX-License-Identifier: Apache-2.0
/* idle [SECONDS]: sleeps in f_sleep. */
#include "target.h"

static NOINLINE void f_sleep(uint64_t end)
{
	struct timespec t = { .tv_sec = end / 1000000000, .tv_nsec = end % 1000000000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL))
		;
}

int main(int argc, char **argv)
{
	f_sleep(target_begin(argc, argv));
	printf("cpu %llu\n", (unsigned long long)target_clock(CLOCK_PROCESS_CPUTIME_ID));
	return 0;
}
