// SPDX-License-Identifier: Apache-2.0
/*
 * The bytes of a ring through the parser into the table of processes. First byte: where in the ring
 * they begin; second: how much of them is read at first, and with its lowest bit only the wanted.
 */
#include <stdlib.h>
#include <string.h>

#include "process/state.h"

enum { RING_BYTES = 8192 };

static void apply(void *arg, const struct event *ev)
{
	processes_apply(arg, ev);
}

/* What look-ups rely on. */
static void check(void *arg, struct incarnation *inc)
{
	struct processes *ps = arg;
	const struct program *p;
	size_t i;

	for (p = inc->last; p; p = p->older) {
		const struct image *im = &p->image;

		if (memchr(im->comm, 0, PROC_COMM_LEN) == NULL || im->pid != inc->pid)
			abort();
		for (i = 0; i < im->mapping_cnt; i++) {
			const struct mapping *m = &im->mappings[i];

			if (m->start >= m->end || (i && m[-1].end > m->start) || !m->file)
				abort();
			if (image_mapping(im, m->start) != m || image_mapping(im, m->end - 1) != m)
				abort();
		}
		image_main(im);
	}
	processes_thread_comm(ps, inc->pid, inc->pid + 1, inc->known_at);
}

/* The ring's bytes from 'at' on. */
static void fill(unsigned char *ring, size_t at, const uint8_t *data, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		ring[(at + i) % RING_BYTES] = data[i];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static unsigned char ring[RING_BYTES];
	struct processes_options o = { .all = true };
	struct ring_view r = { .data = ring, .mask = RING_BYTES - 1, .twin = 2 };
	struct processes *ps;
	uint64_t at;

	if (size < 2 || size - 2 > RING_BYTES)
		return 0;
	o.all = !(data[1] & 1);
	ps = processes_new(&o, NULL);
	if (!ps)
		abort();
	at = data[0] * 32ull;
	fill(ring, at, data + 2, size - 2);
	r.tail = at;
	r.head = at + (size - 2) * data[1] / 256;
	queue_take(&ps->queue, &r);
	queue_drain(&ps->queue, 1000, apply, ps);
	r.tail = r.head;
	r.head = at + size - 2;
	queue_take(&ps->queue, &r);
	queue_drain(&ps->queue, UINT64_MAX, apply, ps);
	incarnations_each(&ps->incarnations, check, ps);
	processes_trim(ps, 1000, false);
	incarnations_each(&ps->incarnations, check, ps);
	processes_free(ps);
	return 0;
}
