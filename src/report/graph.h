/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows and the calls between them, as pprof counts them: a row's flat weight is that of the samples
 * that end in it, its cumulative weight that of the samples that go through it, once each; a call
 * counts once a sample too. A call that leads over rows that were left out is a residual one.
 */
#ifndef EBPROF_REPORT_GRAPH_H
#define EBPROF_REPORT_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/table.h"
#include "report/node.h"

struct report;

struct graph_node {
	struct node_info info;
	int64_t flat, flat_div, cum, cum_div;
	size_t seen; /* by the last sample that was counted, + 1 */
	char *name;  /* as printed, owned; of rows that are listed or called */
	bool is_listed, is_left_out;
	bool has_inline, has_call; /* calls that lead here: inlined ones, others */
};

struct graph_edge {
	uint64_t ends; /* caller << 32 | callee */
	int64_t weight;
	size_t seen;
	bool is_inline, is_dropped;
};

struct graph {
	const struct report *r;
	struct node_view view;
	struct table nodes;    /* struct graph_node */
	size_t *location_rows; /* by location id: the first of its rows in 'rows' */
	uint32_t *rows;        /* numbers of nodes, a line's each, the innermost first */
	uint32_t *order;       /* the listed nodes as they are shown */
	size_t order_cnt;
	struct graph_edge *edges; /* hash table; ends 0 = free (no row calls itself) */
	size_t edge_slots, edge_cnt;
	size_t dropped;  /* rows below node_fraction */
	size_t original; /* rows but for these */
};

/* Rows with their weights, those that are to be listed in their order, and calls; 0 or -ENOMEM. */
int graph_build(struct graph *g, const struct report *r);
/* Rows alone: all of them, in no order. */
int graph_build_rows(struct graph *g, const struct report *r);
void graph_release(struct graph *g);

struct graph_node *graph_node(const struct graph *g, uint32_t number);
/* A row's weights, by what they are divided by. */
int64_t graph_flat(const struct graph_node *n);
int64_t graph_cum(const struct graph_node *n);
/* The node's name, made when it is asked for first; "" when memory is out. */
const char *graph_name(const struct graph *g, struct graph_node *n);

/* graph_order.c: by weight, then by name; 0 or -ENOMEM. */
int graph_sort(struct graph *g, uint32_t *numbers, size_t cnt);
/* The calls, for each listed row those that lead to it or, with 'out', from it: one behind another. */
struct graph_calls {
	struct graph_edge **items;
	size_t *first; /* by node: its calls are [first[n], first[n + 1]) */
};
int graph_calls_init(struct graph_calls *c, const struct graph *g, bool out);
void graph_calls_release(struct graph_calls *c);

#endif
