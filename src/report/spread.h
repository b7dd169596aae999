/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much of a weight chance may have made: the sum of the squares of what its events weigh, for stats.h.
 * A file says of a sample what its n events weigh together, not each of them. n is its value "samples",
 * or that of the count ("contentions", "alloc_objects") before the type that is looked at, which two
 * kinds of profiles scale:
 *
 *   heap                 an object of 'size' bytes was met with probability 1 - e^(-size / period), and so
 *                        many of the objects are events (runtime/pprof/protomem.go scaleHeapSample)
 *   waits                one shorter than the period weighs what a wait of the period does: no more events
 *                        than the time has periods
 *
 * Where all events weigh the same (V / n is one number throughout, or the objects of a sample are of one
 * size) the sum is V² / n. Else they were measured, and are taken for exponential ones, of which n that
 * sum up to V have squares of 2 V² / (n + 1) in the mean. Waits may vary by more: several files a side
 * tell how much, one does not.
 */
#ifndef EBPROF_REPORT_SPREAD_H
#define EBPROF_REPORT_SPREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/stats.h"

struct graph;
struct profile;

struct spread_sum {
	double value, square;
};

struct spread {
	size_t type;           /* of the values */
	size_t cnt_type;       /* that says how many events; type_cnt = none does */
	size_t size_type;      /* heap: of the sizes */
	uint64_t period_types; /* that have the period's unit: a bit each */
	bool is_exact;         /* cnt_type counts samples, and is not scaled */
	bool is_heap, is_even;
	struct spread_sum all; /* of the profile */
};

/* Of all samples that there are now; false when one of them is negative: then chance has no say. */
bool spread_init(struct spread *s, const struct profile *p, size_t type);
void spread_add(struct spread_sum *to, const struct spread_sum *sum);

/* What the samples weigh, if all weighed the same, of which a share that moves as much as this one is. */
double spread_unit(const struct spread_sum *part, const struct spread_sum *all);
/* A share of the whole, with its interval. */
struct stats_interval spread_share(const struct spread_sum *part, const struct spread_sum *all);

struct spread_row {
	struct spread_sum flat, cum;
	size_t seen; /* by the last sample that was counted, + 1 */
};
/* The rows of a graph, by the numbers of its nodes; the caller frees them. NULL = out of memory. */
struct spread_row *spread_rows(const struct spread *s, const struct graph *g);

#endif
