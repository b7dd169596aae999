// SPDX-License-Identifier: Apache-2.0
/* clone_vm [SECONDS]: a child process that shares the parent's memory for good (CLONE_VM without
 * CLONE_THREAD) burns CPU time in f_child, the parent in f_parent. */
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

#include "target.h"

static char stack[1 << 16] __attribute__((aligned(16)));
static uint64_t end;

static NOINLINE void f_parent(void)
{
	do
		SPIN(5 * MS);
	while (!target_over(end));
}

static NOINLINE void f_child(void)
{
	do
		SPIN(5 * MS);
	while (!target_over(end));
}

static int child_main(void *arg)
{
	(void)arg;
	f_child();
	return 0;
}

int main(int argc, char **argv)
{
	int status = 0;
	pid_t pid;

	end = target_begin(argc, argv);
	pid = clone(child_main, stack + sizeof(stack), CLONE_VM | SIGCHLD, NULL);
	if (pid < 0)
		return 1;
	f_parent();
	if (waitpid(pid, &status, 0) < 0)
		return 1;
	printf("child %d status %d\n", (int)pid, status);
	return status != 0;
}
