// SPDX-License-Identifier: Apache-2.0
/*
 * What each record of the sideband does to what is known. A record not later than a process's
 * reading of /proc says nothing new about its mappings or threads: the reading saw the result.
 */
#include "process/state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"

bool pid_list_add(struct pid_list *l, uint32_t pid)
{
	uint32_t *items = array_reserve(l->items, &l->cap, l->cnt + 1, sizeof(*items));

	if (!items)
		return false;
	l->items = items;
	items[l->cnt++] = pid;
	return true;
}

void processes_report(struct processes *ps, struct incarnation *inc)
{
	if (inc->exit_at && !inc->reported && (inc->wanted || inc->found))
		inc->reported = pid_list_add(&ps->gone, inc->pid);
}

void processes_close(struct processes *ps, struct incarnation *inc, uint64_t at)
{
	incarnation_close(inc, at);
	processes_report(ps, inc);
}

/* A new process, forked by 'parent' (may be NULL); the one that had its pid is closed. */
static struct incarnation *add(struct processes *ps, uint32_t pid, uint64_t known_at,
                               const struct incarnation *parent)
{
	struct incarnation *old = incarnations_alive(&ps->incarnations, pid);

	if (old)
		processes_close(ps, old, known_at);
	return incarnations_add(&ps->incarnations, pid, known_at, parent);
}

/* The process of a record; one that nobody reported is taken up when all are remembered. */
static struct incarnation *of_record(struct processes *ps, const struct event *ev)
{
	struct incarnation *inc = incarnations_alive(&ps->incarnations, ev->pid);

	if (inc || !ps->options.all)
		return inc;
	/* Its last words, read late. */
	inc = incarnations_newest(&ps->incarnations, ev->pid);
	if (inc && inc->exit_at >= ev->time)
		return inc;
	inc = add(ps, ev->pid, ev->time, NULL);
	if (!inc)
		return NULL;
	inc->inexact = true;
	if (ps->live)
		processes_scan_one(ps, inc);
	return inc;
}

static void apply_thread(struct incarnation *inc, const struct event *ev)
{
	const char *name;

	if (!inc || ev->time <= inc->scanned_at)
		return;
	inc->threads++;
	if (!inc->name_cnt)
		return;
	name = incarnation_name(inc, ev->ptid);
	incarnation_set_name(inc, ev->tid, name, PROC_COMM_LEN);
}

static void apply_fork(struct processes *ps, const struct event *ev)
{
	struct incarnation *parent = incarnations_newest(&ps->incarnations, ev->ppid);
	struct incarnation *old = incarnations_alive(&ps->incarnations, ev->pid), *inc;
	const char *name;

	if (ev->pid == ev->ppid) {
		apply_thread(old, ev);
		return;
	}
	if (old && ev->time <= old->scanned_at) {
		old->ppid = ev->ppid;
		old->wanted |= parent && parent->wanted;
		return;
	}
	if (!ps->options.all && !(parent && parent->wanted)) {
		if (old)
			processes_close(ps, old, ev->time);
		return;
	}
	inc = add(ps, ev->pid, ev->time, parent);
	if (!inc)
		return;
	inc->ppid = ev->ppid;
	name = parent ? incarnation_name(parent, ev->ptid) : NULL;
	if (name)
		program_set_comm(inc->last, name, PROC_COMM_LEN);
	if (!parent && ps->live)
		processes_scan_one(ps, inc);
}

/*
 * exec_id grows with each exec (linux: fs/exec.c begin_new_exec(), behind the COMM record). Of a
 * process that was scanned, the count was read between two times and the mappings at a third one.
 */
static void apply_exec(struct incarnation *inc, const struct event *ev)
{
	if (ev->time <= inc->scanned_at) {
		if (ev->time > inc->identified_to)
			incarnation_set_exec_id(inc, inc->last->image.exec_id + 1, inc->exec_state);
		else if (ev->time > inc->identified_from)
			inc->exec_state = EXEC_UNKNOWN;
		if (ev->time > inc->identified_from)
			program_set_comm(inc->last, ev->text, ev->text_len);
		return;
	}
	if (!incarnation_exec(inc, ev->time))
		return;
	program_set_comm(inc->last, ev->text, ev->text_len);
	inc->threads = 1;
	inc->inexact = false;
	inc->leader_gone = false;
}

/* Names of a scanned process were read with its exec_id. */
static void apply_comm(struct incarnation *inc, const struct event *ev)
{
	bool same = !strncmp(inc->last->comm, ev->text, ev->text_len) &&
	            !inc->last->comm[ev->text_len < PROC_COMM_LEN ? ev->text_len : 0];

	if (inc->scanned_at && ev->time <= inc->identified_from)
		return;
	if (ev->tid == ev->pid)
		program_set_comm(inc->last, ev->text, ev->text_len);
	else
		incarnation_set_name(inc, ev->tid, same ? NULL : ev->text, ev->text_len);
}

static void apply_map(struct processes *ps, struct incarnation *inc, const struct event *ev)
{
	struct file_name name = {
		.id = ev->id, .path = ev->text, .path_len = ev->text_len, .end = ev->end
	};
	struct mapping m = { .start = ev->start, .end = ev->end, .offset = ev->offset };
	int err;

	if (files_ignored(ev->text, ev->text_len))
		return;
	m.file = files_get(&ps->files, &name);
	if (!m.file || ev->time <= inc->scanned_at)
		return;
	if (m.file->kind != FILE_REGULAR)
		m.offset = 0;
	err = program_map(inc->last, &m, true);
	if (err)
		ps->counters.mappings_dropped++;
}

static void apply_build_id(struct incarnation *inc, const struct event *ev)
{
	const struct mapping *m = image_mapping(&inc->last->image, ev->start);
	size_t i;

	if (!m || m->file->kind != FILE_REGULAR || m->file->build_id[0] ||
	    m->start - m->offset != ev->start - ev->offset)
		return;
	if (strncmp(m->file->path, ev->text, strlen(m->file->path)))
		return;
	for (i = 0; i < ev->build_id_sz; i++)
		snprintf(m->file->build_id + 2 * i, 3, "%02x", ev->build_id[i]);
}

static void doubt(struct processes *ps, struct incarnation *inc)
{
	if (!inc->doubtful)
		inc->doubtful = pid_list_add(&ps->doubtful, inc->pid);
}

static void apply_exit(struct processes *ps, const struct event *ev)
{
	struct incarnation *inc = incarnations_alive(&ps->incarnations, ev->pid);

	if (!inc || ev->time <= inc->scanned_at)
		return;
	inc->thread_exit_at = ev->time;
	if (inc->threads)
		inc->threads--;
	inc->leader_gone |= ev->tid == ev->pid;
	if (!inc->threads && !inc->inexact)
		processes_close(ps, inc, ev->time);
	else if (inc->inexact && (!inc->threads || inc->leader_gone))
		doubt(ps, inc);
}

static void apply_lost(struct processes *ps, const struct event *ev)
{
	ps->counters.sideband_lost += ev->lost;
	ps->resync_due = true;
}

void processes_apply(struct processes *ps, const struct event *ev)
{
	struct incarnation *inc;

	switch (ev->type) {
	case EVENT_FORK:
		apply_fork(ps, ev);
		return;
	case EVENT_EXIT:
		apply_exit(ps, ev);
		return;
	case EVENT_LOST:
		apply_lost(ps, ev);
		return;
	default:
		break;
	}
	inc = of_record(ps, ev);
	if (!inc || !inc->last)
		return;
	if (ev->type == EVENT_MAP)
		apply_map(ps, inc, ev);
	else if (ev->type == EVENT_BUILD_ID)
		apply_build_id(inc, ev);
	else if (ev->type == EVENT_EXEC)
		apply_exec(inc, ev);
	else
		apply_comm(inc, ev);
}

/* True when it is settled: dead, or found to live with a leader. */
static bool settle(struct processes *ps, uint32_t pid)
{
	struct incarnation *inc = incarnations_alive(&ps->incarnations, pid);
	struct proc_stat st;
	int dir;

	if (!inc || !inc->doubtful)
		return true;
	dir = incarnation_proc(inc, &st);
	if (dir >= 0)
		close(dir);
	if (dir == -ESRCH || (dir >= 0 && proc_stat_dead(&st))) {
		inc->doubtful = false;
		processes_close(ps, inc, inc->thread_exit_at);
		return true;
	}
	if (dir < 0)
		return false;
	inc->threads = st.threads;
	inc->doubtful = inc->leader_gone || st.state == 'Z';
	return !inc->doubtful;
}

void processes_settle(struct processes *ps)
{
	size_t i, kept = 0;

	for (i = 0; i < ps->doubtful.cnt; i++)
		if (!settle(ps, ps->doubtful.items[i]))
			ps->doubtful.items[kept++] = ps->doubtful.items[i];
	ps->doubtful.cnt = kept;
}
