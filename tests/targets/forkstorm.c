// SPDX-License-Identifier: Apache-2.0
/*
 * forkstorm [SECONDS]: forks one child after another; each burns 5 ms of CPU time in f_child and ends.
 * Every fourth executes this program again as "stormling" and burns its 5 ms in f_exec instead.
 */
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "target.h"

static NOINLINE void f_child(void)
{
	SPIN(5 * MS);
}

static NOINLINE void f_exec(void)
{
	SPIN(5 * MS);
}

static NOINLINE void child_main(int number)
{
	if (number % 4 == 3) {
		execl("/proc/self/exe", "stormling", "exec", NULL);
		_exit(1);
	}
	f_child();
	_exit(0);
}

int main(int argc, char **argv)
{
	uint64_t end;
	int number = 0, status, failed = 0;
	struct rusage usage;
	pid_t pid;

	if (argc > 1 && !strcmp(argv[1], "exec")) {
		f_exec();
		return 0;
	}
	end = target_begin(argc, argv);
	for (; !target_over(end); number++) {
		pid = fork();
		if (pid == 0)
			child_main(number);
		if (pid < 0 || waitpid(pid, &status, 0) < 0 || status)
			failed++;
	}
	getrusage(RUSAGE_CHILDREN, &usage);
	printf("children %d failed %d cpu %llu\n", number, failed,
	       (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000ull +
	               (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000ull);
	return failed != 0;
}
