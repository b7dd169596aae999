// SPDX-License-Identifier: Apache-2.0
/* vforker [SECONDS]: by turns burns 5 ms in f_parent and, in a vfork child that lives in the parent's
 * memory, 5 ms in f_child. */
#include <sys/wait.h>

#include "target.h"

static NOINLINE void f_parent(void)
{
	SPIN(5 * MS);
}

static NOINLINE void f_child(void)
{
	SPIN(5 * MS);
}

int main(int argc, char **argv)
{
	uint64_t end = target_begin(argc, argv);
	int children = 0;
	pid_t pid;

	for (; !target_over(end); children++) {
		f_parent();
		pid = vfork();
		if (pid == 0) {
			f_child();
			_exit(0);
		}
		if (pid < 0 || waitpid(pid, NULL, 0) < 0)
			return 1;
	}
	printf("children %d\n", children);
	return 0;
}
