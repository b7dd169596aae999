// SPDX-License-Identifier: Apache-2.0
/*
 * In two turns: first the weights of all rows, which say what is shown; then, among these, the calls. A
 * row's weights are the same whatever else is left out.
 */
#include "report/graph.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "profile/profile.h"
#include "report/state.h"

struct graph_node *graph_node(const struct graph *g, uint32_t number)
{
	return table_at(&g->nodes, number);
}

int64_t graph_flat(const struct graph_node *n)
{
	return quotient(n->flat, n->flat_div);
}

int64_t graph_cum(const struct graph_node *n)
{
	return quotient(n->cum, n->cum_div);
}

const char *graph_name(const struct graph *g, struct graph_node *n)
{
	if (!n->name)
		n->name = node_name(g->r->p, &n->info);
	return n->name ? n->name : "";
}

/* The rows of all locations, by their lines. */
static int find_rows(struct graph *g)
{
	const struct profile *p = g->r->p;
	const struct profile_location *l;
	size_t i, j, first, cnt, n = 0;
	struct graph_node *node;
	struct node_info info;

	g->location_rows = calloc(p->locations.cnt + 2, sizeof(*g->location_rows));
	g->rows = malloc((p->line_cnt + p->locations.cnt + 1) * sizeof(*g->rows));
	if (!g->location_rows || !g->rows)
		return -ENOMEM;
	for (i = 1; i <= p->locations.cnt; i++) {
		l = profile_location(p, (uint32_t)i);
		first = node_lines(g->r, l, &cnt);
		g->location_rows[i] = n;
		for (j = 0; j < cnt; j++) {
			node_info_get(&g->view, l, l->line_cnt ? &p->lines[first + j] : NULL,
			              &info);
			node = table_put(&g->nodes, &info, NULL);
			if (!node)
				return -ENOMEM;
			g->rows[n++] = (uint32_t)table_number(&g->nodes, node);
		}
	}
	g->location_rows[i] = n;
	return p->failed ? -ENOMEM : 0;
}

static void weigh_sample(struct graph *g, size_t number, int64_t w, int64_t dw)
{
	const struct profile *p = g->r->p;
	const struct profile_sample *s = &p->samples[number];
	struct graph_node *n;
	size_t i, row;

	for (i = 0; i < s->stack_cnt; i++) {
		uint32_t id = p->stacks[s->stack_first + i];

		for (row = g->location_rows[id]; row < g->location_rows[id + 1]; row++) {
			n = graph_node(g, g->rows[row]);
			if (n->seen == number + 1)
				continue;
			n->seen = number + 1;
			n->cum = wrapping_sum(n->cum, w);
			n->cum_div = wrapping_sum(n->cum_div, dw);
		}
	}
	if (s->stack_cnt) {
		n = graph_node(g, g->rows[g->location_rows[p->stacks[s->stack_first]]]);
		n->flat = wrapping_sum(n->flat, w);
		n->flat_div = wrapping_sum(n->flat_div, dw);
	}
}

/* Calls fn for each sample that weighs something. */
static int each_sample(struct graph *g, int (*fn)(struct graph *g, size_t number, int64_t w))
{
	const struct profile *p = g->r->p;
	int64_t w, dw;
	int err = 0;
	size_t i;

	for (i = 0; !err && i < p->sample_cnt; i++) {
		w = sample_value(g->r, &p->samples[i]);
		dw = sample_divisor(g->r, &p->samples[i]);
		if (!w && !dw)
			continue;
		if (fn)
			err = fn(g, i, w);
		else
			weigh_sample(g, i, w, dw);
	}
	return err;
}

static void list_nodes(struct graph *g)
{
	struct graph_node *n;
	size_t i;

	for (i = 0; i < g->nodes.cnt; i++) {
		n = graph_node(g, (uint32_t)i);
		n->is_listed = n->cum || n->flat;
		if (g->r->options->drop_negative && (n->flat < 0 || (!n->flat && n->cum < 0)))
			n->is_listed = false;
		if (n->is_listed)
			g->order[g->order_cnt++] = (uint32_t)i;
	}
}

/* What part of all flat weight it takes to be shown. */
static int64_t cutoff(int64_t total, double fraction)
{
	return size_of(report_scaled(total, fraction));
}

/* Nothing but the listed rows is left. */
static void leave_out_others(struct graph *g)
{
	struct graph_node *n;
	size_t i;

	for (i = 0; i < g->nodes.cnt; i++) {
		n = graph_node(g, (uint32_t)i);
		n->is_left_out = !n->is_listed;
	}
}

static void drop_light(struct graph *g, int64_t least)
{
	size_t kept = 0, i;
	struct graph_node *n;

	for (i = 0; i < g->order_cnt; i++) {
		n = graph_node(g, g->order[i]);
		n->is_listed = size_of(n->cum) >= least;
		if (n->is_listed)
			g->order[kept++] = g->order[i];
	}
	g->dropped = g->order_cnt - kept;
	g->order_cnt = kept;
	if (g->dropped)
		leave_out_others(g);
}

static void keep_first(struct graph *g, size_t cnt)
{
	size_t i;

	if (g->order_cnt <= cnt)
		return;
	for (i = cnt; i < g->order_cnt; i++)
		graph_node(g, g->order[i])->is_listed = false;
	g->order_cnt = cnt;
	leave_out_others(g);
}

/* The highest bits of the product with a number that nobody knows; 'slots' is a power of two. */
static struct graph_edge *edge_slot(struct graph_edge *edges, size_t slots, uint64_t ends)
{
	size_t i = ends * hash_seed() >> (__builtin_clzll(slots) + 1);

	while (edges[i].ends && edges[i].ends != ends)
		i = (i + 1) & (slots - 1);
	return &edges[i];
}

static int grow_edges(struct graph *g)
{
	size_t slots = g->edge_slots ? g->edge_slots * 2 : 1024, i;
	struct graph_edge *edges;

	if ((g->edge_cnt + 1) * 2 <= g->edge_slots)
		return 0;
	edges = calloc(slots, sizeof(*edges));
	if (!edges)
		return -ENOMEM;
	for (i = 0; i < g->edge_slots; i++)
		if (g->edges[i].ends)
			*edge_slot(edges, slots, g->edges[i].ends) = g->edges[i];
	free(g->edges);
	g->edges = edges;
	g->edge_slots = slots;
	return 0;
}

static int add_edge(struct graph *g, uint64_t ends, size_t sample, int64_t w, bool is_inline)
{
	struct graph_edge *e;

	if (grow_edges(g))
		return -ENOMEM;
	e = edge_slot(g->edges, g->edge_slots, ends);
	if (e->seen == sample + 1)
		return 0;
	if (!e->ends) {
		e->ends = ends;
		e->is_inline = is_inline;
		g->edge_cnt++;
	}
	e->seen = sample + 1;
	e->weight = wrapping_sum(e->weight, w);
	e->is_inline &= is_inline;
	return 0;
}

/* From the root to the leaf: a call between each two rows that are there and differ. */
static int call_sample(struct graph *g, size_t number, int64_t w)
{
	const struct profile *p = g->r->p;
	const struct profile_sample *s = &p->samples[number];
	uint64_t caller = UINT64_MAX;
	size_t i, row;
	uint32_t n, id;
	int err = 0;

	for (i = s->stack_cnt; i-- > 0;) {
		id = p->stacks[s->stack_first + i];
		for (row = g->location_rows[id + 1]; !err && row-- > g->location_rows[id];) {
			n = g->rows[row];
			if (graph_node(g, n)->is_left_out)
				continue;
			if (caller != UINT64_MAX && caller != n)
				err = add_edge(g, caller << 32 | n, number, w,
				               row + 1 != g->location_rows[id + 1]);
			caller = n;
		}
	}
	return err;
}

/* Calls to listed rows that are too light are not shown, and do not say how a row was called. */
static void drop_light_edges(struct graph *g, int64_t least)
{
	struct graph_edge *e;
	struct graph_node *n;
	size_t i;

	for (i = 0; i < g->edge_slots; i++) {
		e = &g->edges[i];
		if (!e->ends)
			continue;
		n = graph_node(g, (uint32_t)e->ends);
		e->is_dropped = n->is_listed && size_of(e->weight) < least;
		if (e->is_dropped)
			continue;
		n->has_inline |= e->is_inline;
		n->has_call |= !e->is_inline;
	}
}

int graph_build_rows(struct graph *g, const struct report *r)
{
	*g = (struct graph){ .r = r };
	table_init(&g->nodes, sizeof(struct node_info), sizeof(struct graph_node));
	node_view_init(&g->view, r, true);
	if (find_rows(g))
		return -ENOMEM;
	g->order = malloc((g->nodes.cnt + 1) * sizeof(*g->order));
	if (!g->order)
		return -ENOMEM;
	each_sample(g, NULL);
	list_nodes(g);
	return 0;
}

int graph_build(struct graph *g, const struct report *r)
{
	int err = graph_build_rows(g, r);
	int64_t total = 0, least;
	size_t i;

	for (i = 0; !err && i < g->order_cnt; i++)
		total = wrapping_sum(total, graph_node(g, g->order[i])->flat);
	least = cutoff(total, r->node_fraction);
	if (!err && least > 0)
		drop_light(g, least);
	g->original = g->order_cnt;
	if (!err)
		err = graph_sort(g, g->order, g->order_cnt);
	if (!err && r->node_count > 0)
		keep_first(g, (size_t)r->node_count);
	if (!err)
		err = each_sample(g, call_sample);
	if (!err)
		drop_light_edges(g, cutoff(total, r->edge_fraction));
	return err;
}

void graph_release(struct graph *g)
{
	size_t i;

	for (i = 0; i < g->nodes.cnt; i++)
		free(graph_node(g, (uint32_t)i)->name);
	table_release(&g->nodes);
	node_view_release(&g->view);
	free(g->location_rows);
	free(g->rows);
	free(g->order);
	free(g->edges);
}
