// SPDX-License-Identifier: Apache-2.0
#include "process/record.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

/*
 * With sample_id_all every record ends with what sample_type TID|TIME|ID|CPU asks for: pid, tid
 * (u32), time, id of the event (u64), cpu and a reserved word (u32).
 */
struct trailer {
	uint32_t pid, tid;
	uint64_t time;
	uint64_t id;
	uint32_t cpu, reserved;
};

struct mmap2 {
	struct perf_event_header header;
	uint32_t pid, tid;
	uint64_t addr, len, pgoff;
	union {
		struct {
			uint32_t maj, min;
			uint64_t ino, ino_generation;
		};
		struct {
			uint8_t build_id_size, reserved[3];
			uint8_t build_id[20];
		};
	};
	uint32_t prot, flags;
	char filename[];
};

struct comm {
	struct perf_event_header header;
	uint32_t pid, tid;
	char comm[];
};

struct task {
	struct perf_event_header header;
	uint32_t pid, ppid, tid, ptid;
	uint64_t time;
};

struct lost {
	struct perf_event_header header;
	uint64_t id, lost;
};

/* Two records that are alike but for this: LOST_SAMPLES has no id. */
struct lost_samples {
	struct perf_event_header header;
	uint64_t lost;
};

_Static_assert(sizeof(struct trailer) == 32, "trailer");
_Static_assert(offsetof(struct mmap2, filename) == 72, "mmap2");
_Static_assert(sizeof(struct task) == 32, "task");

/*
 * 0: a process that our PID namespace does not show; -1: one that is dead already (linux:
 * kernel/events/core.c perf_event_pid_type()).
 */
static bool is_pid(uint32_t pid)
{
	return pid && pid <= INT32_MAX;
}

static void set_text(struct event *ev, const void *record, size_t from, size_t to)
{
	ev->text = (const char *)record + from;
	ev->text_len = strnlen(ev->text, to - from);
}

/* The kernel fills a build ID that is shorter than 20 bytes with zeros. */
static bool is_padded(const uint8_t *id, size_t size)
{
	for (; size < 20; size++)
		if (id[size])
			return false;
	return true;
}

static int parse_mmap2(const void *record, size_t end, struct event *ev)
{
	const size_t fixed = offsetof(struct mmap2, filename);
	struct mmap2 m;

	if (end < fixed)
		return -EBADMSG;
	memcpy(&m, record, fixed);
	if (m.len > UINT64_MAX - m.addr)
		return -EBADMSG;
	if (!is_pid(m.pid) || !m.len)
		return -ENOMSG;
	ev->type = EVENT_MAP;
	ev->pid = m.pid;
	ev->tid = m.tid;
	ev->start = m.addr;
	ev->end = m.addr + m.len;
	ev->offset = m.pgoff;
	set_text(ev, record, fixed, end);
	if (!(m.header.misc & PERF_RECORD_MISC_MMAP_BUILD_ID)) {
		ev->id = (struct file_id){ m.maj, m.min, m.ino, m.ino_generation };
		return 0;
	}
	/* A leaked mark (see unmark()): device and inode stand where a build ID would. */
	if (m.build_id_size > sizeof(m.build_id) || !is_padded(m.build_id, m.build_id_size))
		return -ENOMSG;
	ev->type = EVENT_BUILD_ID;
	ev->build_id_sz = m.build_id_size;
	memcpy(ev->build_id, m.build_id, sizeof(m.build_id));
	return 0;
}

static int parse_comm(const void *record, size_t end, struct event *ev)
{
	struct comm c;

	if (end < sizeof(c))
		return -EBADMSG;
	memcpy(&c, record, sizeof(c));
	if (!is_pid(c.pid) || !is_pid(c.tid))
		return -ENOMSG;
	ev->type = c.header.misc & PERF_RECORD_MISC_COMM_EXEC ? EVENT_EXEC : EVENT_COMM;
	ev->pid = c.pid;
	ev->tid = c.tid;
	set_text(ev, record, sizeof(c), end);
	return 0;
}

static int parse_task(const void *record, size_t end, struct event *ev)
{
	struct task t;

	if (end < sizeof(t))
		return -EBADMSG;
	memcpy(&t, record, sizeof(t));
	if (!is_pid(t.pid) || !is_pid(t.tid))
		return -ENOMSG;
	ev->type = t.header.type == PERF_RECORD_FORK ? EVENT_FORK : EVENT_EXIT;
	ev->pid = t.pid;
	ev->tid = t.tid;
	ev->ppid = is_pid(t.ppid) ? t.ppid : 0;
	ev->ptid = is_pid(t.ptid) ? t.ptid : 0;
	return 0;
}

static int parse_lost(const void *record, size_t end, struct event *ev)
{
	struct lost_samples samples;
	struct lost l;

	if (end < sizeof(samples))
		return -EBADMSG;
	memcpy(&samples, record, sizeof(samples));
	ev->type = EVENT_LOST;
	ev->lost = samples.lost;
	if (samples.header.type == PERF_RECORD_LOST_SAMPLES)
		return 0;
	if (end < sizeof(l))
		return -EBADMSG;
	memcpy(&l, record, sizeof(l));
	ev->lost = l.lost;
	return 0;
}

int record_parse(const void *record, size_t size, struct event *ev)
{
	struct perf_event_header header;
	struct trailer trailer;
	size_t end;

	if (size < sizeof(header) + sizeof(trailer))
		return -EBADMSG;
	end = size - sizeof(trailer);
	memcpy(&header, record, sizeof(header));
	memcpy(&trailer, (const char *)record + end, sizeof(trailer));
	memset(ev, 0, sizeof(*ev));
	ev->time = trailer.time;
	switch (header.type) {
	case PERF_RECORD_MMAP2:
		return parse_mmap2(record, end, ev);
	case PERF_RECORD_COMM:
		return parse_comm(record, end, ev);
	case PERF_RECORD_FORK:
	case PERF_RECORD_EXIT:
		return parse_task(record, end, ev);
	case PERF_RECORD_LOST:
	case PERF_RECORD_LOST_SAMPLES:
		return parse_lost(record, end, ev);
	default:
		return -ENOMSG;
	}
}

void queue_release(struct queue *q)
{
	free(q->bytes);
	free(q->slots);
	memset(q, 0, sizeof(*q));
}

/* Copies out of the ring, which wraps around. */
static void ring_copy(void *to, const struct ring_view *r, uint64_t at, size_t size)
{
	size_t off = at & r->mask, first = r->mask + 1 - off;

	if (first > size)
		first = size;
	memcpy(to, (const char *)r->data + off, first);
	memcpy((char *)to + first, r->data, size - first);
}

/* Makes room for one record; false when memory is out. */
static bool queue_reserve(struct queue *q, size_t size)
{
	struct queue_slot *slots =
		array_reserve(q->slots, &q->slot_cap, q->slot_cnt + 1, sizeof(*slots));
	char *bytes = array_reserve(q->bytes, &q->cap, q->used + size, 1);

	if (slots)
		q->slots = slots;
	if (bytes)
		q->bytes = bytes;
	return slots && bytes;
}

/*
 * The event that is there for build IDs reports all that the other does, too (linux:
 * kernel/events/core.c perf_event_task_match(): attr.mmap brings forks and exits).
 */
static bool is_repeated(const struct perf_event_header *h, const struct trailer *t, uint64_t twin)
{
	if (!twin || t->id != twin)
		return false;
	if (h->type == PERF_RECORD_MMAP2)
		return !(h->misc & PERF_RECORD_MISC_MMAP_BUILD_ID);
	return h->type == PERF_RECORD_FORK || h->type == PERF_RECORD_EXIT;
}

/*
 * The mark of a build ID leaks from the event that asked for one to all that report the same mapping
 * after it, another profiler's too (linux: kernel/events/core.c perf_event_mmap_output() restores the
 * header's size and type, not its misc). What our own first event reports is never one.
 */
static void unmark(void *record, const struct trailer *t, uint64_t twin)
{
	struct perf_event_header h;

	memcpy(&h, record, sizeof(h));
	if (h.type != PERF_RECORD_MMAP2 || (twin && t->id == twin))
		return;
	h.misc &= (uint16_t)~PERF_RECORD_MISC_MMAP_BUILD_ID;
	memcpy(record, &h, sizeof(h));
}

/* Appends one record; false when memory is out. */
static bool queue_add(struct queue *q, const struct ring_view *r, uint64_t at,
                      const struct perf_event_header *h)
{
	struct queue_slot *s;
	struct trailer t;

	ring_copy(&t, r, at + h->size - sizeof(t), sizeof(t));
	if (is_repeated(h, &t, r->twin))
		return true;
	if (!queue_reserve(q, h->size))
		return false;
	s = &q->slots[q->slot_cnt++];
	s->off = q->used;
	s->size = h->size;
	s->seq = q->seq++;
	s->time = t.time;
	ring_copy(q->bytes + q->used, r, at, h->size);
	unmark(q->bytes + q->used, &t, r->twin);
	q->used += h->size;
	return true;
}

void queue_take(struct queue *q, const struct ring_view *r)
{
	struct perf_event_header h;
	uint64_t at = r->tail;

	if (r->head - at > r->mask + 1) {
		q->lost++;
		return;
	}
	for (; r->head - at >= sizeof(h); at += h.size) {
		ring_copy(&h, r, at, sizeof(h));
		if (h.size < sizeof(h) + sizeof(struct trailer) || h.size > r->head - at ||
		    !queue_add(q, r, at, &h))
			break;
	}
	if (at != r->head)
		q->lost++;
}

static int by_time(const void *left, const void *right)
{
	const struct queue_slot *a = left, *b = right;

	if (a->time != b->time)
		return a->time < b->time ? -1 : 1;
	return a->seq < b->seq ? -1 : a->seq > b->seq;
}

/* Moves what still waits to the front. */
static void queue_forget(struct queue *q, size_t done)
{
	size_t i, used = 0;
	char *bytes;

	if (done == q->slot_cnt) {
		q->slot_cnt = q->used = 0;
		return;
	}
	bytes = malloc(q->used);
	if (!bytes) {
		q->lost += q->slot_cnt - done;
		q->slot_cnt = q->used = 0;
		return;
	}
	for (i = done; i < q->slot_cnt; i++) {
		struct queue_slot *s = &q->slots[i];

		memcpy(bytes + used, q->bytes + s->off, s->size);
		s->off = used;
		used += s->size;
		q->slots[i - done] = *s;
	}
	free(q->bytes);
	q->bytes = bytes;
	q->cap = q->used;
	q->used = used;
	q->slot_cnt -= done;
}

void queue_drain(struct queue *q, uint64_t horizon, void (*each)(void *arg, const struct event *ev),
                 void *arg)
{
	struct event ev;
	size_t i;
	int err;

	if (q->slot_cnt)
		qsort(q->slots, q->slot_cnt, sizeof(*q->slots), by_time);
	for (i = 0; i < q->slot_cnt && q->slots[i].time <= horizon; i++) {
		err = record_parse(q->bytes + q->slots[i].off, q->slots[i].size, &ev);
		if (!err)
			each(arg, &ev);
		else if (err == -EBADMSG)
			q->lost++;
	}
	if (i)
		queue_forget(q, i);
}
