// SPDX-License-Identifier: Apache-2.0
/* The orders in which rows and calls are shown: the heaviest first whatever its sign, then by name. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/graph.h"
#include "report/state.h"

static int by_size(int64_t a, int64_t b)
{
	uint64_t x = (uint64_t)size_of(a), y = (uint64_t)size_of(b);

	return x > y ? -1 : x < y;
}

static int by_weight(const void *a, const void *b, void *arg)
{
	const struct graph *g = arg;
	const struct graph_node *x = graph_node(g, *(const uint32_t *)a);
	const struct graph_node *y = graph_node(g, *(const uint32_t *)b);
	bool cum = g->r->options->cum;
	int order = cum ? by_size(x->cum, y->cum) : by_size(x->flat, y->flat);

	if (!order)
		order = node_compare(&x->info, x->name, &y->info, y->name);
	if (!order)
		order = cum ? by_size(x->flat, y->flat) : by_size(x->cum, y->cum);
	return order ? order : memcmp(&x->info, &y->info, sizeof(x->info));
}

int graph_sort(struct graph *g, uint32_t *numbers, size_t cnt)
{
	struct graph_node *n;
	size_t i;

	for (i = 0; i < cnt; i++) {
		n = graph_node(g, numbers[i]);
		graph_name(g, n);
		if (!n->name)
			return -ENOMEM;
	}
	if (cnt)
		qsort_r(numbers, cnt, sizeof(*numbers), by_weight, g);
	return 0;
}

struct calls_order {
	const struct graph *g;
	bool out;
};

static uint32_t owner_of(const struct graph_edge *e, bool out)
{
	return out ? (uint32_t)(e->ends >> 32) : (uint32_t)e->ends;
}

static int by_owner(const void *a, const void *b, void *arg)
{
	const struct calls_order *o = arg;
	const struct graph_edge *x = *(struct graph_edge *const *)a;
	const struct graph_edge *y = *(struct graph_edge *const *)b;
	uint32_t n = owner_of(x, o->out), m = owner_of(y, o->out);
	int order;

	if (n != m)
		return n < m ? -1 : 1;
	order = by_size(x->weight, y->weight);
	if (!order)
		order = strcmp(graph_name(o->g, graph_node(o->g, owner_of(x, !o->out))),
		               graph_name(o->g, graph_node(o->g, owner_of(y, !o->out))));
	return order ? order : (x->ends > y->ends) - (x->ends < y->ends);
}

int graph_calls_init(struct graph_calls *c, const struct graph *g, bool out)
{
	struct calls_order order = { g, out };
	size_t i, n, cnt = 0;

	c->items = malloc((g->edge_cnt + 1) * sizeof(struct graph_edge *));
	c->first = calloc(g->nodes.cnt + 1, sizeof(*c->first));
	if (!c->items || !c->first)
		return -ENOMEM;
	for (i = 0; i < g->edge_slots; i++)
		if (g->edges[i].ends && !g->edges[i].is_dropped)
			c->items[cnt++] = &g->edges[i];
	if (cnt)
		qsort_r(c->items, cnt, sizeof(*c->items), by_owner, &order);
	for (i = n = 0; n <= g->nodes.cnt; n++) {
		while (i < cnt && owner_of(c->items[i], out) < n)
			i++;
		c->first[n] = i;
	}
	return 0;
}

void graph_calls_release(struct graph_calls *c)
{
	free(c->items);
	free(c->first);
}
