// SPDX-License-Identifier: Apache-2.0
#include "session/backlog.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void backlog_init(struct backlog *b, size_t bytes_max)
{
	memset(b, 0, sizeof(*b));
	b->last = &b->first;
	b->bytes_max = bytes_max;
}

void backlog_release(struct backlog *b)
{
	struct backlog_item *item;

	while ((item = backlog_take(b)))
		free(item);
}

int backlog_add(struct backlog *b, const void *record, size_t size)
{
	struct backlog_item *item = malloc(sizeof(*item) + size);

	if (!item)
		return -ENOMEM;
	item->next = NULL;
	item->size = size;
	memcpy(item->bytes, record, size);
	*b->last = item;
	b->last = &item->next;
	b->bytes += size;
	return 0;
}

bool backlog_full(const struct backlog *b)
{
	return b->bytes >= b->bytes_max;
}

struct backlog_item *backlog_take(struct backlog *b)
{
	struct backlog_item *item = b->first;

	if (!item)
		return NULL;
	b->first = item->next;
	if (!b->first)
		b->last = &b->first;
	b->bytes -= item->size;
	return item;
}
