// SPDX-License-Identifier: Apache-2.0
/*
 * wakers SECONDS CASE: one thread that waits over and over, and the one that ends each wait, in functions
 * of their own names. Prints how long the waits took by its own clock: NAME COUNT NANOSECONDS.
 *
 *   pipe    (also without a CASE) f_reader in a child, let go by f_writer here every 2 ms
 *   cond    f_waiter, let go by f_signaller
 *   mutex   f_locker, let go by f_holder, which holds it 2 ms
 *   timer   f_sleeper, by no thread
 *   signal  f_paused in a child, let go by f_killer here
 *   child   f_parent, let go by f_exits in its child
 */
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "target.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static volatile int over, turn;
static int to_child[2], to_parent[2];
static pid_t child;

static void nap(long ns)
{
	struct timespec t = { 0, ns };

	nanosleep(&t, NULL);
}

NOINLINE void f_reader(void)
{
	char c;

	if (read(to_child[0], &c, 1) != 1)
		over = 1;
	__asm__ volatile("");
}

NOINLINE void f_writer(void)
{
	nap(2 * MS);
	if (write(to_child[1], "x", 1) != 1)
		over = 1;
	__asm__ volatile("");
}

NOINLINE void f_waiter(void)
{
	pthread_mutex_lock(&lock);
	while (!turn)
		pthread_cond_wait(&cond, &lock);
	turn = 0;
	pthread_mutex_unlock(&lock);
	__asm__ volatile("");
}

NOINLINE void f_signaller(void)
{
	nap(2 * MS);
	pthread_mutex_lock(&lock);
	turn = 1;
	pthread_mutex_unlock(&lock);
	pthread_cond_signal(&cond);
	__asm__ volatile("");
}

NOINLINE void f_locker(void)
{
	pthread_mutex_lock(&lock);
	pthread_mutex_unlock(&lock);
	nap(MS / 2); /* the holder has it again by then */
	__asm__ volatile("");
}

NOINLINE void f_holder(void)
{
	pthread_mutex_lock(&lock);
	nap(2 * MS);
	pthread_mutex_unlock(&lock);
	__asm__ volatile("");
}

NOINLINE void f_sleeper(void)
{
	nap(2 * MS);
	__asm__ volatile("");
}

static void on_signal(int nr)
{
	turn = nr;
}

/* The signal is blocked but for the wait, and each is answered, so that none is lost. */
NOINLINE void f_paused(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigsuspend(&none);
	if (write(to_parent[1], "x", 1) != 1)
		over = 1;
	__asm__ volatile("");
}

NOINLINE void f_killer(void)
{
	char c;

	nap(2 * MS);
	kill(child, SIGUSR1);
	if (read(to_parent[0], &c, 1) != 1)
		over = 1;
	__asm__ volatile("");
}

NOINLINE void f_exits(void)
{
	nap(2 * MS);
	_exit(0);
}

NOINLINE void f_parent(void)
{
	waitpid(child, NULL, 0);
	__asm__ volatile("");
}

struct role {
	const char *name;
	void (*call)(void);
	uint64_t cnt, ns;
};

static void *run(void *arg)
{
	struct role *r = arg;
	uint64_t from;

	while (!over) {
		from = target_clock(CLOCK_MONOTONIC);
		r->call();
		r->ns += target_clock(CLOCK_MONOTONIC) - from;
		r->cnt++;
	}
	return NULL;
}

static void print(const struct role *r)
{
	printf("%s %llu %llu\n", r->name, (unsigned long long)r->cnt, (unsigned long long)r->ns);
	fflush(stdout);
}

static void wait_until(double seconds)
{
	struct timespec t = { (time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9) };

	nanosleep(&t, NULL);
	over = 1;
}

/* Both here; 'last' lets a waiter go that nobody else does any more. */
static void in_threads(struct role *waiter, struct role *waker, void (*last)(void), double seconds)
{
	pthread_t threads[2];

	pthread_create(&threads[0], NULL, run, waiter);
	if (waker)
		pthread_create(&threads[1], NULL, run, waker);
	wait_until(seconds);
	if (waker)
		pthread_join(threads[1], NULL);
	if (last)
		last();
	pthread_join(threads[0], NULL);
	print(waiter);
}

static void on_term(int nr)
{
	over = nr;
}

/* The waiter in a child, which ends when a signal has come and its last wait is over. */
static void in_child(struct role *waiter, struct role *waker, double seconds)
{
	pthread_t thread;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	signal(SIGUSR1, on_signal);
	sigprocmask(SIG_BLOCK, &set, NULL);
	child = fork();
	if (!child) {
		signal(SIGTERM, on_term);
		run(waiter);
		print(waiter);
		_exit(0);
	}
	pthread_create(&thread, NULL, run, waker);
	wait_until(seconds);
	pthread_join(thread, NULL);
	kill(child, SIGTERM);
	kill(child, SIGUSR1);
	if (write(to_child[1], "x", 1) != 1)
		exit(1);
	waitpid(child, NULL, 0);
}

static void parent_and_children(struct role *waiter, double seconds)
{
	uint64_t end = target_clock(CLOCK_MONOTONIC) + (uint64_t)(seconds * 1e9), from;

	while (target_clock(CLOCK_MONOTONIC) < end) {
		child = fork();
		if (!child)
			f_exits();
		from = target_clock(CLOCK_MONOTONIC);
		f_parent();
		waiter->ns += target_clock(CLOCK_MONOTONIC) - from;
		waiter->cnt++;
	}
	print(waiter);
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 2;
	const char *what = argc > 2 ? argv[2] : "pipe";
	struct role writer = { "f_writer", f_writer, 0, 0 },
		    reader = { "f_reader", f_reader, 0, 0 };
	struct role signaller = { "f_signaller", f_signaller, 0, 0 };
	struct role waiter = { "f_waiter", f_waiter, 0, 0 };
	struct role holder = { "f_holder", f_holder, 0, 0 },
		    locker = { "f_locker", f_locker, 0, 0 };
	struct role sleeper = { "f_sleeper", f_sleeper, 0, 0 };
	struct role killer = { "f_killer", f_killer, 0, 0 },
		    paused = { "f_paused", f_paused, 0, 0 };
	struct role parent = { "f_parent", f_parent, 0, 0 };

	if (pipe(to_child) || pipe(to_parent))
		return 1;
	printf("ready\n");
	fflush(stdout);
	if (!strcmp(what, "pipe"))
		in_child(&reader, &writer, seconds);
	else if (!strcmp(what, "signal"))
		in_child(&paused, &killer, seconds);
	else if (!strcmp(what, "cond"))
		in_threads(&waiter, &signaller, f_signaller, seconds);
	else if (!strcmp(what, "mutex"))
		in_threads(&locker, &holder, NULL, seconds);
	else if (!strcmp(what, "timer"))
		in_threads(&sleeper, NULL, NULL, seconds);
	else if (!strcmp(what, "child"))
		parent_and_children(&parent, seconds);
	else
		return 2;
	return 0;
}
