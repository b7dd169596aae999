/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The weighted stacks of a call tree, one sample type at a time: each stack once, or, where the samples have
 * times, each sample in its turn.
 */
#ifndef EBPROF_FORMAT_ENTRIES_H
#define EBPROF_FORMAT_ENTRIES_H

#include <stddef.h>
#include <stdint.h>

struct calls;
struct order_item;

/* A stack, by the node where it ends. */
struct entry {
	uint32_t node;
	uint32_t process; /* the node of its process */
	int64_t weight;   /* above 0 */
};

struct entries {
	const struct calls *calls;
	struct order_item *times; /* the samples in the order of their time; NULL: they have none */
	uint32_t *processes;      /* by node: that of its process */
	size_t process_cnt;
	struct entry *items; /* of one sample type */
	size_t cnt;
	int64_t negative; /* the sum of those that are below 0, which are left out */
	size_t negative_cnt;
};

/* Of that tree, which outlives them; none are listed yet. 0 or -ENOMEM; entries_release() in any case. */
int entries_init(struct entries *e, const struct calls *calls);
void entries_release(struct entries *e);
/* Those of one sample type. */
void entries_list(struct entries *e, size_t type);
/* Sorts them by process; those of one keep their order. 0 or -ENOMEM. */
int entries_sort(struct entries *e);

#endif
