// SPDX-License-Identifier: Apache-2.0
#include "process/mappings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct mappings *mappings_ref(struct mappings *ms)
{
	if (ms)
		ms->refs++;
	return ms;
}

void mappings_unref(struct mappings *ms)
{
	if (ms && !--ms->refs)
		free(ms);
}

static struct mappings *mappings_alloc(uint32_t cap)
{
	struct mappings *ms = malloc(sizeof(*ms) + (size_t)cap * sizeof(ms->items[0]));

	if (!ms)
		return NULL;
	ms->refs = 1;
	ms->cnt = 0;
	ms->cap = cap;
	return ms;
}

/* The number of the first item that ends behind 'address'. */
static size_t first_behind(const struct mapping *items, size_t cnt, uint64_t address)
{
	size_t low = 0, high = cnt, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (items[mid].end > address)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

const struct mapping *mappings_find(const struct mapping *items, size_t cnt, uint64_t address)
{
	size_t i = first_behind(items, cnt, address);

	return i < cnt && items[i].start <= address ? &items[i] : NULL;
}

/*
 * An overlay's mapping has the device of the lower file system in one source and that of the overlay
 * in the other (linux: fs/backing-file.c, file_user_inode() in show_map_vma() but file_inode() in
 * perf_event_mmap_event()), so the path stands for the identity there.
 */
static bool same_file(const struct file *a, const struct file *b)
{
	if (a == b)
		return true;
	return a->kind == FILE_REGULAR && b->kind == FILE_REGULAR &&
	       (a->id.major != b->id.major || a->id.minor != b->id.minor) &&
	       !strcmp(a->path, b->path);
}

/* Does the same address mean the same byte of the same file in both? */
static bool same_place(const struct mapping *a, const struct mapping *b)
{
	return same_file(a->file, b->file) &&
	       (a->file->kind == FILE_ANON || a->start - a->offset == b->start - b->offset);
}

/* The part [start, end) of 'm'. */
static struct mapping part(const struct mapping *m, uint64_t start, uint64_t end)
{
	struct mapping p = *m;

	p.start = start;
	p.end = end;
	if (m->file->kind != FILE_ANON)
		p.offset = m->offset + (start - m->start);
	return p;
}

/* Appends, or lengthens the last item when 'p' continues it; empty parts are left out. */
static void append(struct mappings *ms, struct mapping p)
{
	struct mapping *last = ms->cnt ? &ms->items[ms->cnt - 1] : NULL;

	if (p.start >= p.end)
		return;
	if (last && last->end == p.start && last->remapped == p.remapped && same_place(last, &p)) {
		last->end = p.end;
		return;
	}
	ms->items[ms->cnt++] = p;
}

static uint64_t max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* 'old' and 'm' overlap: what is left of 'old', and the covered part of 'm'. 'at': as far as 'm' is in. */
static void append_overlap(struct mappings *out, const struct mapping *old, const struct mapping *m,
                           uint64_t at, bool live)
{
	uint64_t start = max(old->start, m->start), end = min(old->end, m->end);
	struct mapping covered = part(m, start, end);

	append(out, part(old, old->start, start));
	append(out, part(m, at, start));
	if (same_place(old, m))
		covered = part(old, start, end);
	else
		covered.remapped = live || old->remapped;
	append(out, covered);
	append(out, part(old, end, old->end));
}

/* 'old' with 'm' put in, as a new array. */
static struct mappings *merged(const struct mappings *old, const struct mapping *m, bool live)
{
	uint32_t cnt = old ? old->cnt : 0, i;
	struct mappings *out = mappings_alloc(2 * cnt + 3);
	const struct mapping *o;
	uint64_t at = m->start; /* 'm' is in up to here */

	if (!out)
		return NULL;
	for (i = 0; i < cnt; i++) {
		o = &old->items[i];
		if (o->end <= m->start) {
			append(out, *o);
		} else if (o->start >= m->end) {
			append(out, part(m, at, m->end));
			at = m->end;
			append(out, *o);
		} else {
			append_overlap(out, o, m, at, live);
			at = min(o->end, m->end);
		}
	}
	append(out, part(m, at, m->end));
	return out;
}

/* Makes *ms our own with room for one more: exact sizes, for there may be very many small ones. */
static int mappings_own(struct mappings **ms)
{
	struct mappings *old = *ms, *own;
	uint32_t cap = old ? old->cap : 0;

	if (old && old->refs == 1 && old->cnt < old->cap)
		return 0;
	if (!old || old->cnt == old->cap)
		cap = cap + cap / 2 + 4;
	if (old && old->refs == 1) {
		own = realloc(old, sizeof(*own) + (size_t)cap * sizeof(own->items[0]));
		if (!own)
			return -ENOMEM;
		own->cap = cap;
		*ms = own;
		return 0;
	}
	own = mappings_alloc(cap);
	if (!own)
		return -ENOMEM;
	own->cnt = old ? old->cnt : 0;
	if (old)
		memcpy(own->items, old->items, old->cnt * sizeof(own->items[0]));
	mappings_unref(old);
	*ms = own;
	return 0;
}

/* The usual case: nothing is touched by 'm', which goes to place 'i'. */
static int insert(struct mappings **ms, size_t i, const struct mapping *m)
{
	int err = mappings_own(ms);
	struct mapping *at;

	if (err)
		return err;
	at = &(*ms)->items[i];
	memmove(at + 1, at, ((*ms)->cnt - i) * sizeof(*at));
	*at = *m;
	(*ms)->cnt++;
	return 0;
}

/* What merged() made takes the place of *ms, without the room that was spare. */
static void replace(struct mappings **ms, struct mappings *by)
{
	struct mappings *tight;

	by->cap = by->cnt + 2;
	tight = realloc(by, sizeof(*by) + (size_t)by->cap * sizeof(by->items[0]));
	mappings_unref(*ms);
	*ms = tight ? tight : by;
}

int mappings_add(struct mappings **ms, const struct mapping *m, bool live)
{
	const struct mappings *old = *ms;
	const struct mapping *items = old ? old->items : NULL;
	size_t cnt = old ? old->cnt : 0, i = first_behind(items, cnt, m->start);
	bool before = i > 0 && items[i - 1].end == m->start && same_place(&items[i - 1], m);
	bool overlap = i < cnt && items[i].start < m->end;
	bool after = i < cnt && items[i].start == m->end && same_place(&items[i], m);
	struct mappings *next;

	if (m->start >= m->end)
		return 0;
	if (overlap && items[i].start <= m->start && items[i].end >= m->end &&
	    same_place(&items[i], m))
		return 0;
	/* An overlap adds at most two items. */
	if (cnt + 2 > MAPPINGS_MAX)
		return -ENOSPC;
	if (!before && !overlap && !after)
		return insert(ms, i, m);
	/* Code that grows: the usual case of a JIT compiler. */
	if (before && !overlap && !after && old->refs == 1 && !items[i - 1].remapped) {
		(*ms)->items[i - 1].end = m->end;
		return 0;
	}
	next = merged(old, m, live);
	if (!next)
		return -ENOMEM;
	if (next->cnt > MAPPINGS_MAX) {
		mappings_unref(next);
		return -ENOSPC;
	}
	replace(ms, next);
	return 0;
}
