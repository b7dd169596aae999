/* SPDX-License-Identifier: Apache-2.0 */
/* struct processes, and what the files of this room do to it beside process.h. */
#ifndef EBPROF_PROCESS_STATE_H
#define EBPROF_PROCESS_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "process/files.h"
#include "process/incarnation.h"
#include "process/process.h"
#include "process/record.h"
#include "process/remote.h"
#include "process/sideband.h"

struct pid_list {
	uint32_t *items;
	size_t cnt, cap;
};

struct processes {
	struct processes_options options;
	struct process_counters counters;
	struct incarnations incarnations;
	struct files files;
	struct remotes remotes;
	struct queue queue;
	struct sideband *sideband; /* NULL = closed */
	struct pid_list wants;     /* to be looked up in /proc at the next poll */
	struct pid_list doubtful;  /* perhaps gone: /proc is asked at each poll */
	struct pid_list gone;      /* not reported yet */
	bool live;                 /* between start and stop: /proc may be asked */
	uint64_t follow_from;      /* children forked from then on are wanted with their parents */
	uint64_t resynced_at;
	bool resync_due;
	uint64_t queue_lost; /* of queue.lost, what has been counted */
};

bool pid_list_add(struct pid_list *l, uint32_t pid);

/* Applies one record; events come in the order of their times. Needs no open sideband. */
void processes_apply(struct processes *ps, const struct event *ev);
/* Asks /proc about the doubtful. */
void processes_settle(struct processes *ps);
/* The process has exited. */
void processes_close(struct processes *ps, struct incarnation *inc, uint64_t at);
/* Lists it for processes_exited() if somebody may ask: once. */
void processes_report(struct processes *ps, struct incarnation *inc);

/* Reads /proc for everything that is to be remembered. 0 or -errno. */
int processes_scan(struct processes *ps);
/* Reads /proc for what processes_want() named since the last time. */
void processes_scan_wants(struct processes *ps);
/* Reads /proc for one process: its mappings, threads and start. */
void processes_scan_one(struct processes *ps, struct incarnation *inc);

#endif
