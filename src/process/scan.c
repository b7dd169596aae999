// SPDX-License-Identifier: Apache-2.0
/*
 * Reading /proc: everything that is to be remembered at the start and after a loss, single processes
 * in between. Who a process is (start, exec_id, threads) comes from options.identify, which tells
 * it exactly, or else from /proc/PID/stat.
 */
#include "process/state.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "process/procmaps.h"

struct scan {
	struct processes *ps;
	struct task_identity *tasks; /* sorted by tgid, the leader first */
	size_t cnt, cap;
	uint64_t from, to; /* when they were read */
	/* Of the process that is being read: */
	struct program *program;
	size_t exe_len;
	char exe[PATH_MAX];
	char buf[PROCMAPS_BUF];
};

/* A process that is alive now. */
struct seen {
	uint32_t pid, ppid, threads;
	uint64_t start;                    /* exact or 0 */
	uint64_t known_at;                 /* start <= known_at */
	const struct task_identity *tasks; /* NULL = not identified; 'threads' of them */
	char comm[PROC_COMM_LEN];
};

static int add_task(void *arg, const struct task_identity *t)
{
	struct scan *sc = arg;
	struct task_identity *tasks =
		array_reserve(sc->tasks, &sc->cap, sc->cnt + 1, sizeof(*tasks));

	if (!tasks)
		return -ENOMEM;
	sc->tasks = tasks;
	if (t->tgid)
		tasks[sc->cnt++] = *t;
	return 0;
}

static int by_thread(const void *left, const void *right)
{
	const struct task_identity *a = left, *b = right;

	if (a->tgid != b->tgid)
		return a->tgid < b->tgid ? -1 : 1;
	if ((a->tid == a->tgid) != (b->tid == b->tgid))
		return a->tid == a->tgid ? -1 : 1;
	return a->tid < b->tid ? -1 : a->tid > b->tid;
}

/* Without identities cnt stays 0. */
static void identify(struct scan *sc)
{
	const struct processes_options *o = &sc->ps->options;

	sc->from = proc_now();
	if (o->identify && o->identify(o->identify_arg, add_task, sc))
		sc->cnt = 0;
	sc->to = proc_now();
	if (sc->cnt)
		qsort(sc->tasks, sc->cnt, sizeof(*sc->tasks), by_thread);
}

static struct scan *scan_new(struct processes *ps)
{
	struct scan *sc = calloc(1, sizeof(*sc));

	if (!sc)
		return NULL;
	sc->ps = ps;
	ps->files.scan++;
	return sc;
}

static void scan_free(struct scan *sc)
{
	free(sc->tasks);
	free(sc);
}

static struct seen seen_of_tasks(const struct task_identity *t, size_t cnt)
{
	struct seen s = { .pid = t->tgid, .ppid = t->ppid, .threads = (uint32_t)cnt };

	s.start = s.known_at = t->start;
	s.tasks = t;
	memcpy(s.comm, t->comm, sizeof(s.comm) - 1);
	return s;
}

/* False when it is gone or a zombie. */
static bool seen_of_stat(uint32_t pid, struct seen *s)
{
	struct proc_stat st;
	int dir = proc_open(pid), err;

	if (dir < 0)
		return false;
	err = proc_stat_read(dir, &st);
	close(dir);
	if (err || proc_stat_dead(&st))
		return false;
	*s = (struct seen){ .pid = pid, .ppid = st.ppid, .threads = st.threads };
	s->known_at = st.start + proc_tick_ns();
	memcpy(s->comm, st.comm, sizeof(s->comm));
	return true;
}

static bool add_line(void *arg, const struct procmaps_line *l)
{
	struct scan *sc = arg;
	struct file_name name = { .id = { l->major, l->minor, l->inode, 0 },
		                  .path = l->path,
		                  .path_len = l->path_len,
		                  .end = l->end,
		                  .scanned = true };
	struct mapping m = { .start = l->start, .end = l->end, .offset = l->offset };

	if (!l->exec || files_ignored(l->path, l->path_len))
		return true;
	m.file = files_get(&sc->ps->files, &name);
	if (!m.file)
		return false;
	if (m.file->kind != FILE_REGULAR)
		m.offset = 0;
	if (program_map(sc->program, &m, false))
		sc->ps->counters.mappings_dropped++;
	if (sc->exe_len && l->path_len == sc->exe_len && !memcmp(l->path, sc->exe, sc->exe_len)) {
		sc->program->image.program = m.file;
		sc->exe_len = 0;
	}
	return true;
}

/*
 * Reads the mappings, which any thread shows, into a new program; NULL when the process is gone. The link exe is only read,
 * not followed: the file system behind it may not answer.
 */
static struct program *read_program(struct scan *sc, uint32_t pid, uint32_t tid)
{
	char path[40];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/exe", tid);
	n = readlink(path, sc->exe, sizeof(sc->exe));
	sc->exe_len = n > 0 ? (size_t)n : 0;
	snprintf(path, sizeof(path), "/proc/%u/maps", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	sc->program = program_new(pid, 0, 0);
	if (sc->program && procmaps_each(fd, sc->buf, add_line, sc) < 0) {
		program_free(sc->program);
		sc->program = NULL;
	}
	close(fd);
	return sc->program;
}

/* Takes over what 'p' has mapped. */
static void merge_program(struct processes *ps, struct program *into, const struct program *p)
{
	size_t i;

	for (i = 0; i < p->image.mapping_cnt; i++)
		if (program_map(into, &p->image.mappings[i], true))
			ps->counters.mappings_dropped++;
	if (p->image.program)
		into->image.program = p->image.program;
}

static void take_identity(struct scan *sc, struct incarnation *inc, const struct seen *s)
{
	uint32_t i, exec_id = s->tasks ? s->tasks[0].exec_id : 0;
	const struct task_identity *t;

	if (inc->ppid != s->ppid && s->ppid)
		inc->ppid = s->ppid;
	if (!s->tasks)
		return;
	incarnation_set_start(inc, s->start);
	inc->identified_from = sc->from;
	inc->identified_to = sc->to;
	/* An exec was missed when the number of the newest program is not the one we counted. */
	if (inc->exec_state == EXEC_KNOWN && inc->last->image.exec_id != exec_id &&
	    incarnation_exec(inc, sc->from))
		inc->last->image.exec_id = exec_id;
	incarnation_set_exec_id(inc, exec_id, EXEC_KNOWN);
	for (i = 1; i < s->threads; i++) {
		t = &s->tasks[i];
		if (strncmp(t->comm, s->comm, sizeof(s->comm) - 1))
			incarnation_set_name(inc, t->tid, t->comm, sizeof(t->comm) - 1);
	}
}

/* Reads one live process, which may be known already. */
static struct incarnation *scan_process(struct scan *sc, struct incarnation *inc,
                                        const struct seen *s)
{
	struct processes *ps = sc->ps;
	uint64_t at = proc_now();
	struct program *p = read_program(sc, s->pid, s->pid);
	struct seen check;

	/* A leader that has exited before its threads has none. */
	if (p && !p->image.mapping_cnt && s->tasks && s->threads > 1) {
		program_free(p);
		p = read_program(sc, s->pid, s->tasks[1].tid);
	}
	if (!p)
		return NULL;
	/* A kernel thread or a zombie: neither has mappings. */
	if (!inc && !p->image.mapping_cnt && s->tasks && !seen_of_stat(s->pid, &check)) {
		program_free(p);
		return NULL;
	}
	if (!inc) {
		inc = incarnations_alive(&ps->incarnations, s->pid);
		if (inc)
			processes_close(ps, inc, s->known_at);
		inc = incarnations_add(&ps->incarnations, s->pid, s->known_at, NULL);
	}
	if (inc) {
		take_identity(sc, inc, s);
		merge_program(ps, inc->last, p);
		program_set_comm(inc->last, s->comm, sizeof(s->comm));
		if (s->known_at < inc->known_at)
			inc->known_at = s->known_at;
		inc->threads = s->threads;
		inc->inexact = true;
		inc->scanned_at = at;
		inc->scan = ps->files.scan;
	}
	program_free(p);
	return inc;
}

/* What is known of it: by its exact start or by what fits a start that is known to a tick. */
static struct incarnation *known(struct processes *ps, const struct seen *s)
{
	struct incarnation *inc;

	if (s->start)
		return incarnations_find(&ps->incarnations, s->pid, s->start);
	inc = incarnations_alive(&ps->incarnations, s->pid);
	if (!inc)
		return NULL;
	if (inc->start)
		return inc->start <= s->known_at && s->known_at - inc->start <= proc_tick_ns()
		               ? inc
		               : NULL;
	return inc->known_at + proc_tick_ns() >= s->known_at ? inc : NULL;
}

/* The children of what is wanted that were not reported: before the start or in a loss. */
static bool is_lost_child(const struct scan *sc, const struct seen *s)
{
	const struct incarnation *parent = incarnations_alive(&sc->ps->incarnations, s->ppid);

	return parent && parent->wanted && s->known_at > sc->ps->follow_from;
}

static void consider(struct scan *sc, const struct seen *s)
{
	struct incarnation *inc = known(sc->ps, s);
	bool child = !inc && is_lost_child(sc, s);

	if (inc && inc->exit_at)
		return; /* its last thread has said so; the rest of it goes now */
	if (!inc && !child && !sc->ps->options.all)
		return;
	inc = scan_process(sc, inc, s);
	if (inc && child)
		inc->wanted = true;
}

static void consider_pid(void *arg, uint32_t pid)
{
	struct seen s;

	if (seen_of_stat(pid, &s))
		consider(arg, &s);
}

static size_t group_size(const struct scan *sc, size_t i)
{
	size_t n = 1;

	while (i + n < sc->cnt && sc->tasks[i + n].tgid == sc->tasks[i].tgid)
		n++;
	return n;
}

static void close_unseen(void *arg, struct incarnation *inc)
{
	struct scan *sc = arg;

	if (!inc->exit_at && inc->scan != sc->ps->files.scan && inc->known_at < sc->from)
		processes_close(sc->ps, inc, inc->thread_exit_at ? inc->thread_exit_at : sc->from);
}

int processes_scan(struct processes *ps)
{
	struct scan *sc = scan_new(ps);
	struct seen s;
	size_t i, n;
	int err = 0;

	if (!sc)
		return -ENOMEM;
	identify(sc);
	for (i = 0; i < sc->cnt; i += n) {
		n = group_size(sc, i);
		s = seen_of_tasks(&sc->tasks[i], n);
		consider(sc, &s);
	}
	if (!sc->cnt)
		err = proc_each(consider_pid, sc);
	if (!err)
		incarnations_each(&ps->incarnations, close_unseen, sc);
	scan_free(sc);
	return err;
}

/* One of processes_want(): it has to live. */
static void scan_want(struct scan *sc, uint32_t pid)
{
	struct incarnation *inc = incarnations_alive(&sc->ps->incarnations, pid);
	struct seen s;
	size_t i;

	if (inc) {
		inc->wanted = true;
		return;
	}
	for (i = 0; i < sc->cnt && sc->tasks[i].tgid != pid;)
		i++;
	if (i < sc->cnt) {
		s = seen_of_tasks(&sc->tasks[i], group_size(sc, i));
		inc = scan_process(sc, NULL, &s);
	} else if (seen_of_stat(pid, &s)) {
		inc = scan_process(sc, NULL, &s);
	}
	if (inc)
		inc->wanted = true;
	else
		pid_list_add(&sc->ps->gone, pid);
}

void processes_scan_wants(struct processes *ps)
{
	struct scan *sc;
	struct seen s;
	size_t i, n;

	if (!ps->wants.cnt)
		return;
	sc = scan_new(ps);
	if (!sc)
		return;
	identify(sc);
	for (i = 0; i < ps->wants.cnt; i++)
		scan_want(sc, ps->wants.items[i]);
	ps->wants.cnt = 0;
	for (i = 0; i < sc->cnt; i += n) {
		n = group_size(sc, i);
		s = seen_of_tasks(&sc->tasks[i], n);
		if (is_lost_child(sc, &s))
			consider(sc, &s);
	}
	scan_free(sc);
}

void processes_scan_one(struct processes *ps, struct incarnation *inc)
{
	struct scan *sc = scan_new(ps);
	struct seen s;

	if (!sc)
		return;
	if (seen_of_stat(inc->pid, &s) && s.known_at <= inc->known_at + proc_tick_ns())
		scan_process(sc, inc, &s);
	scan_free(sc);
}
