// SPDX-License-Identifier: Apache-2.0
/*
 * burn SECONDS [THREADS [FRAMES]]: each thread burns CPU time in user mode, without a system call, with
 * FRAMES (4, the least) frames on its stack, which every walker sees to its end. Thread i stays on the
 * i-th CPU it may use when there are several. Says "ready", and at its very end "cpu NS": the CPU time
 * of the whole process by the kernel's clock.
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define NOINLINE    __attribute__((noinline, noclone))
#define THREADS_MAX 1024
#define FRAMES_MIN  4 /* f_burn, one f_deep, f_top and root_call */

static volatile sig_atomic_t over;
static long frames = FRAMES_MIN;

static void on_alarm(int nr)
{
	over = 1;
}

static NOINLINE int f_burn(void)
{
	int n = 0;

	/* A leaf gets a frame of its own only when it asks for it. */
	__asm__ volatile("" : : "r"(__builtin_frame_address(0)));
	while (!over)
		for (n = 0; n < 4000; n++)
			__asm__ volatile("" : : "r"(n) : "memory");
	return n;
}

static NOINLINE int f_deep(long left)
{
	int below = left > 1 ? f_deep(left - 1) : f_burn();

	__asm__ volatile("" : "+r"(below)); /* not a tail call */
	return below + 1;
}

/*
 * Calls f; a root for walkers by frame pointer (the register is 0) and by unwind tables (there is no
 * return address) alike. What the C library has below main() is one for neither.
 */
int root_call(int (*f)(void));
/* clang-format off */
__asm__(".text\n.type root_call, %function\nroot_call:\n.cfi_startproc\n"
#if defined(__x86_64__)
	".cfi_undefined rip\n"
	"push %rbp\n"
	"xor %ebp, %ebp\n"
	"call *%rdi\n"
	"pop %rbp\n"
#elif defined(__aarch64__)
	".cfi_undefined x30\n"
	"stp x29, x30, [sp, -16]!\n"
	"mov x29, 0\n"
	"blr x0\n"
	"ldp x29, x30, [sp], 16\n"
#endif
	"ret\n.cfi_endproc\n.size root_call, .-root_call\n");
/* clang-format on */

static NOINLINE int f_top(void)
{
	return f_deep(frames - FRAMES_MIN + 1) + 1;
}

static void *thread_main(void *arg)
{
	return (void *)(long)root_call(f_top);
}

/* The i-th of the CPUs that this process may use. */
static void pin(pthread_attr_t *attr, long i)
{
	cpu_set_t may, one;
	int cpu;

	CPU_ZERO(&one);
	sched_getaffinity(0, sizeof(may), &may);
	i %= CPU_COUNT(&may);
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &may) && !i--)
			CPU_SET(cpu, &one);
	pthread_attr_setaffinity_np(attr, sizeof(one), &one);
}

static int run_threads(long cnt)
{
	pthread_t threads[THREADS_MAX];
	pthread_attr_t attr;
	long i;

	for (i = 0; i < cnt; i++) {
		pthread_attr_init(&attr);
		pin(&attr, i);
		if (pthread_create(&threads[i], &attr, thread_main, NULL))
			return 1;
		pthread_attr_destroy(&attr);
	}
	for (i = 0; i < cnt; i++)
		pthread_join(threads[i], NULL);
	return 0;
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? strtod(argv[1], NULL) : 0;
	long cnt = argc > 2 ? strtol(argv[2], NULL, 10) : 1;
	struct itimerspec at = { .it_value = { (time_t)seconds,
		                               (long)((seconds - (time_t)seconds) * 1e9) } };
	struct timespec cpu;
	timer_t timer;

	frames = argc > 3 ? strtol(argv[3], NULL, 10) : FRAMES_MIN;
	if (seconds < 0.001 || cnt < 1 || cnt > THREADS_MAX || frames < FRAMES_MIN) {
		fprintf(stderr, "usage: burn SECONDS [THREADS [FRAMES]]\n");
		return 2;
	}
	signal(SIGALRM, on_alarm);
	if (timer_create(CLOCK_MONOTONIC, NULL, &timer) || timer_settime(timer, 0, &at, NULL))
		return 1;
	puts("ready");
	fflush(stdout);
	if (cnt == 1)
		root_call(f_top);
	else if (run_threads(cnt))
		return 1;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
	printf("cpu %lld\n", cpu.tv_sec * 1000000000ll + cpu.tv_nsec);
	return 0;
}
