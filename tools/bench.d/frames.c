// SPDX-License-Identifier: Apache-2.0
// cflags: -O2 -fomit-frame-pointer -fno-ipa-icf
/*
 * frames SECONDS [LINKS [LEVELS]]: burns CPU time without a system call and without frame pointers,
 * below LINKS (30, the most) distinct functions and LEVELS (5) times through the C library's qsort(),
 * whose frames recur. Says "ready FRAMES" when it is there: how many backtrace(3) counts.
 */
#include <execinfo.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define NOINLINE   __attribute__((noinline, noclone))
#define FRAMES_MAX 256
#define LINKS_MAX  30

static volatile sig_atomic_t over;
static long levels = 5;

static void on_alarm(int nr)
{
	over = 1;
}

static NOINLINE int f_burn(void)
{
	void *frames[FRAMES_MAX];
	int n;

	printf("ready %d\n", backtrace(frames, FRAMES_MAX));
	fflush(stdout);
	while (!over)
		for (n = 0; n < 4000; n++)
			__asm__ volatile("" : : "r"(n) : "memory");
	return n;
}

/* Its caller is the C library, so that its own frames lie between those of qsort(). */
static NOINLINE int f_compare(const void *a, const void *b)
{
	long pair[2] = { 2, 1 };

	if (over)
		return 0;
	if (levels-- > 0)
		qsort(pair, 2, sizeof(pair[0]), f_compare);
	else
		f_burn();
	return pair[0] < pair[1];
}

/* Each keeps another number of values over its call, so that their frames differ. */
#define LINK(n, next)                                                                   \
	static NOINLINE long f_link_##n(long a, long b, long c, long d)                 \
	{                                                                               \
		volatile char room[16 * ((n) % 5) + 8];                                 \
		long below;                                                             \
                                                                                        \
		room[0] = (char)a;                                                      \
		below = next(a + (n), b ^ a, c - b, d);                                 \
		return below + a * b + ((n) % 3 ? c : 0) + ((n) % 4 ? d : 0) + room[0]; \
	}

static NOINLINE long f_bottom(long a, long b, long c, long d)
{
	long pair[2] = { 2, 1 };

	qsort(pair, 2, sizeof(pair[0]), f_compare);
	return a * pair[0] + b + c + d;
}

/* clang-format off */
LINK(30, f_bottom) LINK(29, f_link_30) LINK(28, f_link_29) LINK(27, f_link_28) LINK(26, f_link_27)
LINK(25, f_link_26) LINK(24, f_link_25) LINK(23, f_link_24) LINK(22, f_link_23) LINK(21, f_link_22)
LINK(20, f_link_21) LINK(19, f_link_20) LINK(18, f_link_19) LINK(17, f_link_18) LINK(16, f_link_17)
LINK(15, f_link_16) LINK(14, f_link_15) LINK(13, f_link_14) LINK(12, f_link_13) LINK(11, f_link_12)
LINK(10, f_link_11) LINK(9, f_link_10) LINK(8, f_link_9) LINK(7, f_link_8) LINK(6, f_link_7)
LINK(5, f_link_6) LINK(4, f_link_5) LINK(3, f_link_4) LINK(2, f_link_3) LINK(1, f_link_2)

static long (*const links[LINKS_MAX + 1])(long a, long b, long c, long d) = {
	f_bottom, f_link_30, f_link_29, f_link_28, f_link_27, f_link_26, f_link_25, f_link_24, f_link_23,
	f_link_22, f_link_21, f_link_20, f_link_19, f_link_18, f_link_17, f_link_16, f_link_15, f_link_14,
	f_link_13, f_link_12, f_link_11, f_link_10, f_link_9, f_link_8, f_link_7, f_link_6, f_link_5,
	f_link_4, f_link_3, f_link_2, f_link_1,
};
/* clang-format on */

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? strtod(argv[1], NULL) : 0;
	long cnt = argc > 2 ? strtol(argv[2], NULL, 10) : LINKS_MAX;

	levels = argc > 3 ? strtol(argv[3], NULL, 10) : levels;
	if (seconds < 1 || cnt < 0 || cnt > LINKS_MAX || levels < 0) {
		fprintf(stderr, "usage: frames SECONDS [LINKS [LEVELS]]\n");
		return 2;
	}
	signal(SIGALRM, on_alarm);
	alarm((unsigned int)seconds);
	return links[cnt](cnt, levels, argc, levels + cnt) == 42;
}
