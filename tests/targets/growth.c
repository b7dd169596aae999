// SPDX-License-Identifier: Apache-2.0
// cflags: -O1 -fno-inline -fno-optimize-sibling-calls
/*
 * growth [ROUNDS [SECONDS]]: known functions bring in known numbers of pages, each in its own way, in turns;
 * then it says "NAME BYTES" of each and lives for SECONDS more. With SECONDS it begins at a SIGUSR1.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define KIB  1024l
#define HUGE (2048 * KIB)

static long page;

static void *map(size_t bytes, int flags, int fd, off_t at)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, fd, at);

	if (p == MAP_FAILED)
		abort();
	return p;
}

/* Memory that never gets huge pages. */
static char *small_pages(size_t bytes)
{
	char *p = map(bytes, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	madvise(p, bytes, MADV_NOHUGEPAGE);
	return p;
}

/* One access a page, in the function that it stands in. */
#define WRITE(p, bytes)                                               \
	do {                                                          \
		volatile char *write_p = (p);                         \
		long write_i;                                         \
		for (write_i = 0; write_i < (bytes); write_i += page) \
			write_p[write_i] = 1;                         \
	} while (0)

void f_small(long bytes)
{
	char *p = small_pages((size_t)bytes);

	WRITE(p, bytes);
}

/* Only whole huge pages are. */
void f_huge(long bytes)
{
	char *p = map((size_t)(bytes + HUGE), MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	p += (HUGE - (long)((unsigned long)p % HUGE)) % HUGE;
	madvise(p, (size_t)bytes, MADV_HUGEPAGE);
	WRITE(p, bytes);
}

/* The kernel itself brings these in, at once; no huge page, which would reach beyond them. */
void f_populate(long bytes)
{
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	map((size_t)bytes, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0);
}

/* And these, while it copies. */
void f_read(int fd, long bytes)
{
	char *p = small_pages((size_t)bytes);

	if (pread(fd, p, (size_t)bytes, 0) != bytes)
		abort();
}

void f_file(int fd, long at, long bytes)
{
	volatile char *p = map((size_t)bytes, MAP_PRIVATE, fd, at);
	long i;

	for (i = 0; i < bytes; i += page)
		(void)p[i];
}

void f_copy(int fd, long at, long bytes)
{
	char *p = map((size_t)bytes, MAP_PRIVATE, fd, at);

	WRITE(p, bytes);
}

void f_shared(long bytes)
{
	char *p = map((size_t)bytes, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	WRITE(p, bytes);
}

void f_brk(long bytes)
{
	char *p = sbrk(bytes);

	if (p == (void *)-1)
		abort();
	WRITE(p, bytes);
}

static long thread_bytes;

void *f_thread(void *arg)
{
	char *p = small_pages((size_t)thread_bytes);

	WRITE(p, thread_bytes);
	return arg;
}

static void threads(long bytes)
{
	pthread_t t[2];
	int i;

	thread_bytes = bytes / 2;
	for (i = 0; i < 2; i++)
		if (pthread_create(&t[i], NULL, f_thread, NULL))
			abort();
	for (i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
}

/* What it had from its parent is resident: copies of it are no growth. */
void f_copied(char *p, long bytes)
{
	WRITE(p, bytes);
}

void f_had(char *p, long bytes)
{
	WRITE(p, bytes);
}

void f_child(long bytes)
{
	char *p = small_pages((size_t)bytes);

	WRITE(p, bytes);
}

static void child(char *had, long bytes)
{
	pid_t pid = fork();

	if (!pid) {
		f_copied(had, bytes);
		f_child(bytes);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static void write_file(int fd, long bytes)
{
	char block[4096];
	long i;

	memset(block, 7, sizeof(block));
	for (i = 0; i < bytes; i += (long)sizeof(block))
		if (write(fd, block, sizeof(block)) != sizeof(block))
			abort();
}

static sigset_t begin;

static void block_signal(void)
{
	sigemptyset(&begin);
	sigaddset(&begin, SIGUSR1);
	sigprocmask(SIG_BLOCK, &begin, NULL);
}

static void await_signal(void)
{
	int nr;

	sigwait(&begin, &nr);
}

int main(int argc, char **argv)
{
	long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 16,
	     seconds = argc > 2 ? strtol(argv[2], NULL, 10) : 0, file = 512 * KIB, i;
	FILE *f = tmpfile();
	int fd = f ? fileno(f) : -1;
	char *had;

	setvbuf(stdout, NULL, _IOLBF, 256);
	page = sysconf(_SC_PAGESIZE);
	if (fd < 0)
		return 2;
	write_file(fd, rounds * file);
	had = small_pages((size_t)(2048 * KIB));
	f_had(had, 2048 * KIB);
	if (seconds)
		block_signal();
	printf("ready\n");
	if (seconds)
		await_signal();
	for (i = 0; i < rounds; i++) {
		f_small(2048 * KIB);
		f_huge(2 * HUGE);
		f_populate(1024 * KIB);
		f_read(fd, file);
		f_file(fd, i * file, file);
		f_copy(fd, i * file, file);
		f_shared(512 * KIB);
		f_brk(768 * KIB);
		threads(1024 * KIB);
		if (i % 4 == 0)
			child(had, 2048 * KIB);
	}
	printf("f_small %ld\nf_huge %ld\nf_populate %ld\nf_read %ld\nf_file %ld\nf_copy %ld\n"
	       "f_shared %ld\nf_brk %ld\nf_thread %ld\nf_child %ld\ndone\n",
	       rounds * 2048 * KIB, rounds * 2 * HUGE, rounds * 1024 * KIB, rounds * file,
	       rounds * file, rounds * file, rounds * 512 * KIB, rounds * 768 * KIB,
	       rounds * 1024 * KIB, (rounds + 3) / 4 * 2048 * KIB);
	if (seconds)
		sleep((unsigned int)seconds);
	return 0;
}
