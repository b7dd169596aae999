// SPDX-License-Identifier: Apache-2.0
/* sigburn [SECONDS [STATUS]]: burns CPU time in f_burn until SIGTERM or SIGINT comes or the time is
 * over, says which, and ends with STATUS (default 0). */
#include <signal.h>

#include "target.h"

static volatile sig_atomic_t got;

static void on_signal(int number)
{
	got = number;
}

static NOINLINE void f_burn(uint64_t end)
{
	while (!got && !target_over(end))
		SPIN(1 * MS);
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	f_burn(target_begin(argc, argv));
	printf("signal %d\n", (int)got);
	return target_arg(argc, argv, 2, 0);
}
