// SPDX-License-Identifier: Apache-2.0
/*
 * What was added is settled by a sweep over all starts and ends, whose heap holds
 * the ranges that are open, the latest on top. n ranges become less than 2n disjoint ones, in the
 * time of a sort, however they overlap.
 */
#include "symbolize/codes.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

struct sweep {
	const struct code_range *in;
	uint32_t *order; /* of in[], by start */
	uint32_t *heap;  /* open ranges, the latest on top: a number in in[] says how late it is */
	size_t in_cnt, next, heap_cnt;
	struct code_range *out;
	size_t cnt;
	uint32_t last; /* of in[]: what the last one of out[] is a part of */
};

void codes_release(struct codes *c)
{
	free(c->ranges);
	free(c->texts);
	memset(c, 0, sizeof(*c));
}

size_t codes_text(struct codes *c, const char *text, size_t len)
{
	size_t at = c->text_used + !c->text_used;
	char *texts = array_reserve(c->texts, &c->text_cap, at + len + 1, 1);

	if (!texts)
		return 0;
	c->texts = texts;
	memcpy(texts + at, text, len);
	texts[at + len] = 0;
	c->text_used = at + len + 1;
	return at;
}

const char *codes_text_at(const struct codes *c, size_t number)
{
	return c->texts + number;
}

size_t codes_bytes(const struct codes *c)
{
	return c->text_cap + c->cap * sizeof(*c->ranges);
}

int codes_add(struct codes *c, uint64_t start, uint64_t size, uint64_t what)
{
	struct code_range *ranges;

	if (!size || start + size < start)
		return -EINVAL;
	if (c->cnt >= UINT32_MAX / 4)
		return -ENOMEM;
	ranges = array_reserve(c->ranges, &c->cap, c->cnt + 1, sizeof(*ranges));
	if (!ranges)
		return -ENOMEM;
	c->ranges = ranges;
	ranges[c->cnt++] = (struct code_range){ start, start + size, what };
	return 0;
}

static int by_start(const void *left, const void *right, void *arg)
{
	const struct code_range *in = arg;
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	if (in[a].start != in[b].start)
		return in[a].start < in[b].start ? -1 : 1;
	return a < b ? -1 : a > b;
}

static void heap_push(struct sweep *s, uint32_t number)
{
	size_t i = s->heap_cnt++, up;

	for (; i && s->heap[up = (i - 1) / 2] < number; i = up)
		s->heap[i] = s->heap[up];
	s->heap[i] = number;
}

static void heap_pop(struct sweep *s)
{
	uint32_t number = s->heap[--s->heap_cnt];
	size_t i = 0, down;

	while ((down = 2 * i + 1) < s->heap_cnt) {
		down += down + 1 < s->heap_cnt && s->heap[down + 1] > s->heap[down];
		if (s->heap[down] < number)
			break;
		s->heap[i] = s->heap[down];
		i = down;
	}
	s->heap[i] = number;
}

static void emit(struct sweep *s, uint32_t number, uint64_t start, uint64_t end)
{
	struct code_range *last = s->cnt ? &s->out[s->cnt - 1] : NULL;

	if (last && s->last == number && last->end == start) {
		last->end = end;
		return;
	}
	s->out[s->cnt++] = (struct code_range){ start, end, s->in[number].what };
	s->last = number;
}

static void sweep_all(struct sweep *s)
{
	uint64_t at = 0, until;

	for (;;) {
		while (s->heap_cnt && s->in[s->heap[0]].end <= at)
			heap_pop(s);
		if (!s->heap_cnt && s->next == s->in_cnt)
			return;
		if (!s->heap_cnt)
			at = s->in[s->order[s->next]].start;
		while (s->next < s->in_cnt && s->in[s->order[s->next]].start <= at)
			heap_push(s, s->order[s->next++]);
		until = s->in[s->heap[0]].end;
		if (s->next < s->in_cnt && s->in[s->order[s->next]].start < until)
			until = s->in[s->order[s->next]].start;
		emit(s, s->heap[0], at, until);
		at = until;
	}
}

int codes_settle(struct codes *c)
{
	struct sweep s = { .in = c->ranges, .in_cnt = c->cnt };
	size_t i;
	int err = -ENOMEM;

	if (!c->cnt)
		return 0;
	s.order = malloc(c->cnt * sizeof(*s.order));
	s.heap = malloc(c->cnt * sizeof(*s.heap));
	s.out = malloc(2 * c->cnt * sizeof(*s.out));
	if (s.order && s.heap && s.out) {
		for (i = 0; i < c->cnt; i++)
			s.order[i] = (uint32_t)i;
		qsort_r(s.order, c->cnt, sizeof(*s.order), by_start, c->ranges);
		sweep_all(&s);
		err = 0;
	}
	free(s.order);
	free(s.heap);
	if (err) {
		free(s.out);
		return err;
	}
	free(c->ranges);
	c->ranges = realloc(s.out, s.cnt * sizeof(*s.out)) ?: s.out;
	c->cap = c->cnt = s.cnt;
	return 0;
}

const struct code_range *codes_find(const struct codes *c, uint64_t address)
{
	size_t low = 0, high = c->cnt, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (c->ranges[mid].end > address)
			high = mid;
		else
			low = mid + 1;
	}
	return low < c->cnt && c->ranges[low].start <= address ? &c->ranges[low] : NULL;
}
