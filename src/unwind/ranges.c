// SPDX-License-Identifier: Apache-2.0
#include "unwind/ranges.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

void ranges_release(struct ranges *r)
{
	free(r->items);
	free(r->given);
	memset(r, 0, sizeof(*r));
}

/* The number of the first free range behind 'start'. */
static size_t range_after(const struct ranges *r, uint32_t start)
{
	size_t lo = 0, hi = r->cnt, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (r->items[mid].start > start)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

static void range_remove(struct ranges *r, size_t i)
{
	memmove(&r->items[i], &r->items[i + 1], (r->cnt - i - 1) * sizeof(*r->items));
	r->cnt--;
}

static int range_insert(struct ranges *r, size_t i, struct range new)
{
	struct range *items = array_reserve(r->items, &r->cap, r->cnt + 1, sizeof(*items));

	if (!items)
		return -ENOMEM;
	r->items = items;
	memmove(&items[i + 1], &items[i], (r->cnt - i) * sizeof(*items));
	items[i] = new;
	r->cnt++;
	return 0;
}

int ranges_add(struct ranges *r, uint32_t start, uint32_t cnt)
{
	size_t i = range_after(r, start);
	struct range *before = i ? &r->items[i - 1] : NULL;
	struct range *after = i < r->cnt ? &r->items[i] : NULL;

	if (after && start + cnt != after->start)
		after = NULL;
	if (before && before->start + before->cnt == start) {
		before->cnt += cnt + (after ? after->cnt : 0);
		if (after)
			range_remove(r, i);
		return 0;
	}
	if (!after)
		return range_insert(r, i, (struct range){ start, cnt });
	after->start = start;
	after->cnt += cnt;
	return 0;
}

uint32_t ranges_take(struct ranges *r, uint32_t cnt)
{
	uint32_t start;
	size_t i;

	for (i = 0; i < r->cnt; i++) {
		if (r->items[i].cnt < cnt)
			continue;
		start = r->items[i].start;
		r->items[i].start += cnt;
		r->items[i].cnt -= cnt;
		if (!r->items[i].cnt)
			range_remove(r, i);
		return start;
	}
	return RANGES_NONE;
}

void ranges_give(struct ranges *r, uint32_t start, uint32_t cnt, uint64_t now_ns)
{
	struct range_given *given, *last;

	last = r->given_cnt ? &r->given[r->given_cnt - 1] : NULL;
	if (last && last->range.start + last->range.cnt == start) {
		last->range.cnt += cnt;
		last->time_ns = now_ns;
		return;
	}
	given = array_reserve(r->given, &r->given_cap, r->given_cnt + 1, sizeof(*given));
	if (!given)
		return; /* out of memory: never used again */
	r->given = given;
	given[r->given_cnt++] = (struct range_given){ { start, cnt }, now_ns };
}

void ranges_tick(struct ranges *r, uint64_t now_ns)
{
	size_t i;

	for (i = 0; i < r->given_cnt; i++) {
		const struct range_given *g = &r->given[i];

		if (now_ns - g->time_ns < RANGES_GRACE_NS ||
		    ranges_add(r, g->range.start, g->range.cnt))
			break;
	}
	if (!i)
		return;
	r->given_cnt -= i;
	memmove(r->given, &r->given[i], r->given_cnt * sizeof(*r->given));
}
