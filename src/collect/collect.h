/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The user half of what is captured. A source owns hooks in the kernel and is attached once; a kind
 * is a view on a source: its sample types and how they follow from the values that the source
 * measured. Each is one file that ends in its const row; the list of kinds is include/kinds.h.
 */
#ifndef EBPROF_COLLECT_COLLECT_H
#define EBPROF_COLLECT_COLLECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"
#include "collect/sched.h"

struct ebprof_bpf;
struct err;
struct links;
struct preload;
struct processes;
struct profile;
struct tick_event;

/* What the user asked of the sources. */
struct collect_options {
	const struct tick_event *event; /* tick: what overflows */
	uint64_t freq_hz;               /* tick: samples a second and CPU, when period is 0 */
	uint64_t period;                /* tick: events between two samples */
	struct sched_options sched;
	uint64_t alloc_rate;    /* alloc: mean bytes between two samples */
	const char *alloc_type; /* alloc: the type that is shown first, NULL = in use, bytes */
	const struct preload *preload; /* alloc: the sampler that the command gets, NULL = none */
	uint64_t growth_rate;          /* growth: mean bytes between two samples */
	uint32_t reasons;              /* sched: of the kinds' waits, bits 1 << enum wait_reason */
	bool owners;                   /* sched: a kind tells who has a lock that is waited for */
	const bool *cpus;              /* by number, NULL = all that are online */
	size_t cpu_cnt;
};

struct source {
	const char *name;
	uint32_t ctx;      /* enum abi_ctx of its programs */
	bool in_scheduler; /* its kernel stacks begin in the scheduler, and in the hook there */
	/* NULL, or: what its programs will be attached to on this kernel, as a text. */
	void (*hook)(const struct collect_options *o, char *text, size_t size);
	/* Turns its programs on; between open and load. */
	void (*enable)(struct ebprof_bpf *skel, const struct collect_options *o);
	/* Attaches its programs; what is open belongs to 'links', also after an error. */
	int (*attach)(struct ebprof_bpf *skel, const struct collect_options *o, struct links *links,
	              struct err *e);
	/*
	 * NULL, or: attaches to what the wanted processes have mapped since the last call; called after
	 * attach and at each drain. 0 or -errno, also when there is nothing that it could attach to.
	 */
	int (*follow)(struct ebprof_bpf *skel, const struct collect_options *o,
	              struct processes *ps, struct err *e);
	void (*detach)(void); /* NULL, or: closes what follow() attached */
	/*
	 * NULL, or: at a window's end, calls 'add' with what is over and had no event. 'kept': is this process
	 * (of key.tgid) one whose state at its end is wanted?
	 */
	void (*settle)(struct ebprof_bpf *skel, bool (*kept)(void *arg, uint32_t tgid),
	               void (*add)(void *arg, const struct sample_key *key,
	                           const struct sample_value *value),
	               void *arg);
};

/* A label of a kind's own, a text or (NULL) a number with its unit; texts are static. */
struct kind_label {
	const char *key, *text;
	int64_t num;
	const char *unit;
};
#define KIND_LABELS 4

struct kind {
	const char *name;    /* also the command and the middle of the file name */
	const char *help;    /* one line */
	const char *example; /* a command line, NULL = none */
	const char *empty;   /* what it means that there is not one sample: "the targets ..." */
	enum kind_id id;
	enum kind_id recorded; /* what the source records for it: the kind of the samples' keys */
	uint32_t
		parts; /* kinds whose samples it is made of, in place of its own: bits 1 << enum kind_id */
	const struct source *source;
	/* Which of these samples are shown; NULL = all. */
	bool (*shows)(const struct sample_key *key);
	uint32_t reasons; /* of waits that it shows: bits 1 << enum wait_reason */
	bool owners;      /* it tells who has a lock that is waited for */
	bool releases;    /* its samples are releases: their tag is the stack of a waiter */
	bool locks; /* of futexes it shows mutexes, rwlocks and the GIL alone, which names tell */
	/* Adds the sample types and sets the period. */
	void (*describe)(const struct collect_options *o, struct profile *p);
	/* The profile's values (one a sample type) of what the source measured. */
	void (*values)(const struct sample_value *in, int64_t *out);
	/* NULL, or: makes of the values of that key what they stand for. */
	void (*scale)(const struct collect_options *o, const struct sample_key *key,
	              int64_t *values);
	/*
	 * NULL, or: is it no sample, but the exact sum of a process (start, tgid, exec_id) and a reason, among
	 * whose samples it is divided? It has values as a sample has.
	 */
	bool (*is_total)(const struct sample_key *key);
	/* The labels of its own (at most KIND_LABELS), returns their number; NULL = it has none. */
	size_t (*labels)(const struct sample_key *key, struct kind_label *to);
};

/* The kind with that number (never NULL for a valid one), or with that name, else NULL. */
const struct kind *kind_at(enum kind_id id);
const struct kind *kind_find(const char *name);
/* These kinds and those that they are made of: bits 1 << enum kind_id. */
uint32_t kinds_needed(uint32_t kinds);
/* Is this kind one of those, or needed for one, and the first of its source? */
bool kind_brings_source(uint32_t kinds, int kind);
/* Are there waits in what it shows? */
bool kind_has_waits(const struct kind *k);

#endif
