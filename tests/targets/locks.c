// SPDX-License-Identifier: Apache-2.0
/*
 * locks WAY [SECONDS [MS]]: threads that hold up each other, in one of these ways:
 *   mutex, pi, shared (by processes, if there were several)
 *                  f_long, f_short and f_none take a lock in turns, and hold it for MS (3), MS / 3 and no time;
 *                  f_long is the first
 *   many           the same by eight threads more in f_none
 *   rwlock         f_write holds it for MS, four threads read in f_read
 *   timed          f_keep has the lock all the time, f_timed gives up after MS; nobody is ever let in
 *   condvar, sem   f_signal lets f_wait go on every MS
 *   spin           as mutex, by a lock that is spun for
 * Prints for each function, by the program's own clock, how many releases it made that somebody waited for, and
 * for how long all who waited had done so since the release before: NAME COUNT NANOSECONDS. And as "waited",
 * how long all have waited; and as "had NAME COUNT" how often that thread had the lock when another one came.
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "target.h"

#define THREADS_MAX 16

struct thread {
	void (*run)(struct thread *t);
	const char *name;
	_Atomic uint64_t since; /* waits since then, 0 = does not */
	uint64_t cnt, charged, waited;
	atomic_int had;  /* how often it had the lock when another one came */
	atomic_bool led; /* has had the lock */
};

static struct thread threads[THREADS_MAX];
static int thread_cnt;
static atomic_int over;
static long hold_ns;
static uint64_t released; /* the last release; under the lock */
static struct thread *_Atomic owner;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_spinlock_t spin;
static sem_t semaphore;

static void nap(long ns)
{
	struct timespec t = { ns / 1000000000, ns % 1000000000 };

	nanosleep(&t, NULL);
}

static void begin(struct thread *t)
{
	struct thread *who = owner;

	if (who)
		who->had++;
	t->since = target_clock(CLOCK_MONOTONIC);
}

static void end(struct thread *t)
{
	t->waited += target_clock(CLOCK_MONOTONIC) - t->since;
	t->since = 0;
}

/* About to release what the others wait for. */
static void charge(struct thread *t)
{
	uint64_t now = target_clock(CLOCK_MONOTONIC), sum = 0, since;
	int i;

	for (i = 0; i < thread_cnt; i++) {
		since = threads[i].since;
		if (since)
			sum += now - (since > released ? since : released);
	}
	released = now;
	owner = NULL;
	t->cnt += sum > 0;
	t->charged += sum;
}

/* A function for each, so that each has its stack. */
#define TAKES(name, hold, lock, unlock)      \
	NOINLINE void name(struct thread *t) \
	{                                    \
		begin(t);                    \
		lock;                        \
		end(t);                      \
		t->led = true;               \
		owner = t;                   \
		if (hold)                    \
			nap(hold);           \
		charge(t);                   \
		unlock;                      \
		__asm__ volatile("");        \
		nap(100000);                 \
	}

TAKES(f_long, hold_ns, pthread_mutex_lock(&mutex), pthread_mutex_unlock(&mutex))
TAKES(f_short, hold_ns / 3, pthread_mutex_lock(&mutex), pthread_mutex_unlock(&mutex))
TAKES(f_none, 0, pthread_mutex_lock(&mutex), pthread_mutex_unlock(&mutex))
TAKES(f_spin, 100000, pthread_spin_lock(&spin), pthread_spin_unlock(&spin))
TAKES(f_write, hold_ns, pthread_rwlock_wrlock(&rwlock), pthread_rwlock_unlock(&rwlock))

NOINLINE void f_read(struct thread *t)
{
	begin(t);
	pthread_rwlock_rdlock(&rwlock);
	end(t);
	pthread_rwlock_unlock(&rwlock);
	nap(100000);
}

static bool anybody_waits(void)
{
	int i;

	for (i = 0; i < thread_cnt; i++)
		if (threads[i].since)
			return true;
	return false;
}

NOINLINE void f_keep(struct thread *t)
{
	pthread_mutex_lock(&mutex);
	while (!over || anybody_waits())
		nap(hold_ns);
	pthread_mutex_unlock(&mutex);
	__asm__ volatile("" : : "r"(t));
}

NOINLINE void f_timed(struct thread *t)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += hold_ns;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	begin(t);
	if (!pthread_mutex_timedlock(&mutex, &until))
		pthread_mutex_unlock(&mutex);
	end(t);
}

NOINLINE void f_signal(struct thread *t)
{
	nap(hold_ns);
	pthread_cond_signal(&cond);
	__asm__ volatile("" : : "r"(t));
}

NOINLINE void f_wait(struct thread *t)
{
	begin(t);
	pthread_mutex_lock(&mutex);
	if (!over)
		pthread_cond_wait(&cond, &mutex);
	pthread_mutex_unlock(&mutex);
	end(t);
}

NOINLINE void f_post(struct thread *t)
{
	nap(hold_ns);
	sem_post(&semaphore);
	__asm__ volatile("" : : "r"(t));
}

NOINLINE void f_take(struct thread *t)
{
	begin(t);
	sem_wait(&semaphore);
	end(t);
}

static const struct way {
	const char *name;
	void (*runs[4])(struct thread *t);
	const char *names[4];
	int more; /* of the last one */
} ways[] = {
	{ "mutex", { f_long, f_short, f_none }, { "f_long", "f_short", "f_none" }, 0 },
	{ "pi", { f_long, f_short, f_none }, { "f_long", "f_short", "f_none" }, 0 },
	{ "shared", { f_long, f_short, f_none }, { "f_long", "f_short", "f_none" }, 0 },
	{ "many", { f_long, f_short, f_none }, { "f_long", "f_short", "f_none" }, 8 },
	{ "rwlock", { f_write, f_read }, { "f_write", "f_read" }, 3 },
	{ "timed", { f_keep, f_timed }, { "f_keep", "f_timed" }, 0 },
	{ "condvar", { f_signal, f_wait }, { "f_signal", "f_wait" }, 0 },
	{ "sem", { f_post, f_take }, { "f_post", "f_take" }, 0 },
	{ "spin", { f_spin }, { "f_spin" }, 1 },
};

static void *run(void *arg)
{
	struct thread *t = arg;

	pthread_setname_np(pthread_self(), t->name);
	while (!over)
		t->run(t);
	/* For those that still wait. */
	pthread_cond_broadcast(&cond);
	sem_post(&semaphore);
	return NULL;
}

static void add(const struct way *w, int i)
{
	threads[thread_cnt].run = w->runs[i];
	threads[thread_cnt++].name = w->names[i];
}

static void report(const struct way *w)
{
	uint64_t cnt, charged, waited = 0;
	int i, t, had;

	for (i = 0; i < 4 && w->runs[i]; i++) {
		for (t = 0, cnt = 0, charged = 0, had = 0; t < thread_cnt; t++)
			if (threads[t].run == w->runs[i]) {
				cnt += threads[t].cnt;
				had += threads[t].had;
				charged += threads[t].charged;
				waited += threads[t].waited;
			}
		printf("had %s %d\n", w->names[i], had);
		printf("%s %llu %llu\n", w->names[i], (unsigned long long)cnt,
		       (unsigned long long)charged);
	}
	printf("waited 1 %llu\n", (unsigned long long)waited);
}

int main(int argc, char **argv)
{
	double seconds = argc > 2 ? atof(argv[2]) : 3;
	pthread_t ids[THREADS_MAX];
	const struct way *w = ways;
	pthread_mutexattr_t attr;
	int i, last;

	hold_ns = target_arg(argc, argv, 3, 3) * (long)MS;
	while (argc > 1 && w < ways + sizeof(ways) / sizeof(*ways) - 1 &&
	       strcmp(w->name, argv[1]) != 0)
		w++;
	pthread_mutexattr_init(&attr);
	if (!strcmp(w->name, "pi"))
		pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT);
	if (!strcmp(w->name, "shared"))
		pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(&mutex, &attr);
	pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
	sem_init(&semaphore, 0, 0);
	for (last = 0; last < 4 && w->runs[last]; last++)
		add(w, last);
	for (i = 0, last--; i < w->more; i++)
		add(w, last);
	for (i = 0; i < thread_cnt; i++) {
		pthread_create(&ids[i], NULL, run, &threads[i]);
		while (w->runs[0] == f_long && !threads[0].led)
			nap(100000);
	}
	target_ready();
	nap((long)(seconds * 1e9));
	over = 1;
	for (i = 0; i < thread_cnt; i++)
		pthread_join(ids[i], NULL);
	report(w);
	return 0;
}
