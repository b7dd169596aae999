// SPDX-License-Identifier: Apache-2.0
/*
 * What a process is shown as: a run of segments in the shared array. A run is written before it is
 * shown and never changed, so that a walk sees the old one or the new one; equal runs are one, for
 * children that never exec.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "process/process.h"
#include "unwind/state.h"

static struct unwind_segment *run_segments(const struct unwind *u, const struct run *r)
{
	return u->shared.segments + r->first;
}

static struct run *run_find(const struct unwind *u, const struct unwind_segment *segs, uint32_t cnt,
                            uint64_t hash)
{
	struct run *r = u->runs[hash % HASH_BUCKETS];

	while (r && (r->hash != hash || r->cnt != cnt ||
	             memcmp(run_segments(u, r), segs, cnt * sizeof(*segs))))
		r = r->next;
	return r;
}

/* Each segment of a run holds its file. */
static void run_ref_files(const struct unwind *u, const struct run *r, int change)
{
	struct cached *c;
	uint32_t i;

	for (i = 0; i < r->cnt; i++) {
		c = cache_at(u, run_segments(u, r)[i].file);
		if (c)
			c->refs += (uint32_t)change;
	}
}

static struct run *run_new(struct unwind *u, const struct unwind_segment *segs, uint32_t cnt,
                           uint64_t hash)
{
	struct run *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->first = cnt ? ranges_take(&u->segments, cnt) : 0;
	if (r->first == RANGES_NONE) {
		free(r);
		return NULL;
	}
	r->hash = hash;
	r->cnt = cnt;
	memcpy(run_segments(u, r), segs, cnt * sizeof(*segs));
	run_ref_files(u, r, 1);
	r->next = u->runs[hash % HASH_BUCKETS];
	u->runs[hash % HASH_BUCKETS] = r;
	u->stats.segments += cnt;
	return r;
}

static struct run *run_get(struct unwind *u, const struct unwind_segment *segs, uint32_t cnt)
{
	uint64_t hash = hash_bytes(segs, cnt * sizeof(*segs), 0);
	struct run *r = run_find(u, segs, cnt, hash);

	if (!r)
		r = run_new(u, segs, cnt, hash);
	if (r)
		r->refs++;
	return r;
}

static void run_put(struct unwind *u, struct run *r)
{
	struct run **at = &u->runs[r->hash % HASH_BUCKETS];

	if (--r->refs)
		return;
	while (*at != r)
		at = &(*at)->next;
	*at = r->next;
	run_ref_files(u, r, -1);
	if (r->cnt)
		ranges_give(&u->segments, r->first, r->cnt, u->now_ns);
	u->stats.segments -= r->cnt;
	free(r);
}

static struct shown **shown_find(struct unwind *u, uint32_t pid)
{
	struct shown **at = &u->shown[pid % HASH_BUCKETS];

	while (*at && (*at)->pid != pid)
		at = &(*at)->next;
	return at;
}

/* Can the two be one segment? */
static bool segment_continues(const struct unwind_segment *a, const struct unwind_segment *b)
{
	return a->end == b->start && a->file == b->file && a->block_cnt == b->block_cnt &&
	       a->absent == b->absent && (!a->file || a->offset + (a->end - a->start) == b->offset);
}

/* The segments of all mappings, into u->scratch. */
static uint32_t segments_collect(struct unwind *u, const struct image *im)
{
	struct unwind_segment seg;
	uint32_t cnt = 0;
	size_t i;

	for (i = 0; i < im->mapping_cnt; i++) {
		seg = cache_segment(u, &im->mappings[i]);
		if (cnt && segment_continues(&u->scratch[cnt - 1], &seg))
			u->scratch[cnt - 1].end = seg.end;
		else if (cnt < PROCESS_SEGMENTS_MAX)
			u->scratch[cnt++] = seg;
		else
			break;
	}
	u->stats.segments_cut += im->mapping_cnt - i;
	return cnt;
}

/* Shows 'im' with that run, whose reference it takes. */
static int shown_switch(struct unwind *u, struct shown *s, const struct image *im, struct run *r)
{
	struct unwind_process p = {
		.start = im->start, .exec_id = im->exec_id, .first = r->first, .cnt = r->cnt
	};
	int err = shared_show(&u->shared, im->pid, &p);

	if (err) {
		u->stats.map_errors++;
		run_put(u, r);
		return err;
	}
	if (s->run)
		run_put(u, s->run);
	s->run = r;
	s->start = im->start;
	s->exec_id = im->exec_id;
	return 0;
}

static int shown_new(struct unwind *u, struct shown **at, const struct image *im, struct run *r)
{
	struct shown *s = calloc(1, sizeof(*s));
	int err;

	if (!s) {
		run_put(u, r);
		return -ENOMEM;
	}
	s->pid = im->pid;
	err = shown_switch(u, s, im, r);
	if (err) {
		free(s);
		return err;
	}
	*at = s;
	u->stats.processes++;
	return 0;
}

int segments_show(struct unwind *u, const struct image *im)
{
	struct shown **at = shown_find(u, im->pid), *s = *at;
	uint32_t cnt = segments_collect(u, im);
	struct run *r = run_get(u, u->scratch, cnt);

	if (!r) {
		u->stats.segments_full++;
		return -ENOSPC;
	}
	if (!s)
		return shown_new(u, at, im, r);
	if (s->run != r || s->start != im->start || s->exec_id != im->exec_id)
		return shown_switch(u, s, im, r);
	run_put(u, r);
	return 0;
}

void segments_hide(struct unwind *u, uint32_t pid)
{
	struct shown **at = shown_find(u, pid), *s = *at;

	if (!s)
		return;
	if (shared_show(&u->shared, pid, NULL))
		u->stats.map_errors++;
	*at = s->next;
	run_put(u, s->run);
	free(s);
	u->stats.processes--;
}

void segments_drop_file(struct unwind *u, uint32_t number)
{
	struct unwind_segment *segs;
	const struct run *r;
	uint32_t b, i;

	for (b = 0; b < HASH_BUCKETS; b++)
		for (r = u->runs[b]; r; r = r->next)
			for (segs = run_segments(u, r), i = 0; i < r->cnt; i++)
				if (segs[i].file == number) {
					__atomic_store_n(&segs[i].absent, 1, __ATOMIC_RELAXED);
					__atomic_store_n(&segs[i].block_cnt, 0, __ATOMIC_RELEASE);
				}
}

void segments_release(struct unwind *u)
{
	struct shown *s;
	struct run *r;
	uint32_t b;

	for (b = 0; b < HASH_BUCKETS; b++) {
		while ((s = u->shown[b])) {
			u->shown[b] = s->next;
			free(s);
		}
		while ((r = u->runs[b])) {
			u->runs[b] = r->next;
			free(r);
		}
	}
}
