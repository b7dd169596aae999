// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "process/record.h"
#include "records.h"

static int parse_all(const struct bytes *b, struct event *ev)
{
	return record_parse(b->data, b->size, ev);
}

static void mmap2(void **state)
{
	struct bytes b = { .size = 0 };
	struct event ev;

	put_mmap2(&b, 7, 100, 0x4000, 0x1000, 55, "/usr/lib/libx.so");
	assert_int_equal(parse_all(&b, &ev), 0);
	assert_int_equal(ev.type, EVENT_MAP);
	assert_int_equal(ev.pid, 7);
	assert_int_equal(ev.time, 100);
	assert_int_equal(ev.start, 0x4000);
	assert_int_equal(ev.end, 0x5000);
	assert_int_equal(ev.offset, 0x1000);
	assert_int_equal(ev.id.major, 8);
	assert_int_equal(ev.id.inode, 55);
	assert_int_equal(ev.id.generation, 99);
	assert_int_equal(ev.text_len, strlen("/usr/lib/libx.so"));
	assert_memory_equal(ev.text, "/usr/lib/libx.so", ev.text_len);
}

static void build_id(void **state)
{
	struct bytes b = { .size = 0 };
	struct event ev;

	put_build_id(&b, 7, 100, 0x4000, 0x1000, 20, "/x");
	assert_int_equal(parse_all(&b, &ev), 0);
	assert_int_equal(ev.type, EVENT_BUILD_ID);
	assert_int_equal(ev.build_id_sz, 20);
	assert_int_equal(ev.build_id[0], 0xab);
	b.size = 0;
	put_build_id(&b, 7, 100, 0x4000, 0x1000, 21, "/x");
	assert_int_equal(parse_all(&b, &ev), -ENOMSG);
	b.size = 0;
	put_build_id(&b, 7, 100, 0x4000, 0x1000, 8, "/x"); /* what follows is not zero */
	assert_int_equal(parse_all(&b, &ev), -ENOMSG);
}

static void tasks_and_comm(void **state)
{
	struct bytes b = { .size = 0 };
	struct event ev;

	put_task(&b, PERF_RECORD_FORK, 9, 7, 9, 5, 1);
	assert_int_equal(parse_all(&b, &ev), 0);
	assert_int_equal(ev.type, EVENT_FORK);
	assert_int_equal(ev.ppid, 7);
	b.size = 0;
	put_task(&b, PERF_RECORD_EXIT, 9, 0, 10, 6, 1);
	assert_int_equal(parse_all(&b, &ev), 0);
	assert_int_equal(ev.type, EVENT_EXIT);
	assert_int_equal(ev.tid, 10);
	assert_int_equal(ev.ppid, 0);
	b.size = 0;
	put_comm(&b, 9, 6, "a comm", 1);
	assert_int_equal(parse_all(&b, &ev), 0);
	assert_int_equal(ev.type, EVENT_EXEC);
	assert_int_equal(ev.text_len, 6);
	b.size = 0;
	put_lost(&b, 6, 12);
	assert_int_equal(parse_all(&b, &ev), 0);
	assert_int_equal(ev.type, EVENT_LOST);
	assert_int_equal(ev.lost, 12);
}

/* Processes that our PID namespace does not show come as 0, dead ones as -1. */
static void other_namespaces(void **state)
{
	struct bytes b = { .size = 0 };
	struct event ev;

	put_comm(&b, 0, 6, "x", 0);
	assert_int_equal(parse_all(&b, &ev), -ENOMSG);
	b.size = 0;
	put_mmap2(&b, UINT32_MAX, 6, 0x1000, 0x1000, 1, "/x");
	assert_int_equal(parse_all(&b, &ev), -ENOMSG);
	b.size = 0;
	put_task(&b, PERF_RECORD_FORK, 0, 1, 0, 6, 1);
	assert_int_equal(parse_all(&b, &ev), -ENOMSG);
}

/* Every cut of every record is read without a fault; a string may lack its NUL. */
static void cut_short(void **state)
{
	struct bytes b = { .size = 0 };
	struct event ev;
	size_t size;

	put_mmap2(&b, 7, 100, 0x4000, 0x1000, 55, "/usr/lib/libx.so");
	for (size = 0; size < b.size; size++) {
		unsigned char *exact = malloc(size ? size : 1);
		int err;

		memcpy(exact, b.data, size);
		err = record_parse(exact, size, &ev);
		assert_true(err ||
		            (ev.text_len <= size && ev.text + ev.text_len <= (char *)exact + size));
		free(exact);
	}
	b.size = 0;
	put_mmap2(&b, 7, 100, UINT64_MAX - 0xfff, 0x2000, 55, "/x");
	assert_int_equal(parse_all(&b, &ev), -EBADMSG);
	b.size = 0;
	put_end(&b, put_begin(&b, 99, 0), 1, 1, 1);
	assert_int_equal(parse_all(&b, &ev), -ENOMSG);
}

struct order {
	uint64_t last;
	unsigned cnt;
	char pids[256];
};

static void note(void *arg, const struct event *ev)
{
	struct order *o = arg;

	assert_true(ev->time >= o->last);
	o->last = ev->time;
	o->pids[o->cnt++] = (char)('a' + ev->pid);
	o->pids[o->cnt] = 0;
}

static void take(struct queue *q, const struct bytes *b)
{
	struct ring_view r = { .data = b->data, .mask = 0xffff, .head = b->size };

	queue_take(q, &r);
}

static void across_cpus(void **state)
{
	struct bytes cpu0 = { .size = 0 }, cpu1 = { .size = 0 };
	struct queue q = { 0 };
	struct order o = { 0 };

	put_comm(&cpu0, 1, 10, "x", 0);
	put_comm(&cpu0, 2, 30, "x", 0);
	put_comm(&cpu0, 3, 50, "x", 0);
	put_comm(&cpu1, 4, 20, "x", 0);
	put_comm(&cpu1, 5, 40, "x", 0);
	take(&q, &cpu0);
	take(&q, &cpu1);
	queue_drain(&q, 35, note, &o);
	assert_string_equal(o.pids, "bec");
	/* What waited goes before what came later but happened later, too. */
	cpu1.size = 0;
	put_comm(&cpu1, 6, 45, "x", 0);
	take(&q, &cpu1);
	queue_drain(&q, 35, note, &o);
	assert_string_equal(o.pids, "bec");
	queue_drain(&q, UINT64_MAX, note, &o);
	assert_string_equal(o.pids, "becfgd");
	assert_int_equal(q.slot_cnt, 0);
	assert_int_equal(q.lost, 0);
	queue_release(&q);
}

static void equal_times(void **state)
{
	struct bytes b = { .size = 0 };
	struct queue q = { 0 };
	struct order o = { 0 };
	unsigned i;

	for (i = 0; i < 20; i++)
		put_comm(&b, 1 + i, 5, "x", 0);
	take(&q, &b);
	queue_drain(&q, 5, note, &o);
	assert_string_equal(o.pids, "bcdefghijklmnopqrstu");
	queue_release(&q);
}

static void wraps_around(void **state)
{
	static unsigned char ring[256];
	struct queue q = { 0 };
	struct order o = { 0 };
	struct ring_view r = { .data = ring, .mask = 255, .head = UINT64_MAX - 100 };
	unsigned i;
	size_t k;

	/* Also across the overflow of the positions themselves. */
	for (i = 0; i < 50; i++) {
		struct bytes b = { .size = 0 };

		put_comm(&b, 1, i, "abcdefghijk", 0);
		for (k = 0; k < b.size; k++)
			ring[(r.head + k) & 255] = b.data[k];
		r.tail = r.head;
		r.head += b.size;
		queue_take(&q, &r);
	}
	queue_drain(&q, UINT64_MAX, note, &o);
	assert_int_equal(o.cnt, 50);
	assert_int_equal(q.lost, 0);
	queue_release(&q);
}

static void broken_rings(void **state)
{
	struct bytes b = { .size = 0 };
	struct queue q = { 0 };
	struct order o = { 0 };
	struct ring_view r = { .data = b.data, .mask = 0xffff };
	uint16_t size;

	put_comm(&b, 1, 1, "x", 0);
	put_comm(&b, 2, 2, "x", 0);
	/* The second one's size is 0, too small, beyond the head. */
	for (size = 0; size < 300; size += 13) {
		uint64_t lost = q.lost;

		if (size == b.size / 2)
			continue;
		memcpy(b.data + b.size / 2 + 6, &size, sizeof(size));
		take(&q, &b);
		assert_true(q.lost > lost);
	}
	queue_drain(&q, UINT64_MAX, note, &o);
	assert_true(o.cnt >= 10);
	r.head = 0x20000;
	queue_take(&q, &r);
	assert_int_equal(q.slot_cnt, 0);
	queue_release(&q);
}

/* The event for build IDs repeats forks, exits and mappings: only build IDs count. */
static void keep_last(void *arg, const struct event *ev)
{
	struct event *last = arg;

	*last = *ev;
	last->text = NULL;
}

/* The kernel leaves another event's mark of a build ID on the record of ours. */
static void leaked_mark(void **state)
{
	static struct bytes b;
	struct queue q = { .slot_cnt = 0 };
	struct event last = { .type = 0 };
	struct ring_view r = { .data = b.data, .mask = 0xffff, .twin = 2 };
	uint16_t misc = PERF_RECORD_MISC_USER | PERF_RECORD_MISC_MMAP_BUILD_ID;

	b.size = 0;
	put_mmap2(&b, 7, 100, 0x4000, 0x1000, 55, "/usr/lib/libx.so");
	memcpy(b.data + 4, &misc, sizeof(misc));
	r.head = b.size;
	queue_take(&q, &r);
	queue_drain(&q, 200, keep_last, &last);
	assert_int_equal(last.type, EVENT_MAP);
	assert_int_equal(last.id.inode, 55);
	assert_int_equal(q.lost, 0);
	queue_release(&q);
}

static void twin_event(void **state)
{
	struct bytes b = { .size = 0 };
	struct queue q = { 0 };
	struct order o = { 0 };
	struct ring_view r = { .data = b.data, .mask = 0xffff, .twin = 2 };

	put_task(&b, PERF_RECORD_FORK, 1, 9, 1, 1, 1);
	put_task(&b, PERF_RECORD_FORK, 2, 9, 2, 2, 2);
	put_build_id(&b, 3, 3, 0x1000, 0x1000, 20, "/x");
	put_task(&b, PERF_RECORD_EXIT, 4, 9, 4, 4, 2);
	put_task(&b, PERF_RECORD_EXIT, 5, 9, 5, 5, 1);
	r.head = b.size;
	queue_take(&q, &r);
	queue_drain(&q, UINT64_MAX, note, &o);
	assert_string_equal(o.pids, "bdf");
	queue_release(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mmap2),          cmocka_unit_test(build_id),
		cmocka_unit_test(tasks_and_comm), cmocka_unit_test(other_namespaces),
		cmocka_unit_test(cut_short),      cmocka_unit_test(across_cpus),
		cmocka_unit_test(equal_times),    cmocka_unit_test(wraps_around),
		cmocka_unit_test(broken_rings),   cmocka_unit_test(twin_event),
		cmocka_unit_test(leaked_mark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
