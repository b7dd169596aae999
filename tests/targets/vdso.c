// SPDX-License-Identifier: Apache-2.0
/* vdso [SECONDS]: asks for the time in f_clock, which is answered in the vdso. */
#include "target.h"

static NOINLINE uint64_t f_clock(uint64_t end)
{
	uint64_t calls = 0;

	for (; !target_over(end); calls++)
		;
	return calls;
}

int main(int argc, char **argv)
{
	printf("calls %llu\n", (unsigned long long)f_clock(target_begin(argc, argv)));
	return 0;
}
