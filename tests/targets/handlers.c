// SPDX-License-Identifier: Apache-2.0
// cflags: -O2 -fomit-frame-pointer
/*
 * handlers [SECONDS]: main calls f_outer, that f_work, which calls into the C library. Timers interrupt
 * it wherever it is: SIGALRM burns 3 ms in f_handler on the same stack, SIGPROF in f_alternate on one
 * of its own. Either may interrupt the other. Prints how often each came.
 */
#include <signal.h>
#include <string.h>
#include <sys/time.h>

#include "target.h"

static char stack[1 << 16] __attribute__((aligned(16)));
static volatile sig_atomic_t handled, alternated;

static NOINLINE void f_handler(int number)
{
	(void)number;
	handled++;
	SPIN(3 * MS);
	__asm__ volatile("");
}

static NOINLINE void f_alternate(int number)
{
	(void)number;
	alternated++;
	SPIN(3 * MS);
	__asm__ volatile("");
}

static NOINLINE size_t f_work(char *text, uint64_t end)
{
	size_t sum = 0;
	int i;

	while (!target_over(end))
		for (i = 1; i < 1000; i++) {
			memset(text, 'x', i);
			text[i] = 0;
			sum += strlen(text);
		}
	return sum;
}

static NOINLINE size_t f_outer(uint64_t end)
{
	char text[1024];
	size_t sum = f_work(text, end);

	__asm__ volatile("" : "+r"(sum)); /* not a tail call */
	return sum;
}

static void every(int which, int us)
{
	struct itimerval t = { { 0, us }, { 0, us } };

	if (setitimer(which, &t, NULL))
		exit(1);
}

int main(int argc, char **argv)
{
	struct sigaction same = { .sa_handler = f_handler, .sa_flags = SA_RESTART };
	struct sigaction other = { .sa_handler = f_alternate, .sa_flags = SA_RESTART | SA_ONSTACK };
	stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };
	uint64_t end = target_begin(argc, argv);
	size_t sum;

	if (sigaltstack(&alternate, NULL) || sigaction(SIGALRM, &same, NULL) ||
	    sigaction(SIGPROF, &other, NULL))
		return 1;
	every(ITIMER_REAL, 7000);
	every(ITIMER_PROF, 11000);
	sum = f_outer(end);
	every(ITIMER_REAL, 0);
	every(ITIMER_PROF, 0);
	printf("handled %d alternated %d sum %zu\n", (int)handled, (int)alternated, sum);
	return 0;
}
