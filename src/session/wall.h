/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kind wall's arithmetic: the exact times of threads, divided among samples. A share is a thread, or a
 * process when threads are not told apart; each of its states (running, runnable, blocked) has an exact
 * total, and what the samples of that state say. They are scaled so that they add up to the total.
 * Two passes over the samples: all are added, then each is divided.
 */
#ifndef EBPROF_SESSION_WALL_H
#define EBPROF_SESSION_WALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"
#include "base/table.h"

#define WALL_STATES 3 /* enum wall_value up to WALL_BLOCKED */

/* What the counters say, ns: sums over all threads. */
struct wall_totals {
	uint64_t threads;
	uint64_t ns[WALL_STATES];
	uint64_t time;     /* that the threads lived in the window */
	uint64_t residual; /* by how much the sum of a thread's states is not its time */
	double worst;      /* the largest of these as a share of that thread's time */
	uint64_t sampled[WALL_STATES]; /* what the samples said before they were scaled */
	uint64_t unscaled;             /* in samples of threads that have no total */
};

struct wall {
	struct table shares; /* of wall.c */
	bool per_thread;
	struct wall_totals totals;
};

/* One state's part of a sample: key.state is it, the value is {count, ns}. */
struct wall_part {
	struct sample_key key;
	struct sample_value value;
};

void wall_init(struct wall *w, bool per_thread);
void wall_release(struct wall *w);
/* Adds a thread's total, or what a sample of KIND_cpu or KIND_offcpu says. 0 or -ENOMEM. */
int wall_add(struct wall *w, const struct sample_key *key, const struct sample_value *v);
/* The parts of a sample (of all that were added, each once); how many. */
size_t wall_divide(struct wall *w, const struct sample_key *key, const struct sample_value *v,
                   struct wall_part *parts);
/* What has a total and no sample, from number *at on, which is moved on; false: there is no more. */
bool wall_rest(const struct wall *w, size_t *at, struct wall_part *part);

#endif
