/* SPDX-License-Identifier: Apache-2.0 */
/* The memory that the kernel's walker reads, mapped; without maps, memory of our own. */
#ifndef EBPROF_UNWIND_SHARED_H
#define EBPROF_UNWIND_SHARED_H

#include <stdbool.h>
#include <stdint.h>

#include "tables.h"

struct err;
struct unwind_maps;

struct shared {
	struct unwind_segment *segments;
	uint32_t *blocks;
	struct unwind_rule *rules;
	uint32_t *shards[SHARDS_MAX];
	uint32_t shard_cnt;
	int processes_fd, shards_fd; /* -1 = no maps; not owned */
};

/* 0 or -errno. Release it in any case. */
int shared_init(struct shared *s, const struct unwind_maps *m, struct err *e);
void shared_release(struct shared *s);
/*
 * Makes up to 'cnt' shards, from number s->shard_cnt on. How many, -ENOSPC = there are SHARDS_MAX, or
 * -errno of a map.
 */
int shared_add_shards(struct shared *s, uint32_t cnt);
/* Shows a process, or with NULL hides it. 0 or -errno. */
int shared_show(struct shared *s, uint32_t pid, const struct unwind_process *p);

/* The word of that number: those of one shard follow those of the one before. */
static inline uint32_t *shared_word(const struct shared *s, uint32_t at)
{
	return s->shards[at / SHARD_WORDS] + at % SHARD_WORDS;
}

#endif
