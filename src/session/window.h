/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One reader of an engine: from a start to an end. Its profile is the difference of two states of
 * the ledger; finish.c makes it.
 */
#ifndef EBPROF_SESSION_WINDOW_H
#define EBPROF_SESSION_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"
#include "classify/classify.h"
#include "session/wall.h"
#include "symbolize/symbolize.h"

struct engine;
struct err;
struct kind;
struct profile;

struct window {
	struct engine *engine;
	struct sample_value *base; /* values of the first base_cnt ledger entries at the start */
	size_t base_cnt;
	size_t event_first;        /* the first ledger event of this window */
	uint64_t start_ns, end_ns; /* CLOCK_BOOTTIME */
	int64_t time_ns;           /* the start as UTC since 1970 */
};

/* From now on; the engine is recording when this returns. 0 or -errno. */
int window_start(struct window *w, struct engine *en);
/* Up to now: the last drain. What could be read is kept also after an error. 0 or -errno. */
int window_end(struct window *w);
void window_release(struct window *w);
/* What entry number n of the ledger gained in this window. */
void window_value(const struct window *w, size_t n, struct sample_value *v);

/* What finish.c found while it made the profile. */
struct finish_stats {
	uint64_t unmapped;        /* frames outside every known mapping */
	uint64_t unknown_process; /* samples of a process that nobody knows */
	uint64_t remapped;        /* frames in a range that was mapped twice */
	uint64_t no_body;         /* samples whose stack never came */
	uint64_t unknown_wakers;  /* waits that somebody ended, nobody knows who */
	uint64_t locations, named;
	uint64_t unreadable_files, mismatched_files, failed_workers, missing_dwo, large_dwarf;
	uint64_t fetch_missing, fetch_refused, fetch_silent; /* as symbolize_counters */
	uint64_t unusable_maps; /* perf maps that were refused, or not read to their end */
	uint64_t processes;     /* distinct processes in the profile */
	int64_t idle;           /* delay of waits that had nothing to do, ns */
	int64_t no_lock; /* delay at futexes that a kind leaves out, for they are no locks, ns */
	struct wall_totals wall; /* of kind wall */
	bool no_ksyms;           /* why is in ksyms_why */
	char ksyms_why[256];
};

struct finish_options {
	bool system_wide;  /* mapping 1 is a placeholder, not a program */
	uint32_t main_pid; /* else its program comes first; 0 = the first process seen */
	bool no_names;     /* only those that cannot be had later (later.h) */
	struct symbolize_options symbolize;
	struct classify_options classify;
	bool labels; /* pid and comm on every sample (always when there are several processes) */
};

/* The profile of one kind of a window that ended; NULL and 'e' on failure. The caller frees it. */
struct profile *finish_profile(const struct window *w, const struct kind *kind,
                               const struct finish_options *o, struct finish_stats *st,
                               struct err *e);

#endif
