// SPDX-License-Identifier: Apache-2.0
#include "process/state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"

enum {
	RESYNC_MIN_NS = 1000000000, /* a storm that overruns the rings again and again */
};

struct processes *processes_new(const struct processes_options *o, struct err *e)
{
	struct processes *ps = calloc(1, sizeof(*ps));

	if (!ps || incarnations_init(&ps->incarnations) || files_init(&ps->files)) {
		processes_free(ps);
		err_set(e, -ENOMEM, "no memory for the table of processes");
		errno = ENOMEM;
		return NULL;
	}
	remotes_init(&ps->remotes);
	ps->options = *o;
	ps->follow_from = proc_now();
	return ps;
}

void processes_on_busy(struct processes *ps, struct busy busy)
{
	ps->remotes.busy = busy;
}

void processes_free(struct processes *ps)
{
	if (!ps)
		return;
	sideband_close(ps->sideband);
	queue_release(&ps->queue);
	if (ps->incarnations.buckets)
		incarnations_release(&ps->incarnations);
	if (ps->files.buckets)
		files_release(&ps->files);
	remotes_release(&ps->remotes);
	free(ps->wants.items);
	free(ps->doubtful.items);
	free(ps->gone.items);
	free(ps);
}

void processes_want(struct processes *ps, uint32_t pid)
{
	struct incarnation *inc = incarnations_alive(&ps->incarnations, pid);

	if (inc)
		inc->wanted = true;
	else
		pid_list_add(&ps->wants, pid);
}

static void apply(void *arg, const struct event *ev)
{
	processes_apply(arg, ev);
}

/*
 * Reads the rings and applies what is older than the reading; the rest waits, since a ring that was
 * read early may miss what came before a record of a ring that was read late. A record that is still
 * being written (on a CPU that was interrupted) may come late all the same, but nothing that depends
 * on it can be in a ring yet: whoever writes it has not gone on.
 */
static void read_sideband(struct processes *ps)
{
	uint64_t horizon = proc_now(), lost;

	sideband_read(ps->sideband, &ps->queue);
	queue_drain(&ps->queue, horizon, apply, ps);
	lost = ps->queue.lost - ps->queue_lost;
	if (lost) {
		ps->queue_lost = ps->queue.lost;
		ps->counters.sideband_lost += lost;
		ps->resync_due = true;
	}
}

static int resync(struct processes *ps)
{
	int err;

	ps->resynced_at = proc_now();
	ps->counters.resyncs++;
	err = processes_scan(ps);
	ps->resync_due = false;
	return err;
}

void processes_look(struct processes *ps)
{
	processes_scan_wants(ps);
}

int processes_start(struct processes *ps, struct err *e)
{
	int err = 0;

	ps->sideband = sideband_open(&err, e);
	if (!ps->sideband)
		return err;
	ps->live = true;
	if (ps->options.all)
		err = processes_scan(ps);
	processes_scan_wants(ps);
	if (err)
		return err_set(e, err, "cannot read the processes of '/proc': %s", strerror(-err));
	return 0;
}

int processes_poll(struct processes *ps)
{
	if (!ps->sideband)
		return 0;
	processes_scan_wants(ps);
	read_sideband(ps);
	processes_settle(ps);
	if (ps->resync_due && proc_now() - ps->resynced_at >= RESYNC_MIN_NS)
		return resync(ps);
	return 0;
}

void processes_stop(struct processes *ps)
{
	if (!ps->sideband)
		return;
	processes_scan_wants(ps);
	read_sideband(ps);
	queue_drain(&ps->queue, UINT64_MAX, apply, ps);
	processes_settle(ps);
	if (ps->resync_due)
		resync(ps);
	sideband_close(ps->sideband);
	ps->sideband = NULL;
	ps->live = false;
}

static struct program *find(struct processes *ps, uint32_t pid, uint64_t start, uint32_t exec_id)
{
	struct incarnation *inc = incarnations_find(&ps->incarnations, pid, start);
	struct program *p = inc ? incarnation_program(inc, exec_id) : NULL;

	if (!p)
		return NULL;
	if (!inc->start)
		incarnation_set_start(inc, start);
	p->found = inc->found = true;
	processes_report(ps, inc);
	return p;
}

const struct image *processes_find(struct processes *ps, uint32_t pid, uint64_t start,
                                   uint32_t exec_id)
{
	struct program *p = find(ps, pid, start, exec_id);

	/* What happened before the caller's sample is in the rings by now. */
	if (!p && ps->sideband) {
		processes_scan_wants(ps);
		read_sideband(ps);
		p = find(ps, pid, start, exec_id);
	}
	if (!p)
		ps->counters.unknown++;
	return p ? &p->image : NULL;
}

struct wanted_walk {
	void (*each)(void *arg, const struct image *im);
	void *arg;
};

static void show_wanted(void *arg, struct incarnation *inc)
{
	const struct wanted_walk *w = arg;

	if (inc->wanted && !inc->exit_at && inc->last)
		w->each(w->arg, &inc->last->image);
}

void processes_each_wanted(struct processes *ps, void (*each)(void *arg, const struct image *im),
                           void *arg)
{
	struct wanted_walk w = { each, arg };

	incarnations_each(&ps->incarnations, show_wanted, &w);
}

/* Asks /proc and remembers the answer. */
static const char *read_thread_comm(struct incarnation *inc, uint32_t tid)
{
	char path[40], comm[64];
	struct proc_stat st;
	int dir = incarnation_proc(inc, &st);
	long n;

	if (dir < 0)
		return NULL;
	snprintf(path, sizeof(path), "task/%u/comm", tid);
	n = proc_read(dir, path, comm, sizeof(comm));
	close(dir);
	if (n < 1)
		return NULL;
	incarnation_set_name(inc, tid, comm, (size_t)n - 1);
	return incarnation_name(inc, tid);
}

const char *processes_thread_comm(struct processes *ps, uint32_t pid, uint32_t tid, uint64_t start)
{
	struct incarnation *inc = incarnations_find(&ps->incarnations, pid, start);
	const char *name;

	if (!inc)
		return NULL;
	name = incarnation_name(inc, tid);
	if (!name && tid != pid && ps->live)
		name = read_thread_comm(inc, tid);
	if (!name && inc->last && inc->last->comm[0])
		name = inc->last->comm;
	return name;
}

void processes_exited(struct processes *ps, void (*gone)(void *arg, uint32_t pid), void *arg)
{
	struct pid_list list = ps->gone;
	size_t i;

	memset(&ps->gone, 0, sizeof(ps->gone));
	for (i = 0; i < list.cnt; i++)
		gone(arg, list.items[i]);
	free(list.items);
}

void processes_trim(struct processes *ps, uint64_t before, bool even_found)
{
	incarnations_trim(&ps->incarnations, before, even_found);
}

const struct process_counters *processes_counters(const struct processes *ps)
{
	return &ps->counters;
}
