/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One loaded BPF object with the sources it needs, drained into one cumulative ledger: open → load →
 * attach → drain → detach. What is wanted lives in maps, so it changes without a reload.
 */
#ifndef EBPROF_SESSION_ENGINE_H
#define EBPROF_SESSION_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"
#include "collect/attach.h"
#include "collect/collect.h"
#include "session/backlog.h"
#include "session/jits.h"
#include "session/ledger.h"
#include "session/owners.h"

struct cache;
struct ebprof_bpf;
struct err;
struct processes;
struct unwind;
struct check;
struct ring_buffer;

/* Which tasks a capture wants. All conditions that are set must hold; pids and tids are one. */
struct targets {
	bool all; /* -a: no condition at all */
	uint32_t *pids, *tids;
	size_t pid_cnt, tid_cnt;
	bool tree; /* the living descendants of the pids too */
	bool has_uid;
	uint32_t uid;
	const char *comm, *exclude; /* globs, NULL = none; several are joined by '\n' */
	const char *cgroups[ABI_CGROUPS];
	size_t cgroup_cnt;
};

struct engine_options {
	uint32_t kinds; /* bit 1 << enum kind_id */
	uint32_t keep;  /* enum keep_bits */
	uint64_t slice_ns;
	uint32_t user_frames;
	uint32_t counts_entries; /* of one generation */
	uint32_t ring_bytes;     /* a power of two of pages */
	uint32_t unwind;         /* enum unwind_mode */
	const char *check_file;  /* UNWIND_CHECK: where the walks go */
	size_t table_bytes;      /* of unwind tables at most */
	/* where debug files with such tables are; ends in NULL, NULL = the default */
	const char *const *debug_dirs;
	bool stats; /* measure the BPF programs' run time (costs some ns an event) */
	struct collect_options collect;
	struct targets targets;
};

struct engine_stats {
	struct {
		uint64_t lost[LOSS_CNT], stat[STAT_CNT], ends[END_CNT];
	} counters; /* struct abi_counters, summed over CPUs */
	uint64_t drains, bpf_ns;
	uint64_t unmet;         /* samples whose stack was walked in user space */
	uint64_t out_of_memory; /* samples that user space could not keep */
	uint64_t no_table;      /* times that a file or process got no room for its unwind tables */
};

/* From which entry of a table on files are to be opened: by this drain, and by the next one. */
struct touched {
	size_t first, next;
};

struct engine {
	struct engine_options options;
	struct ebprof_bpf *skel;
	struct links links;
	struct processes *processes;
	struct unwind *unwind; /* NULL: by frame pointer */
	struct check *check;   /* NULL: nothing is to be checked */
	struct table shown;    /* unmet.c: processes that the kernel's walker knows */
	struct jits jits;      /* the names of code that programs make */
	struct owners owners;  /* the threads that locks name as theirs */
	struct cache
		*names; /* that were found in files, for the next window; NULL: memory is out */
	struct ledger ledger;
	struct ring_buffer *ring;
	int generation[CTX_CNT][2]; /* descriptors of the counts maps, -1 = context unused */
	int current[CTX_CNT];
	void *batch;  /* drain.c: room for one batch of keys and values */
	int stats_fd; /* keeps BPF run-time statistics on */
	struct touched touched, touched_related; /* drain.c: ledger.entries and .related */
	uint64_t drains, out_of_memory;
	struct backlog backlog;              /* unmet.c: records of unmet programs */
	uint64_t unmet, unmet_ends[END_CNT]; /* unmet.c */
	uint64_t polled_ns;                  /* boot_ns() before unmet.c last polled */
};

/* Opens and loads; NULL and 'e' on failure. The caller frees it. */
struct engine *engine_new(const struct engine_options *o, struct err *e);
/* Detaches and frees everything; NULL is fine. */
void engine_free(struct engine *en);
/* Sets what is wanted and attaches everything; nothing is recorded before engine_record(). */
int engine_attach(struct engine *en, struct err *e);
/*
 * Attaches sources to what the wanted processes have mapped meanwhile. 0, or -errno with 'e'; what could
 * be attached is.
 */
int engine_follow(struct engine *en, struct err *e);
/* Adds to the ledger what is over at a window's end and had no event. */
void engine_settle(struct engine *en);
/* Records from now on (start_ns: CLOCK_BOOTTIME), or stops with 0. 0 or -errno. */
int engine_record(struct engine *en, uint64_t start_ns);
/* What it records ends now: what is under way is counted until this moment. 0 or -errno. */
int engine_end(struct engine *en);
/* Closes every hook; the maps can still be drained. */
void engine_detach(struct engine *en);
/* A process that is dead is no target any more. */
void engine_unwant(struct engine *en, uint32_t pid);
/* unmet.c: builds the tables of the processes that are asked for by number, and shows them to the kernel. */
void engine_meet(struct engine *en);
void engine_stats(const struct engine *en, struct engine_stats *st);
/* How many processes have a target entry. */
size_t engine_target_cnt(const struct engine *en);

/* drain.c: moves what the kernel has into the ledger; 0 or -errno. */
int drain_open(struct engine *en, struct err *e);
void drain_close(struct engine *en);
int drain_all(struct engine *en);
/* The same when nothing is recorded any more: also what a program that still ran has added meanwhile. */
int drain_last(struct engine *en);
/* Makes the epoll instance report when a drain is due (edges: the rings' level says nothing). 0 or -errno. */
int drain_watch(const struct engine *en, int epoll_fd);

/* unmet.c: the unwinder of an engine, and the samples that only user space can walk. 0 or -errno. */
int unmet_open(struct engine *en, struct err *e);
void unmet_close(struct engine *en);
/*
 * Walks the stack of one REC_UNMET record, of which 'stack' has at least stack_sz bytes, and adds its
 * sample to the ledger. Returns the number of frames (≤ ABI_USER_FRAMES + 1, the mark of an early end
 * too); 'end' is why they end: one that is given (not END_NONE) says that there is nothing to walk.
 */
uint32_t unmet_add(struct engine *en, const struct record_unmet *r, const void *stack,
                   uint64_t *frames, uint32_t *end);
/*
 * Takes a REC_UNMET or REC_CHECK record off its ring. 0, or -EAGAIN: it is taken, but no more is to be
 * read before unmet_work().
 */
int unmet_take(struct engine *en, const void *record, size_t size);
/* Does the work of all records that were taken, in their order. */
void unmet_work(struct engine *en);
/* Samples of that key were added: their files' tables are of use. */
void unmet_sampled(struct engine *en, const struct sample_key *key, const struct sample_value *v);
/* At every drain: shows the kernel what changed in the processes that it knows. */
void unmet_refresh(struct engine *en);
/* A process is gone. */
void unmet_forget(struct engine *en, uint32_t pid);

/* drain.c: takes what is in the rings, and does no work on it. 0, -EAGAIN or -errno. */
int drain_rings(struct engine *en);

/* check.c: the file of --unwind check (session/check.h). 0 or -errno. */
int check_open(struct engine *en, struct err *e);
/* 0, or -errno of the first write that failed; NULL-safe. */
int check_close(struct engine *en);
/* Writes one REC_CHECK record; walks and adds the sample of one that the kernel's walker has not met. */
void check_add(struct engine *en, const struct record_check *r, size_t size);

/* CLOCK_BOOTTIME and CLOCK_MONOTONIC, ns. */
uint64_t boot_ns(void);
uint64_t mono_ns(void);

#endif
