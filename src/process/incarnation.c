// SPDX-License-Identifier: Apache-2.0
#include "process/incarnation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"

enum {
	INCARNATION_BUCKETS = 1024,
	INCARNATION_NAMES = 65536, /* most thread names kept of one process */
};

int incarnations_init(struct incarnations *is)
{
	is->cnt = 0;
	is->bucket_cnt = INCARNATION_BUCKETS;
	is->buckets = calloc(is->bucket_cnt, sizeof(*is->buckets));
	return is->buckets ? 0 : -ENOMEM;
}

static void incarnation_free(struct incarnation *inc)
{
	struct program *p, *older;

	for (p = inc->last; p; p = older) {
		older = p->older;
		program_free(p);
	}
	free(inc->names);
	free(inc);
}

void incarnations_release(struct incarnations *is)
{
	struct incarnation *inc, *next;
	size_t i;

	for (i = 0; i < is->bucket_cnt; i++) {
		for (inc = is->buckets[i]; inc; inc = next) {
			next = inc->next;
			incarnation_free(inc);
		}
	}
	free(is->buckets);
	memset(is, 0, sizeof(*is));
}

/* Pids are given out one after the other: their low bits spread them evenly. */
static struct incarnation **bucket_of(const struct incarnations *is, uint32_t pid)
{
	return &is->buckets[pid & (is->bucket_cnt - 1)];
}

struct incarnation *incarnations_newest(const struct incarnations *is, uint32_t pid)
{
	struct incarnation *inc = *bucket_of(is, pid);

	while (inc && inc->pid != pid)
		inc = inc->next;
	return inc;
}

struct incarnation *incarnations_alive(const struct incarnations *is, uint32_t pid)
{
	struct incarnation *inc = incarnations_newest(is, pid);

	return inc && !inc->exit_at ? inc : NULL;
}

struct incarnation *incarnations_find(const struct incarnations *is, uint32_t pid, uint64_t start)
{
	struct incarnation *inc, *best = NULL;

	for (inc = *bucket_of(is, pid); inc; inc = inc->next) {
		if (inc->pid != pid)
			continue;
		if (inc->start == start)
			return inc;
		if (!inc->start && inc->known_at >= start && inc->after < start &&
		    inc->known_at - start <= FORK_LAG_NS)
			best = inc; /* the chain goes back in time: the last is the closest */
	}
	return best;
}

/* A bucket's chain is split in two without changing the order, which tells old from new. */
static void incarnations_grow(struct incarnations *is)
{
	size_t cnt = is->bucket_cnt, i;
	struct incarnation **buckets = calloc(cnt * 2, sizeof(*buckets)), **tails[2], *inc, *next;

	if (!buckets)
		return;
	for (i = 0; i < cnt; i++) {
		tails[0] = &buckets[i];
		tails[1] = &buckets[i + cnt];
		for (inc = is->buckets[i]; inc; inc = next) {
			bool upper = inc->pid & cnt;

			next = inc->next;
			inc->next = NULL;
			*tails[upper] = inc;
			tails[upper] = &inc->next;
		}
	}
	free(is->buckets);
	is->buckets = buckets;
	is->bucket_cnt = cnt * 2;
}

struct incarnation *incarnations_add(struct incarnations *is, uint32_t pid, uint64_t known_at,
                                     const struct incarnation *parent)
{
	struct incarnation *old = incarnations_newest(is, pid), *inc = calloc(1, sizeof(*inc));
	struct incarnation **bucket;

	if (!inc)
		return NULL;
	inc->last = parent && parent->last ? program_fork(parent->last, pid, known_at)
	                                   : program_new(pid, 0, known_at);
	if (!inc->last) {
		free(inc);
		return NULL;
	}
	if (old) {
		/* An exit that was missed is only known to lie before now. */
		incarnation_close(old, known_at);
		inc->after = old->exit_at < known_at ? old->exit_at : old->known_at;
	}
	inc->pid = pid;
	inc->known_at = known_at;
	inc->threads = 1;
	inc->exec_state = parent ? parent->exec_state : EXEC_UNKNOWN;
	inc->ppid = parent ? parent->pid : 0;
	inc->wanted = parent && parent->wanted;
	if (++is->cnt > is->bucket_cnt)
		incarnations_grow(is);
	bucket = bucket_of(is, pid);
	inc->next = *bucket;
	*bucket = inc;
	return inc;
}

void incarnations_each(struct incarnations *is, void (*each)(void *arg, struct incarnation *inc),
                       void *arg)
{
	struct incarnation *inc;
	size_t i;

	for (i = 0; i < is->bucket_cnt; i++)
		for (inc = is->buckets[i]; inc; inc = inc->next)
			each(arg, inc);
}

/* True when nothing of it is left. */
static bool incarnation_trim(struct incarnation *inc, uint64_t before, bool even_found)
{
	struct program **at = &inc->last, *p;

	while ((p = *at)) {
		if (!p->ended_at || p->ended_at >= before || (p->found && !even_found)) {
			at = &p->older;
			continue;
		}
		*at = p->older;
		program_free(p);
	}
	return !inc->last;
}

void incarnations_trim(struct incarnations *is, uint64_t before, bool even_found)
{
	struct incarnation **at, *inc;
	size_t i;

	for (i = 0; i < is->bucket_cnt; i++) {
		for (at = &is->buckets[i]; (inc = *at);) {
			if (!incarnation_trim(inc, before, even_found)) {
				at = &inc->next;
				continue;
			}
			*at = inc->next;
			incarnation_free(inc);
			is->cnt--;
		}
	}
}

void incarnation_close(struct incarnation *inc, uint64_t at)
{
	if (inc->exit_at)
		return;
	inc->exit_at = at;
	inc->threads = 0;
	if (inc->last && !inc->last->ended_at)
		inc->last->ended_at = at;
}

void incarnation_set_start(struct incarnation *inc, uint64_t start)
{
	struct program *p;

	inc->start = start;
	for (p = inc->last; p; p = p->older)
		p->image.start = start;
}

bool incarnation_exec(struct incarnation *inc, uint64_t at)
{
	uint64_t start = inc->start ? inc->start : inc->known_at;
	struct program *p = program_new(inc->pid, inc->last->image.exec_id + 1, start);

	if (!p)
		return false;
	inc->last->ended_at = at;
	memcpy(p->comm, inc->last->comm, sizeof(p->comm));
	p->older = inc->last;
	inc->last = p;
	return true;
}

void incarnation_set_exec_id(struct incarnation *inc, uint32_t exec_id, enum exec_state state)
{
	uint32_t shift = exec_id - inc->last->image.exec_id;
	struct program *p;

	for (p = inc->last; p; p = p->older)
		p->image.exec_id += shift;
	inc->exec_state = (uint8_t)state;
}

struct program *incarnation_program(struct incarnation *inc, uint32_t exec_id)
{
	struct program *p = inc->last;

	if (!p)
		return NULL;
	/* A look-up of a program newer than the guess shows that the guess was an older one. */
	if (inc->exec_state == EXEC_UNKNOWN ||
	    (inc->exec_state == EXEC_GUESSED && (int32_t)(exec_id - p->image.exec_id) > 0))
		incarnation_set_exec_id(inc, exec_id, EXEC_GUESSED);
	while (p && p->image.exec_id != exec_id)
		p = p->older;
	return p;
}

/* Where the thread is among the names, or where it belongs. */
static size_t name_place(const struct incarnation *inc, uint32_t tid)
{
	size_t low = 0, high = inc->name_cnt, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (inc->names[mid].tid >= tid)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

const char *incarnation_name(const struct incarnation *inc, uint32_t tid)
{
	size_t i = name_place(inc, tid);

	return i < inc->name_cnt && inc->names[i].tid == tid ? inc->names[i].comm : NULL;
}

void incarnation_set_name(struct incarnation *inc, uint32_t tid, const char *comm, size_t len)
{
	size_t i = name_place(inc, tid);
	bool have = i < inc->name_cnt && inc->names[i].tid == tid;
	struct thread_name *names, *at;

	if (!comm) {
		if (have)
			memmove(&inc->names[i], &inc->names[i + 1],
			        (--inc->name_cnt - i) * sizeof(*at));
		return;
	}
	if (!have && inc->name_cnt >= INCARNATION_NAMES)
		return;
	names = array_reserve(inc->names, &inc->name_cap, inc->name_cnt + 1, sizeof(*names));
	if (!names)
		return;
	inc->names = names;
	at = &names[i];
	if (!have)
		memmove(at + 1, at, (inc->name_cnt++ - i) * sizeof(*at));
	memset(at, 0, sizeof(*at));
	at->tid = tid;
	len = strnlen(comm, len);
	memcpy(at->comm, comm, len < sizeof(at->comm) ? len : sizeof(at->comm) - 1);
}

int incarnation_proc(const struct incarnation *inc, struct proc_stat *st)
{
	uint64_t latest = inc->start ? inc->start : inc->known_at;
	uint64_t slack = inc->start ? proc_tick_ns() : FORK_LAG_NS;
	int dir, err;

	if (inc->exit_at)
		return -ESRCH;
	dir = proc_open(inc->pid);
	if (dir < 0)
		return dir == -ENOENT ? -ESRCH : dir;
	err = proc_stat_read(dir, st);
	if (!err && (st->start > latest || latest - st->start > slack))
		err = -ESRCH;
	if (err) {
		close(dir);
		return err;
	}
	return dir;
}
