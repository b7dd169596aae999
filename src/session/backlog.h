/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records that were taken off a ring and wait for their work: first in, first out. While a large
 * table is built the ring would fill up within milliseconds; this memory is bounded, but larger.
 */
#ifndef EBPROF_SESSION_BACKLOG_H
#define EBPROF_SESSION_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>

struct backlog_item {
	struct backlog_item *next;
	size_t size;
	_Alignas(8) unsigned char bytes[];
};

struct backlog {
	struct backlog_item *first, **last;
	size_t bytes, bytes_max;
};

void backlog_init(struct backlog *b, size_t bytes_max);
void backlog_release(struct backlog *b);
/* Adds a copy of a record. 0 or -ENOMEM. */
int backlog_add(struct backlog *b, const void *record, size_t size);
/* Is there as much in it as there may be? What is added all the same is kept. */
bool backlog_full(const struct backlog *b);
/* The record that came first, which the caller frees, or NULL. */
struct backlog_item *backlog_take(struct backlog *b);

#endif
