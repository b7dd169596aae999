// SPDX-License-Identifier: Apache-2.0
#include "format/entries.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/order.h"
#include "format/calls.h"
#include "profile/profile.h"

static const struct profile_label *time_of(const struct profile *p, const struct profile_sample *s)
{
	const struct profile_label *l = p->labels + s->label_first;
	size_t i;

	for (i = 0; i < s->label_cnt; i++)
		if (!l[i].str && !strcmp(profile_text(p, l[i].key), "time"))
			return &l[i];
	return NULL;
}

/* --samples: each event has its time, and its place in the time order. 0 or -ENOMEM. */
static int sort_samples(struct entries *e)
{
	const struct profile *p = e->calls->p;
	const struct profile_label *time;
	bool has_times = false;
	size_t i;

	e->times = calloc(p->sample_cnt + 1, sizeof(*e->times));
	for (i = 0; e->times && i < p->sample_cnt; i++) {
		time = time_of(p, &p->samples[i]);
		has_times |= time != NULL;
		e->times[i].key = (uint64_t)(time ? time->num : 0) ^ 1ull << 63;
		e->times[i].id = (uint32_t)i;
	}
	if (!e->times || order_sort(e->times, p->sample_cnt))
		return -ENOMEM;
	if (!has_times) {
		free(e->times);
		e->times = NULL;
	}
	return 0;
}

/* 0 or -ENOMEM. */
static int find_processes(struct entries *e)
{
	const struct calls *c = e->calls;
	uint32_t parent;
	size_t i;

	e->processes = calloc(c->nodes.cnt + 1, sizeof(*e->processes));
	for (i = 1; e->processes && i < c->nodes.cnt; i++) {
		parent = calls_node(c, i)->parent;
		e->processes[i] = parent ? e->processes[parent] : (uint32_t)i;
		e->process_cnt += !parent;
	}
	return e->processes ? 0 : -ENOMEM;
}

int entries_init(struct entries *e, const struct calls *calls)
{
	size_t samples = calls->p->sample_cnt, nodes = calls->nodes.cnt;

	*e = (struct entries){ .calls = calls };
	e->items = calloc((nodes > samples ? nodes : samples) + 1, sizeof(*e->items));
	return e->items ? sort_samples(e) ?: find_processes(e) : -ENOMEM;
}

void entries_release(struct entries *e)
{
	free(e->times);
	free(e->processes);
	free(e->items);
	*e = (struct entries){ 0 };
}

static void add(struct entries *e, uint32_t node, int64_t weight)
{
	if (weight < 0) {
		e->negative_cnt++;
		e->negative = profile_sum(e->negative, weight);
	} else if (weight) {
		e->items[e->cnt++] = (struct entry){ node, e->processes[node], weight };
	}
}

void entries_list(struct entries *e, size_t type)
{
	const struct profile *p = e->calls->p;
	size_t i, sample;

	e->cnt = e->negative_cnt = 0;
	e->negative = 0;
	if (!e->times)
		for (i = 1; i < e->calls->nodes.cnt; i++)
			add(e, (uint32_t)i, calls_self(e->calls, i, type));
	for (i = 0; e->times && i < p->sample_cnt; i++) {
		sample = e->times[i].id;
		add(e, e->calls->leaves[sample], p->values[p->samples[sample].value_first + type]);
	}
}

int entries_sort(struct entries *e)
{
	struct order_item *order = calloc(e->cnt + 1, sizeof(*order));
	struct entry *sorted = calloc(e->cnt + 1, sizeof(*sorted));
	int err = order && sorted ? 0 : -ENOMEM;
	size_t i;

	for (i = 0; !err && i < e->cnt; i++)
		order[i] = (struct order_item){ e->items[i].process, (uint32_t)i, 0 };
	if (!err)
		err = order_sort(order, e->cnt);
	for (i = 0; !err && i < e->cnt; i++)
		sorted[i] = e->items[order[i].id];
	if (!err)
		memcpy(e->items, sorted, e->cnt * sizeof(*sorted));
	free(order);
	free(sorted);
	return err;
}
