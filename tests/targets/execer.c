// SPDX-License-Identifier: Apache-2.0
/* execer [SECONDS]: burns half of the time in f_before, executes itself under the name "execed", burns
 * the other half in f_after. The process stays the same. */
#include <string.h>

#include "target.h"

static NOINLINE void f_before(uint64_t end)
{
	do
		SPIN(5 * MS);
	while (!target_over(end));
}

static NOINLINE void f_after(uint64_t end)
{
	do
		SPIN(5 * MS);
	while (!target_over(end));
}

int main(int argc, char **argv)
{
	char half[32];
	uint64_t before, end;

	if (argc > 2 && !strcmp(argv[2], "after")) {
		end = target_clock(CLOCK_MONOTONIC) + (uint64_t)(strtod(argv[1], NULL) * 1e9);
		f_after(end);
		printf("after %llu\n", (unsigned long long)target_clock(CLOCK_PROCESS_CPUTIME_ID));
		return 0;
	}
	snprintf(half, sizeof(half), "%f", target_seconds(argc, argv) / 2);
	end = target_begin(argc, argv);
	before = target_clock(CLOCK_MONOTONIC);
	f_before(before + (end - before) / 2);
	printf("before %llu\n", (unsigned long long)target_clock(CLOCK_PROCESS_CPUTIME_ID));
	fflush(stdout);
	execl("/proc/self/exe", "execed", half, "after", NULL);
	return 1;
}
