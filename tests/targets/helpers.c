// SPDX-License-Identifier: Apache-2.0
/*
 * helpers [SECONDS]: threads that glibc makes for itself and that have nothing to do: one of its timers
 * (SIGEV_THREAD), one of asynchronous input, woken twice a second because it ends after one. The main
 * thread sleeps in f_sleep.
 */
#include <aio.h>
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "target.h"

static void expired(union sigval value)
{
	(void)value;
}

static NOINLINE void f_sleep(void)
{
	struct timespec t = { .tv_nsec = 500 * MS };

	nanosleep(&t, NULL);
}

/* One byte of a file, by the helper. */
static int read_byte(FILE *f)
{
	static char byte;
	struct aiocb cb = { .aio_fildes = fileno(f), .aio_buf = &byte, .aio_nbytes = 1 };
	const struct aiocb *list[] = { &cb };

	if (aio_read(&cb))
		return -1;
	while (aio_error(&cb) == EINPROGRESS)
		aio_suspend(list, 1, NULL);
	return (int)aio_return(&cb);
}

int main(int argc, char **argv)
{
	struct sigevent event = { .sigev_notify = SIGEV_THREAD, .sigev_notify_function = expired };
	FILE *f = tmpfile();
	timer_t timer;
	uint64_t end;
	int turns = 0;

	if (!f || timer_create(CLOCK_MONOTONIC, &event, &timer))
		return 1;
	end = target_begin(argc, argv);
	for (; !target_over(end); turns++) {
		if (read_byte(f) < 0)
			return 1;
		f_sleep();
	}
	printf("turns %d\n", turns);
	return 0;
}
