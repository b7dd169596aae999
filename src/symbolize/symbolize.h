/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names for the locations of a profile: each distinct address once, by the source of names that its
 * mapping has. A location that nobody can name gets the function [FILE], so that every location has a
 * line when this is done, but those whose source is left for later. One that has no more than that
 * from before is asked about again.
 */
#ifndef EBPROF_SYMBOLIZE_SYMBOLIZE_H
#define EBPROF_SYMBOLIZE_SYMBOLIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "symbolize/demangle.h"

struct cache;
struct err;
struct fetch;
struct file;
struct jit;
struct ksyms;
struct profile;

/* What a mapping of the profile is made of: one for each mapping id, [0] is id 1. */
struct symbolize_source {
	enum {
		SOURCE_NONE = 0,   /* nothing to ask: [FILE] */
		SOURCE_FILE = 1,   /* an ELF file */
		SOURCE_KERNEL = 2, /* kallsyms: kernel, modules, BPF programs */
		SOURCE_FIXED = 3,  /* the lines were set by who made the locations */
		SOURCE_JIT = 4,    /* code that a program made and named itself */
		SOURCE_LATER = 5,  /* not asked now: its locations stay as they are */
	} what;
	/* Its fd must be open, else the locations stay nameless. SOURCE_JIT: asked last. */
	struct file *file;
	const struct jit *jit; /* SOURCE_JIT: where that program names its code */
	uint64_t start;        /* SOURCE_JIT: where the mapping begins in the program */
	/* What is asked about is this much higher: SOURCE_FILE: file offsets, SOURCE_KERNEL: addresses. */
	uint64_t shift;
};

struct symbolize_options {
	const char *const *debug_dirs; /* where debug files are: ends in NULL; NULL = nowhere */
	enum demangle_style demangle;
	struct fetch *fetch; /* asked for debug files that are nowhere else; NULL = nobody is */
	struct cache *cache; /* of names in files, from profile to profile; NULL = none */
};

struct symbolize_counters {
	uint64_t locations, named;
	uint64_t cached;           /* locations whose file had not to be read for them */
	uint64_t unreadable_files; /* files that could not be parsed */
	uint64_t failed_workers;   /* files whose worker died, hung or could not be had */
	uint64_t mismatched_files; /* files whose debug file is another one's, and not used */
	uint64_t
		unusable_maps; /* of code that programs made: not to be parsed, or not to the end */
	uint64_t large_dwarf;  /* files without lines: they take too much room, decompressed */
	uint64_t missing_dwo;  /* .dwo files, or their packages, that were not found */
	/* files whose debug file no server has, is refused, or was not waited for (any longer) */
	uint64_t fetch_missing, fetch_refused, fetch_silent;
};

/* Names all locations without names. 0 or -ENOMEM; 'ksyms' may be NULL. */
int symbolize_profile(struct profile *p, const struct symbolize_source *sources, size_t source_cnt,
                      const struct ksyms *ksyms, const struct symbolize_options *options,
                      struct symbolize_counters *counters);

#endif
