/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order in which the tables of a profile are written. It comes from what the entries say, not
 * from when they were added: equal profiles give equal files, and those of two days differ where
 * they do.
 */
#ifndef EBPROF_FORMAT_PPROF_ORDER_H
#define EBPROF_FORMAT_PPROF_ORDER_H

#include <stddef.h>
#include <stdint.h>

struct profile;

struct permutation {
	uint32_t *order; /* the entry at each place, from 0 */
	uint32_t *ids;   /* the place of each entry, + 1 */
	size_t cnt;
};

struct pprof_order {
	const struct profile *p;
	struct permutation mappings, functions, locations, samples; /* mapping 1 stays the first */
};

/* 0 or -ENOMEM, then there is nothing to release. */
int pprof_order_init(struct pprof_order *o, const struct profile *p);
void pprof_order_release(struct pprof_order *o);

#endif
