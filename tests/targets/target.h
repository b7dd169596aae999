/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What target programs have in common. Each runs for argv[1] seconds (default 5), so that nothing is
 * left behind; says "ready PID" once it is up; and prints what it measured of itself before it ends.
 */
#ifndef EBPROF_TESTS_TARGET_H
#define EBPROF_TESTS_TARGET_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline, noclone))
#define MS       1000000ull

static inline uint64_t target_clock(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/* A system call in the very function: libc's have no frame of their own, and a walk by frame pointers
 * that begins in one leaves out its caller. */
static inline __attribute__((always_inline)) long target_syscall(long number, long a, long b,
                                                                 long c)
{
#ifdef __x86_64__
	long result;

	__asm__ volatile("syscall"
	                 : "=a"(result)
	                 : "a"(number), "D"(a), "S"(b), "d"(c)
	                 : "rcx", "r11", "memory");
	return result;
#else
	return syscall(number, a, b, c);
#endif
}

/* CPU time of this thread, ns. */
static inline __attribute__((always_inline)) uint64_t target_cpu_ns(void)
{
	struct timespec t = { 0, 0 };

	target_syscall(SYS_clock_gettime, CLOCK_THREAD_CPUTIME_ID, (long)&t, 0);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/* Burns CPU time of this thread in the function that it stands in: a macro, so that no inlined
 * function takes the share. The clock is a system call, so it is asked about every 30 µs only. */
#define SPIN(ns)                                                                 \
	do {                                                                     \
		uint64_t spin_end = target_cpu_ns() + (ns);                      \
		while (target_cpu_ns() < spin_end)                               \
			for (int spin_i = 0; spin_i < 40000; spin_i++)           \
				__asm__ volatile("" : : "r"(spin_i) : "memory"); \
	} while (0)

static inline double target_seconds(int argc, char **argv)
{
	return argc > 1 ? strtod(argv[1], NULL) : 5;
}

static inline long target_arg(int argc, char **argv, int i, long otherwise)
{
	return argc > i ? strtol(argv[i], NULL, 10) : otherwise;
}

static inline void target_ready(void)
{
	printf("ready %d\n", (int)getpid());
	fflush(stdout);
}

/* The monotonic time at which to end. */
static inline uint64_t target_begin(int argc, char **argv)
{
	uint64_t end = target_clock(CLOCK_MONOTONIC);

	end += (uint64_t)(target_seconds(argc, argv) * 1e9);
	target_ready();
	return end;
}

static inline int target_over(uint64_t end)
{
	return target_clock(CLOCK_MONOTONIC) >= end;
}

/* One line "NAME SHARE% CPU-NS", read by tests. */
static inline void target_report(const char *name, uint64_t ns, uint64_t total)
{
	printf("%s %.2f %llu\n", name, total ? 100.0 * ns / total : 0, (unsigned long long)ns);
}

#endif
