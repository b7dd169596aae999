// SPDX-License-Identifier: Apache-2.0
/*
 * Room for tables below the cap. A table that nobody maps gives way to any other, the one used longest
 * ago first. Among files that are mapped those have tables that pay most: each second they are put in
 * the order of samples a word, where a table that is there counts twice, so that two files which do not
 * fit together do not take turns. What is built again takes at most a twentieth of one CPU.
 */
#include <stdlib.h>
#include <time.h>

#include "unwind/state.h"

enum {
	PLAN_NS = 1000000000,
	HALVE_PLANS = 4,       /* after so many plans the samples of a file are halved */
	HELD_FACTOR = 2,       /* what a table that is there counts more */
	CREDIT_SHARE = 20,     /* one CPU's time over what is built again */
	SAMPLES_MAX = 1 << 24, /* of one file: products with words fit 64 bits */
};

#define CREDIT_NS 250000000 /* of building at once */

static bool is_mapped(const struct unwind *u, const struct cached *c)
{
	/* What this call used is of a program that is about to be shown. */
	return c->refs || c->used == u->clock;
}

/* May v's table go for that of 'c'? */
static bool gives_way(const struct unwind *u, const struct cached *v, const struct cached *c)
{
	if (v->state != CACHED_TABLE || v == c)
		return false;
	return !is_mapped(u, v) || (c->wanted && !v->wanted);
}

static uint64_t worth(const struct cached *c)
{
	return (uint64_t)c->samples * (c->state == CACHED_TABLE ? HELD_FACTOR : 1);
}

static bool goes_first(const struct unwind *u, const struct cached *a, const struct cached *b)
{
	bool mapped = is_mapped(u, a);

	if (mapped != is_mapped(u, b))
		return !mapped;
	return mapped ? worth(a) * b->words < worth(b) * a->words : a->used < b->used;
}

bool room_possible(const struct unwind *u, const struct cached *c)
{
	uint64_t words = u->stats.table_bytes / 4 + c->words;
	const struct cached *v;
	uint32_t n;

	for (n = 1; n <= u->files.cnt && words > u->words_max; n++) {
		v = cache_at(u, n);
		if (gives_way(u, v, c))
			words -= v->words;
	}
	return words <= u->words_max;
}

bool room_make(struct unwind *u, const struct cached *c)
{
	struct cached *first, *v;
	uint32_t n;

	if (!room_possible(u, c))
		return false;
	while (u->stats.table_bytes / 4 + c->words > u->words_max) {
		for (first = NULL, n = 1; n <= u->files.cnt; n++) {
			v = cache_at(u, n);
			if (gives_way(u, v, c) && (!first || goes_first(u, v, first)))
				first = v;
		}
		cache_evict(u, first);
	}
	return true;
}

/* Descending samples a word; those that are alike stay as they are. */
static int by_worth(const void *left, const void *right)
{
	const struct cached *a = *(struct cached *const *)left, *b = *(struct cached *const *)right;
	uint64_t x = worth(a) * b->words, y = worth(b) * a->words;

	if (x != y)
		return x < y ? 1 : -1;
	if (a->state != b->state)
		return a->state == CACHED_TABLE ? -1 : 1;
	return a < b ? -1 : a > b;
}

/* The files that are mapped and whose tables' sizes are known. */
static uint32_t plan_files(const struct unwind *u, struct cached **to)
{
	struct cached *c;
	uint32_t n, cnt = 0;

	for (n = 1; n <= u->files.cnt; n++) {
		c = cache_at(u, n);
		if (c->refs && c->words && c->state <= CACHED_TABLE)
			to[cnt++] = c;
	}
	return cnt;
}

/* Says of which files the tables are to be there. */
static void plan(struct unwind *u)
{
	struct cached **files = malloc(u->files.cnt * sizeof(struct cached *) + 1);
	uint64_t left = u->words_max;
	uint32_t cnt, i;

	if (!files)
		return;
	cnt = plan_files(u, files);
	qsort(files, cnt, sizeof(*files), by_worth);
	for (i = 0; i < cnt; i++) {
		files[i]->wanted = files[i]->words <= left;
		if (!files[i]->wanted)
			continue;
		left -= files[i]->words;
		if (files[i]->state == CACHED_NOTHING)
			files[i]->retry_ns = 0;
	}
	free(files);
}

static void halve(struct unwind *u)
{
	uint32_t n;

	for (n = 1; n <= u->files.cnt; n++)
		cache_at(u, n)->samples /= 2;
}

void room_tick(struct unwind *u)
{
	if (!u->stats.over_cap || u->now_ns - u->planned_ns < PLAN_NS)
		return;
	u->planned_ns = u->now_ns;
	plan(u);
	if (++u->plans % HALVE_PLANS == 0)
		halve(u);
}

void room_credit(struct unwind *u, uint64_t elapsed_ns)
{
	uint64_t more = elapsed_ns / CREDIT_SHARE;

	u->credit_ns = more < CREDIT_NS ? u->credit_ns + (int64_t)more : CREDIT_NS;
	if (u->credit_ns > CREDIT_NS)
		u->credit_ns = CREDIT_NS;
}

bool unwind_scarce(const struct unwind *u)
{
	return u->stats.table_bytes / 4 > u->words_max / 2;
}

void unwind_sampled(struct unwind *u, const uint64_t *frames, uint32_t cnt, uint64_t samples)
{
	struct cached *c;
	uint32_t i;

	u->stack++;
	for (i = 0; i < cnt; i++) {
		if ((frames[i] & FRAME_FILE_MASK) != FRAME_FILE_TAG)
			continue;
		c = cache_at(u, FRAME_FILE_NUMBER(frames[i]));
		if (!c || c->stack == u->stack)
			continue;
		c->stack = u->stack;
		c->samples =
			samples < SAMPLES_MAX - c->samples ? c->samples + samples : SAMPLES_MAX;
	}
}
