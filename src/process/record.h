/* SPDX-License-Identifier: Apache-2.0 */
/*
 * perf's sideband records as bytes and as events (perf_event_open(2), "MMAP layout"), and the queue
 * where they wait until every CPU has been heard up to their time.
 */
#ifndef EBPROF_PROCESS_RECORD_H
#define EBPROF_PROCESS_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "process/file.h"

enum event_type {
	EVENT_MAP = 1,  /* an executable mapping was made, or one became executable */
	EVENT_BUILD_ID, /* the build ID of the mapping just made */
	EVENT_COMM,
	EVENT_EXEC, /* a new program; its mappings follow */
	EVENT_FORK, /* a new process, or with pid == ppid a new thread */
	EVENT_EXIT, /* of a thread */
	EVENT_LOST,
};

struct event {
	enum event_type type;
	uint32_t pid, tid;
	uint32_t ppid, ptid; /* FORK: who called */
	uint64_t time;
	uint64_t start, end, offset; /* MAP, BUILD_ID */
	struct file_id id;           /* MAP */
	const char *text;            /* MAP: path, COMM and EXEC: comm; not NUL-terminated */
	size_t text_len;
	uint8_t build_id[20];
	size_t build_id_sz;
	uint64_t lost; /* LOST: records */
};

/*
 * Reads the record of 'size' bytes (header included) into 'ev', whose text points into it. 0,
 * -ENOMSG: of no interest (another type, a process outside of our PID namespace), -EBADMSG: broken.
 */
int record_parse(const void *record, size_t size, struct event *ev);

struct queue_slot {
	uint64_t time;
	uint64_t seq; /* of arrival: keeps the order of equal times */
	size_t off;   /* of the record in bytes[] */
	size_t size;
};

struct queue {
	char *bytes;
	size_t used, cap;
	struct queue_slot *slots;
	size_t slot_cnt, slot_cap;
	uint64_t seq;
	uint64_t lost; /* times that the queue or a ring was unusable: something is missing */
};

/* What a ring holds: positions [tail, head) of 'data', whose size, mask + 1, is a power of two. */
struct ring_view {
	const void *data;
	uint64_t mask, tail, head;
	uint64_t twin; /* id of the event whose records are left out but for build IDs; 0 = none */
};

void queue_release(struct queue *q);
/* Takes the records of a ring. Broken bytes count as lost, and the rest of the ring with them. */
void queue_take(struct queue *q, const struct ring_view *r);
/* Calls 'each', in the order of time, for what is not later than 'horizon', and forgets that. */
void queue_drain(struct queue *q, uint64_t horizon, void (*each)(void *arg, const struct event *ev),
                 void *arg);

#endif
