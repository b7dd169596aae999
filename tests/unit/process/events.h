/* SPDX-License-Identifier: Apache-2.0 */
/* Made-up records for the table of processes; /proc is not asked. Include after cmocka.h. */
#ifndef EBPROF_TEST_EVENTS_H
#define EBPROF_TEST_EVENTS_H

#include <stdint.h>
#include <string.h>

#include "process/state.h"

/* Pids beyond pid_max: no process of this host. */
enum { A = 5000001, B = 5000002, C = 5000003, D = 5000004 };

static inline struct processes *new_all(void)
{
	struct processes_options o = { .all = true };
	struct processes *ps = processes_new(&o, NULL);

	assert_non_null(ps);
	return ps;
}

static inline void do_fork(struct processes *ps, uint64_t time, uint32_t ppid, uint32_t pid)
{
	struct event ev = { .type = EVENT_FORK, .time = time, .pid = pid, .tid = pid };

	ev.ppid = ev.ptid = ppid;
	processes_apply(ps, &ev);
}

static inline void thread(struct processes *ps, uint64_t time, uint32_t pid, uint32_t ptid,
                          uint32_t tid)
{
	struct event ev = { .type = EVENT_FORK, .time = time, .pid = pid, .tid = tid };

	ev.ppid = pid;
	ev.ptid = ptid;
	processes_apply(ps, &ev);
}

static inline void quit(struct processes *ps, uint64_t time, uint32_t pid, uint32_t tid)
{
	struct event ev = { .type = EVENT_EXIT, .time = time, .pid = pid, .tid = tid };

	processes_apply(ps, &ev);
}

static inline void comm(struct processes *ps, uint64_t time, uint32_t pid, uint32_t tid,
                        const char *text, enum event_type type)
{
	struct event ev = { .type = type, .time = time, .pid = pid, .tid = tid };

	ev.text = text;
	ev.text_len = strlen(text);
	processes_apply(ps, &ev);
}

static inline void map(struct processes *ps, uint64_t time, uint32_t pid, uint64_t start,
                       const char *path)
{
	struct event ev = { .type = EVENT_MAP, .time = time, .pid = pid, .tid = pid };

	ev.start = start;
	ev.end = start + 0x1000;
	ev.id.inode = strlen(path) * 1000 + (unsigned char)path[1];
	ev.id.generation = 1;
	ev.text = path;
	ev.text_len = strlen(path);
	processes_apply(ps, &ev);
}

static inline void exec(struct processes *ps, uint64_t time, uint32_t pid, const char *name)
{
	comm(ps, time, pid, pid, name, EVENT_EXEC);
}

static inline const char *path_at(const struct image *im, uint64_t address)
{
	const struct mapping *m = image_mapping(im, address);

	return m ? m->file->path : "";
}

/* A process as a scan with exact identities leaves it. */
static inline struct incarnation *scanned(struct processes *ps, uint32_t pid, uint64_t start,
                                          uint32_t exec_id, uint64_t at)
{
	struct incarnation *inc = incarnations_add(&ps->incarnations, pid, start, NULL);

	incarnation_set_start(inc, start);
	incarnation_set_exec_id(inc, exec_id, EXEC_KNOWN);
	inc->identified_from = at - 20;
	inc->identified_to = at - 10;
	inc->scanned_at = at;
	return inc;
}

#endif
