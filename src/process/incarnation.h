/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An incarnation is one life of a pid: a process. Its exact start is learnt from the scan or from
 * the first look-up; before that its birth is bounded from above by known_at (linux: kernel/fork.c
 * copy_process() takes start_boottime some time before it reports the fork). Its programs form a
 * list, the newest first; whether their exec_ids are exact depends on where the count began.
 */
#ifndef EBPROF_PROCESS_INCARNATION_H
#define EBPROF_PROCESS_INCARNATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "process/image.h"

enum exec_state {
	EXEC_UNKNOWN = 0, /* only differences between the exec_ids mean something */
	EXEC_GUESSED = 1, /* a look-up was taken to mean the newest program */
	EXEC_KNOWN = 2,
};

struct thread_name {
	uint32_t tid;
	char comm[PROC_COMM_LEN];
};

struct incarnation {
	struct incarnation *next;  /* in its bucket; of one pid the newest comes first */
	struct program *last;      /* never NULL while it lives */
	struct thread_name *names; /* sorted by tid: threads that are not called like the process */
	size_t name_cnt, name_cap;
	uint64_t start;      /* exact, 0 = not known */
	uint64_t known_at;   /* start <= known_at */
	uint64_t after;      /* start > after: until then the pid was another's */
	uint64_t scanned_at; /* what happened until then was seen in /proc */
	/* Its exec_id and names were read between these, somewhat before scanned_at; 0 = were not. */
	uint64_t identified_from, identified_to;
	uint64_t exit_at;        /* of its last thread, 0 = lives */
	uint64_t thread_exit_at; /* the last exit of any thread */
	uint32_t pid, ppid;
	uint32_t threads;
	uint32_t scan;      /* number of the reading of /proc that saw it last */
	uint8_t exec_state; /* enum exec_state */
	bool inexact;       /* threads may be wrong: ask /proc before it is declared dead */
	bool leader_gone;
	bool doubtful; /* in the list of those to ask about */
	bool wanted;
	bool found;    /* a look-up has returned it */
	bool reported; /* as exited */
};

struct incarnations {
	struct incarnation **buckets;
	size_t bucket_cnt; /* a power of two */
	size_t cnt;
};

/* A fork is reported at most this long after the start was taken, also on a host short of CPUs. */
#define FORK_LAG_NS 2000000000ull

/* 0 or -ENOMEM. */
int incarnations_init(struct incarnations *is);
void incarnations_release(struct incarnations *is);
/* The newest of that pid, dead or alive, or NULL. */
struct incarnation *incarnations_newest(const struct incarnations *is, uint32_t pid);
/* The newest of that pid if it lives. */
struct incarnation *incarnations_alive(const struct incarnations *is, uint32_t pid);
/* The one that started at 'start', exactly known or the one that fits, or NULL. */
struct incarnation *incarnations_find(const struct incarnations *is, uint32_t pid, uint64_t start);
/*
 * A new one with one program, a fork of 'parent' (NULL: without mappings). The one of that pid that
 * lives is closed: its exit was missed. NULL when memory is out.
 */
struct incarnation *incarnations_add(struct incarnations *is, uint32_t pid, uint64_t known_at,
                                     const struct incarnation *parent);
void incarnations_each(struct incarnations *is, void (*each)(void *arg, struct incarnation *inc),
                       void *arg);
/* Forgets programs that ended before then, and processes of which nothing is left. */
void incarnations_trim(struct incarnations *is, uint64_t before, bool even_found);

void incarnation_close(struct incarnation *inc, uint64_t at);
/* Start and all that is known by it. */
void incarnation_set_start(struct incarnation *inc, uint64_t start);
/* A new program, the next exec_id; false when memory is out. */
bool incarnation_exec(struct incarnation *inc, uint64_t at);
/* The newest program's exec_id, exactly; the older ones count back from there. */
void incarnation_set_exec_id(struct incarnation *inc, uint32_t exec_id, enum exec_state state);
/* The program of that exec_id, or NULL. */
struct program *incarnation_program(struct incarnation *inc, uint32_t exec_id);
/* NULL = none of its own. */
const char *incarnation_name(const struct incarnation *inc, uint32_t tid);
/* Remembers the name of a thread (NULL: forgets it). */
void incarnation_set_name(struct incarnation *inc, uint32_t tid, const char *comm, size_t len);
/*
 * A descriptor of the process's directory in /proc, when that pid is still this process; 'st' is
 * filled in. -errno otherwise.
 */
int incarnation_proc(const struct incarnation *inc, struct proc_stat *st);

#endif
