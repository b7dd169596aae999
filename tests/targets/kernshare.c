// SPDX-License-Identifier: Apache-2.0
/*
 * kernshare [SECONDS [KERNEL-PERCENT]]: burns that percentage (default 40) of its CPU time in the
 * kernel, reading /dev/zero in f_kern, and the rest in f_user. Prints both, and what rusage says.
 */
#include <fcntl.h>
#include <sys/resource.h>

#include "target.h"

static char buffer[1 << 20];

static NOINLINE void f_user(uint64_t ns)
{
	SPIN(ns);
}

static NOINLINE void f_kern(int fd, uint64_t ns)
{
	uint64_t end = target_cpu_ns() + ns;

	while (target_cpu_ns() < end)
		if (target_syscall(SYS_read, fd, (long)buffer, sizeof(buffer)) < 0)
			exit(1);
}

static unsigned long long timeval_ns(struct timeval t)
{
	return t.tv_sec * 1000000000ull + t.tv_usec * 1000ull;
}

int main(int argc, char **argv)
{
	uint64_t kern = target_arg(argc, argv, 2, 40) * MS / 10, user = 10 * MS - kern;
	uint64_t spent[2] = { 0 }, a, b, c, end;
	int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	struct rusage usage;

	if (fd < 0)
		return 1;
	end = target_begin(argc, argv);
	while (!target_over(end)) {
		a = target_clock(CLOCK_THREAD_CPUTIME_ID);
		f_user(user);
		b = target_clock(CLOCK_THREAD_CPUTIME_ID);
		f_kern(fd, kern);
		c = target_clock(CLOCK_THREAD_CPUTIME_ID);
		spent[0] += b - a;
		spent[1] += c - b;
	}
	getrusage(RUSAGE_SELF, &usage);
	target_report("f_user", spent[0], spent[0] + spent[1]);
	target_report("f_kern", spent[1], spent[0] + spent[1]);
	printf("rusage user %llu system %llu\n", timeval_ns(usage.ru_utime),
	       timeval_ns(usage.ru_stime));
	return 0;
}
