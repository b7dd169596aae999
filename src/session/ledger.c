// SPDX-License-Identifier: Apache-2.0
#include "session/ledger.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

void ledger_init(struct ledger *l)
{
	memset(l, 0, sizeof(*l));
	table_init(&l->entries, sizeof(struct sample_key), sizeof(struct ledger_entry));
	table_init(&l->stacks, sizeof(uint64_t), sizeof(struct ledger_stack));
	table_init(&l->related, sizeof(uint64_t), sizeof(struct ledger_related));
}

void ledger_release(struct ledger *l)
{
	table_release(&l->entries);
	table_release(&l->stacks);
	table_release(&l->related);
	free(l->frames);
	free(l->events);
	ledger_init(l);
}

long ledger_add(struct ledger *l, const struct sample_key *key, const struct sample_value *value,
                bool *is_new)
{
	struct ledger_entry *entry = table_put(&l->entries, key, is_new);
	int i;

	if (!entry)
		return -ENOMEM;
	for (i = 0; i < ABI_VALUES; i++)
		entry->value.v[i] += value->v[i];
	return (long)table_number(&l->entries, entry);
}

int ledger_add_stack(struct ledger *l, uint64_t id, const uint64_t *frames, uint32_t cnt)
{
	struct ledger_stack *stack;
	uint64_t *pool;
	bool is_new;

	pool = array_reserve(l->frames, &l->frame_cap, l->frame_cnt + cnt, sizeof(*pool));
	if (!pool)
		return -ENOMEM;
	l->frames = pool;
	stack = table_put(&l->stacks, &id, &is_new);
	if (!stack)
		return -ENOMEM;
	if (!is_new)
		return 0;
	memcpy(pool + l->frame_cnt, frames, cnt * sizeof(*pool));
	stack->first = l->frame_cnt;
	stack->cnt = cnt;
	l->frame_cnt += cnt;
	return 0;
}

int ledger_add_related(struct ledger *l, const struct record_related *r)
{
	struct ledger_related *to;
	bool is_new;

	to = table_put(&l->related, &r->id, &is_new);
	if (!to)
		return -ENOMEM;
	if (!is_new)
		return 0;
	to->key = r->key;
	memcpy(to->comm, r->comm, sizeof(to->comm));
	to->comm[sizeof(to->comm) - 1] = 0;
	return 0;
}

const struct ledger_related *ledger_related(const struct ledger *l, uint64_t id)
{
	return table_get(&l->related, &id);
}

int ledger_add_event(struct ledger *l, uint64_t time, uint32_t entry,
                     const struct sample_value *value)
{
	struct ledger_event *events;

	events = array_reserve(l->events, &l->event_cap, l->event_cnt + 1, sizeof(*events));
	if (!events)
		return -ENOMEM;
	l->events = events;
	events[l->event_cnt++] =
		(struct ledger_event){ .time = time, .entry = entry, .value = *value };
	return 0;
}

struct ledger_entry *ledger_at(const struct ledger *l, size_t number)
{
	return table_at(&l->entries, number);
}

const uint64_t *ledger_stack(const struct ledger *l, uint64_t id, uint32_t *cnt)
{
	const struct ledger_stack *stack = id ? table_get(&l->stacks, &id) : NULL;

	*cnt = stack ? stack->cnt : 0;
	return stack ? l->frames + stack->first : NULL;
}
