// SPDX-License-Identifier: Apache-2.0
/* deep [SECONDS [DEPTH]]: f_deep calls itself until DEPTH (default 100) of its frames are on the stack,
 * then f_bottom burns CPU time. */
#include "target.h"

static NOINLINE int f_bottom(uint64_t end)
{
	do
		SPIN(5 * MS);
	while (!target_over(end));
	return 1;
}

static NOINLINE int f_deep(long depth, uint64_t end)
{
	int below = depth > 1 ? f_deep(depth - 1, end) : f_bottom(end);

	__asm__ volatile("" : "+r"(below)); /* not a tail call */
	return below + 1;
}

int main(int argc, char **argv)
{
	int depth = f_deep(target_arg(argc, argv, 2, 100), target_begin(argc, argv));

	printf("depth %d\n", depth - 1);
	return 0;
}
