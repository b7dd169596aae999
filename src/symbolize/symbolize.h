/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names for the locations of a profile: each distinct address once, by the source of names that its
 * mapping has. A location that nobody can name gets the function [FILE]; every location has a line
 * when this is done.
 */
#ifndef EBPROF_SYMBOLIZE_SYMBOLIZE_H
#define EBPROF_SYMBOLIZE_SYMBOLIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "symbolize/demangle.h"

struct cache;
struct err;
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
	} what;
	/* Its fd must be open, else the locations stay nameless. SOURCE_JIT: asked last. */
	struct file *file;
	const struct jit *jit; /* SOURCE_JIT: where that program names its code */
	uint64_t start;        /* SOURCE_JIT: where the mapping begins in the program */
};

struct symbolize_options {
	const char *const *debug_dirs; /* where debug files are: ends in NULL; NULL = nowhere */
	enum demangle_style demangle;
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
	uint64_t missing_dwo;  /* .dwo files, or their packages, that were not found */
};

/* Names all locations without lines. 0 or -ENOMEM; 'ksyms' may be NULL. */
int symbolize_profile(struct profile *p, const struct symbolize_source *sources, size_t source_cnt,
                      const struct ksyms *ksyms, const struct symbolize_options *options,
                      struct symbolize_counters *counters);

#endif
