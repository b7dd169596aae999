/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the names of a profile come from that was written with addresses alone, later or on another
 * machine: each of its mappings gets a source for symbolize_profile(), or a reason why it has none.
 */
#ifndef EBPROF_SYMBOLIZE_RECORDED_H
#define EBPROF_SYMBOLIZE_RECORDED_H

#include <stddef.h>
#include <stdint.h>

#include "base/table.h"

struct ksyms;
struct profile;
struct symbolize_counters;
struct symbolize_options;
struct symbolize_source;

/* What became of a mapping. */
enum recorded_state {
	RECORDED_IDLE,       /* nothing to find: all of it is named, or it is no file's */
	RECORDED_FOUND,      /* the file, its debug file or the running kernel */
	RECORDED_BY_TIME,    /* the file, by path, size and time, for it has no build ID */
	RECORDED_MISSING,    /* there is no such file */
	RECORDED_MISMATCHED, /* what there is has another build ID, size or time */
	RECORDED_UNKNOWN,    /* the profile says neither build ID nor size and time */
	RECORDED_SPLIT,      /* a debug file alone, and not a whole segment was mapped */
	RECORDED_TOO_MANY,   /* more files than can be open at once */
	RECORDED_KERNEL,     /* of another kernel, or of this one, whose addresses are hidden */
	RECORDED_STATES
};

struct recorded {
	struct symbolize_source *sources; /* of mapping id: [id - 1] */
	enum recorded_state *states;      /* the same */
	size_t source_cnt;
	struct ksyms *ksyms; /* NULL: not needed, or not to be had: then ksyms_why says it */
	char ksyms_why[256];
	struct table files;            /* struct recorded_entry */
	uint64_t cnt[RECORDED_STATES]; /* files; of SPLIT and KERNEL mappings */
};

/*
 * Opens what the profile's nameless locations need, and counts what debuginfod did not give of it; 0 or
 * -ENOMEM. Release it in any case.
 */
int recorded_open(struct recorded *r, struct profile *p, const struct symbolize_options *options,
                  struct symbolize_counters *counters);
void recorded_release(struct recorded *r);

#endif
