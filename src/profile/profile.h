/* SPDX-License-Identifier: Apache-2.0 */
/*
 * THE HUB: one profile in memory, in the terms of profile.proto. Everything is numbered as in the
 * file: ids are dense and start at 1, strings are numbers of one table (0 = ""). The builder
 * interns what it is given, so equal mappings, functions, locations and samples exist once. Knows
 * no pid, no BPF, no ELF and no file format.
 */
#ifndef EBPROF_PROFILE_PROFILE_H
#define EBPROF_PROFILE_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strings.h"
#include "base/table.h"

struct profile_value_type {
	uint32_t type, unit; /* strings */
};

struct profile_mapping {
	uint64_t start, limit, offset; /* [start, limit) in the profile's address space */
	uint32_t file, build_id;       /* strings; build_id is lower-case hex */
	bool has_functions, has_filenames, has_line_numbers, has_inline_frames;
};

struct profile_function {
	uint32_t name, system_name, filename; /* strings */
	uint32_t pad;
	int64_t start_line;
};

struct profile_line {
	uint32_t function; /* id */
	uint32_t column;
	int64_t line;
};

struct profile_location {
	uint32_t mapping; /* id, 0 = none */
	uint32_t is_folded;
	uint64_t address;
	uint64_t lines_key; /* not 0: the lines tell it apart from others of that address */
	size_t line_first, line_cnt; /* in profile.lines; line 0 is the innermost inlined callee */
};

struct profile_label {
	uint32_t key, str; /* strings; str = 0: a numeric label */
	int64_t num;
	uint32_t unit; /* string */
	uint32_t pad;
};

struct profile_sample {
	size_t stack_first, stack_cnt; /* in profile.stacks: location ids, the leaf first */
	size_t label_first, label_cnt; /* in profile.labels */
	size_t value_first;            /* in profile.values: type_cnt of them */
	uint64_t hash;                 /* of the stack and the labels */
};

struct profile {
	struct strings strings;
	struct profile_value_type *types;
	size_t type_cnt, type_cap;
	uint32_t default_type; /* string */
	struct profile_value_type period_type;
	int64_t period, time_ns, duration_ns; /* time_ns: UTC start, since 1970 */
	uint32_t drop_frames, keep_frames;    /* strings */
	uint32_t *comments;                   /* strings */
	size_t comment_cnt, comment_cap;

	struct profile_mapping *mappings; /* id i is mappings[i - 1] */
	size_t mapping_cnt, mapping_cap;
	struct table functions; /* struct profile_function */
	struct table locations; /* struct profile_location, keyed by what is before line_first */
	struct profile_line *lines;
	size_t line_cnt, line_cap;
	struct profile_sample *samples;
	size_t sample_cnt, sample_cap;
	uint32_t *stacks;
	size_t stack_cnt, stack_cap;
	struct profile_label *labels;
	size_t label_cnt, label_cap;
	int64_t *values;
	size_t value_cnt, value_cap;
	uint32_t *sample_slots; /* hash table: sample + 1, 0 = free; a power of two of them */
	size_t sample_slot_cnt;
	uint64_t next_user, next_kernel; /* where the next moved mapping goes */
	bool failed; /* an allocation failed: the profile is not to be written */
};

/* An empty profile, or NULL (out of memory). The caller frees it. */
struct profile *profile_new(void);
void profile_free(struct profile *p);

/* build.c: what is out of memory sets p->failed and returns 0; check once at the end. */
uint32_t profile_string(struct profile *p, const char *text);
/* The same for 'len' bytes, which end earlier at a NUL. */
uint32_t profile_string_n(struct profile *p, const char *text, size_t len);
const char *profile_text(const struct profile *p, uint32_t string);
/* Types come before the first sample. */
void profile_add_type(struct profile *p, const char *type, const char *unit);
void profile_set_period(struct profile *p, const char *type, const char *unit, int64_t period);
void profile_add_comment(struct profile *p, const char *text);
/* Appends the mapping as it is (no relocation); returns its id. */
uint32_t profile_add_mapping(struct profile *p, const struct profile_mapping *m);
/*
 * Appends a mapping whose range may overlap one that is there; then it is moved to a free
 * 2 MiB-aligned range above 0x6000_0000_0000, so that ranges stay disjoint (one of the kernel stays
 * in the upper half). Returns its id; the caller shifts addresses by mappings[id - 1].start -
 * m->start.
 */
uint32_t profile_place_mapping(struct profile *p, const struct profile_mapping *m);
uint32_t profile_add_function(struct profile *p, const char *name, const char *system_name,
                              const char *filename, int64_t start_line);
/* The location's id; the same (mapping, address) gives the same id. */
uint32_t profile_add_location(struct profile *p, uint32_t mapping, uint64_t address);
/* Replaces the lines of a location (they are copied). */
void profile_set_lines(struct profile *p, uint32_t location, const struct profile_line *lines,
                       size_t cnt);
/*
 * The location of a frame that its lines tell apart: an interpreter's frames share an address or
 * have none. The same (mapping, address, is_folded, lines) gives the same id; lines are copied.
 */
uint32_t profile_add_named_location(struct profile *p, uint32_t mapping, uint64_t address,
                                    bool is_folded, const struct profile_line *lines, size_t cnt);
/*
 * Adds 'values' (type_cnt of them) to the sample with that stack (location ids, the leaf first) and
 * those labels (in this order), which is made when there is none. What is passed is copied, and
 * does not lie in 'p'. A sum that does not fit stays at the end of its range.
 */
void profile_add_sample(struct profile *p, const uint32_t *stack, size_t stack_cnt,
                        const struct profile_label *labels, size_t label_cnt,
                        const int64_t *values);

/* The same, but as a sample of its own, whether there is an equal one or not. */
void profile_append_sample(struct profile *p, const uint32_t *stack, size_t stack_cnt,
                           const struct profile_label *labels, size_t label_cnt,
                           const int64_t *values);

/*
 * merge.c: one profile of several that have the same sample types, in which what is equal is one and no
 * sample is 0; headers are joined. The profiles stay the caller's. NULL = out of memory.
 */
struct profile *profile_merge(struct profile *const *profiles, size_t cnt);

/*
 * The frame between two stacks: behind it lies the one that the sample is of, before it, upside down, that
 * of who ended its wait.
 */
#define PROFILE_SEPARATOR "--"
/* Where the sample's own stack begins; 0: there is no other. */
size_t profile_own_stack(const struct profile *p, const struct profile_sample *s);

/* rewrite.c: a sample as it was, good until the function that it is passed to returns. */
struct profile_sample_view {
	size_t number; /* from 0 */
	const uint32_t *stack;
	size_t stack_cnt;
	const struct profile_label *labels;
	size_t label_cnt;
	const int64_t *values;
};
typedef void profile_rewrite_fn(struct profile *p, const struct profile_sample_view *s, void *arg);
/*
 * Takes all samples out of 'p' and calls 'fn' for each, which adds what is to be there in its place
 * (profile_add_sample()): nothing, itself, others. What becomes equal is summed up.
 */
void profile_rewrite_samples(struct profile *p, profile_rewrite_fn *fn, void *arg);

struct profile_location *profile_location(const struct profile *p, uint32_t id);
struct profile_function *profile_function(const struct profile *p, uint32_t id);
/* NULL for id 0. */
struct profile_mapping *profile_mapping(const struct profile *p, uint32_t id);
/* Does the location lie in the kernel (address in the upper half)? */
bool profile_location_is_kernel(const struct profile_location *l);
/* a + b, or the end of the range when it does not fit. */
int64_t profile_sum(int64_t a, int64_t b);
/* The sum of one value over all samples, which fits or stays at the end of its range. */
int64_t profile_total(const struct profile *p, size_t type);

/* check.c: NULL when the profile is valid, else what is wrong (a static string). */
const char *profile_check(const struct profile *p);
/* The part of it that every reader insists on: all numbers name something. */
const char *profile_check_references(const struct profile *p);
/*
 * What a capture promises beside: locations lie inside disjoint mappings, functions have names,
 * and, when 'symbolized', every location has a line.
 */
const char *profile_check_capture(const struct profile *p, bool symbolized);

/*
 * top.c: flat and cumulative weight of each function name in value 'type'. A location without lines
 * counts for its mapping's file.
 */
struct profile_top_row {
	uint32_t name; /* string */
	uint32_t pad;
	int64_t flat, cum;
};
/*
 * The rows by flat weight, heaviest first whatever its sign (ties: by cum, then by name); the
 * caller frees *rows. 0, -ENOMEM, or -EINVAL when there is no such value.
 */
int profile_top(const struct profile *p, size_t type, struct profile_top_row **rows, size_t *cnt);

#endif
