// SPDX-License-Identifier: Apache-2.0
/*
 * shortlived [SECONDS [MS]]: starts one new program after another that burns MS (default 1) ms of CPU
 * time in f_short. Prints how many there were and their CPU time.
 */
#include <spawn.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "target.h"

extern char **environ;

static NOINLINE void f_short(uint64_t ms)
{
	SPIN(ms * MS);
}

int main(int argc, char **argv)
{
	char ms[16], name[] = "shortling", child[] = "child",
		     *child_argv[] = { name, child, ms, NULL };
	int cnt = 0, failed = 0, status;
	struct rusage usage;
	uint64_t end;
	pid_t pid;

	if (argc > 2 && !strcmp(argv[1], "child")) {
		f_short(target_arg(argc, argv, 2, 1));
		return 0;
	}
	snprintf(ms, sizeof(ms), "%ld", target_arg(argc, argv, 2, 1));
	end = target_begin(argc, argv);
	for (; !target_over(end); cnt++)
		if (posix_spawn(&pid, "/proc/self/exe", NULL, NULL, child_argv, environ) ||
		    waitpid(pid, &status, 0) < 0 || status)
			failed++;
	getrusage(RUSAGE_CHILDREN, &usage);
	printf("children %d failed %d cpu %llu\n", cnt, failed,
	       (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000ull +
	               (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000ull);
	return failed != 0;
}
