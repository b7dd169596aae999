// SPDX-License-Identifier: Apache-2.0
/* shares [SECONDS]: f_a burns 50 %, f_b 30 %, f_c 20 % of one thread's CPU time, in user mode. */
#include "target.h"

static uint64_t spent[3];

static NOINLINE void f_a(void)
{
	SPIN(5 * MS);
}

static NOINLINE void f_b(void)
{
	SPIN(3 * MS);
}

static NOINLINE void f_c(void)
{
	SPIN(2 * MS);
}

static NOINLINE void timed(void (*f)(void), uint64_t *ns)
{
	uint64_t begin = target_clock(CLOCK_THREAD_CPUTIME_ID);

	f();
	*ns += target_clock(CLOCK_THREAD_CPUTIME_ID) - begin;
}

int main(int argc, char **argv)
{
	uint64_t end = target_begin(argc, argv), total;

	while (!target_over(end)) {
		timed(f_a, &spent[0]);
		timed(f_b, &spent[1]);
		timed(f_c, &spent[2]);
	}
	total = spent[0] + spent[1] + spent[2];
	target_report("f_a", spent[0], total);
	target_report("f_b", spent[1], total);
	target_report("f_c", spent[2], total);
	target_report("total", target_clock(CLOCK_PROCESS_CPUTIME_ID), 0);
	return 0;
}
