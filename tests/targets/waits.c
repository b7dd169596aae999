// SPDX-License-Identifier: Apache-2.0
/*
 * waits SECONDS: one thread for each way to wait. Each adds up by its own clock how long its calls took,
 * and the sums are printed at the end: NAME COUNT NANOSECONDS.
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "target.h"

static volatile int over;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int pipe_ends[2], sockets[2], file;

static void nap(long ns)
{
	struct timespec t = { 0, ns };

	nanosleep(&t, NULL);
}

NOINLINE void f_sleep(void)
{
	nap(3 * MS);
	__asm__ volatile("");
}

NOINLINE void f_short(void)
{
	nap(50000);
	__asm__ volatile("");
}

NOINLINE void f_lock(void)
{
	pthread_mutex_lock(&lock);
	__asm__ volatile("");
	pthread_mutex_unlock(&lock);
}

NOINLINE void f_pipe(void)
{
	char c;

	if (read(pipe_ends[0], &c, 1) != 1)
		over = 1;
	__asm__ volatile("");
}

NOINLINE void f_socket(void)
{
	char c;

	if (read(sockets[0], &c, 1) != 1)
		over = 1;
	__asm__ volatile("");
}

NOINLINE void f_poll(void)
{
	poll(NULL, 0, 4);
	__asm__ volatile("");
}

NOINLINE void f_child(void)
{
	pid_t pid = vfork();

	if (!pid) {
		nap(4 * MS);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	__asm__ volatile("");
}

NOINLINE void f_disk(void)
{
	char block[4096] = { 1 };

	if (pwrite(file, block, sizeof(block), 0) < 0 || fsync(file))
		over = 1;
	__asm__ volatile("");
}

/* Holds the lock most of the time, and lets the pipe's and the socket's readers go. */
static void *hog(void *unused)
{
	while (!over) {
		pthread_mutex_lock(&lock);
		nap(3 * MS);
		pthread_mutex_unlock(&lock);
		if (write(pipe_ends[1], "x", 1) != 1 || write(sockets[1], "x", 1) != 1)
			over = 1;
		nap(1 * MS);
	}
	return unused;
}

struct way {
	const char *name;
	void (*call)(void);
	uint64_t cnt, ns;
};

static struct way ways[] = {
	{ .name = "f_sleep", .call = f_sleep },   { .name = "f_short", .call = f_short },
	{ .name = "f_lock", .call = f_lock },     { .name = "f_pipe", .call = f_pipe },
	{ .name = "f_socket", .call = f_socket }, { .name = "f_poll", .call = f_poll },
	{ .name = "f_child", .call = f_child },   { .name = "f_disk", .call = f_disk },
};
#define WAYS (sizeof(ways) / sizeof(*ways))

static void *run(void *arg)
{
	struct way *w = arg;
	uint64_t from;

	while (!over) {
		from = target_clock(CLOCK_MONOTONIC);
		w->call();
		w->ns += target_clock(CLOCK_MONOTONIC) - from;
		w->cnt++;
	}
	return NULL;
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 3;
	char name[] = "waits.XXXXXX";
	pthread_t threads[WAYS + 1];
	struct timespec t = { (time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9) };
	size_t i;

	file = mkstemp(name);
	if (file < 0 || unlink(name) || pipe(pipe_ends) ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, sockets)) {
		perror("waits");
		return 1;
	}
	for (i = 0; i < WAYS; i++)
		pthread_create(&threads[i], NULL, run, &ways[i]);
	pthread_create(&threads[i], NULL, hog, NULL);
	printf("ready %d\n", getpid());
	fflush(stdout);
	nanosleep(&t, NULL);
	over = 1;
	pthread_join(threads[WAYS], NULL);
	/* Those that the hog let go are let go by us now. */
	if (write(pipe_ends[1], "x", 1) != 1 || write(sockets[1], "x", 1) != 1)
		return 1;
	for (i = 0; i < WAYS; i++)
		pthread_join(threads[i], NULL);
	for (i = 0; i < WAYS; i++)
		printf("%s %llu %llu\n", ways[i].name, (unsigned long long)ways[i].cnt,
		       (unsigned long long)ways[i].ns);
	return 0;
}
