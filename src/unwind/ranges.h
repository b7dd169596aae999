/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who has which part of an array that is shared with the kernel's walker. What is given back rests
 * for a while, because a walk may still read it. Ranges that touch become one; a place that was never
 * added keeps its neighbours apart.
 */
#ifndef EBPROF_UNWIND_RANGES_H
#define EBPROF_UNWIND_RANGES_H

#include <stddef.h>
#include <stdint.h>

#define RANGES_NONE     UINT32_MAX
#define RANGES_GRACE_NS 1000000000ull /* no walk lasts as long */

struct range {
	uint32_t start, cnt;
};

struct range_given {
	struct range range;
	uint64_t time_ns;
};

struct ranges {
	struct range *items; /* free, sorted */
	size_t cnt, cap;
	struct range_given *given; /* by time */
	size_t given_cnt, given_cap;
};

void ranges_release(struct ranges *r);
/* Makes [start, start + cnt) free now. 0 or -ENOMEM. */
int ranges_add(struct ranges *r, uint32_t start, uint32_t cnt);
/* The start of 'cnt' free ones, RANGES_NONE = none are free side by side. */
uint32_t ranges_take(struct ranges *r, uint32_t cnt);
/* Gives back what ranges_take() returned: free when RANGES_GRACE_NS have gone by since 'now_ns'. */
void ranges_give(struct ranges *r, uint32_t start, uint32_t cnt, uint64_t now_ns);
void ranges_tick(struct ranges *r, uint64_t now_ns);

#endif
