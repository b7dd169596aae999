/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where an address of a sample lies in the profile: its mapping (made at first use, ranges disjoint)
 * and its location. Remembers for each mapping where its names come from.
 */
#ifndef EBPROF_SESSION_PLACE_H
#define EBPROF_SESSION_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/table.h"
#include "symbolize/symbolize.h"

struct file;
struct image;
struct jits;
struct ksyms;
struct profile;

struct place_range;

struct place {
	struct profile *profile;
	struct ksyms *ksyms;        /* NULL: kernel addresses stay nameless */
	const struct jits *jits;    /* NULL: nobody names code that programs make */
	struct table files;         /* struct file_key → mapping id */
	struct place_range *ranges; /* of the kernel, with a mapping each */
	size_t range_cnt, range_cap, range_last;
	struct symbolize_source *sources; /* [id - 1] */
	size_t source_cnt, source_cap;
	uint32_t pseudo;             /* mapping id of [ebprof] */
	uint64_t weight;             /* of the sample that is being placed: its count */
	uint64_t unmapped, remapped; /* frames, by weight */
	bool failed;
};

void place_init(struct place *pl, struct profile *p);
void place_release(struct place *pl);
/* Makes mapping 1: the program's own file, or a placeholder of that name. */
void place_main(struct place *pl, const struct image *im);
void place_placeholder(struct place *pl, const char *name);
/* Location ids. 'im' may be NULL: nobody knows the process. */
uint32_t place_user(struct place *pl, const struct image *im, uint64_t address);
/*
 * A frame whose file the walker knew already, in the image's mapping of it. Something else is mapped
 * there now: [remapped]. Nobody knows the process: a mapping is made for the file.
 */
uint32_t place_file(struct place *pl, const struct image *im, struct file *file, uint64_t offset);
uint32_t place_kernel(struct place *pl, uint64_t address);
/* A frame of ebprof's own with that name. */
uint32_t place_own(struct place *pl, const char *name);
/* Where a wake came from whose kernel frames are those of an interrupt: "[timer]", "[softirq]", "[irq]". */
const char *place_interrupt(const struct place *pl, const uint64_t *frames, uint32_t cnt);
/* How many of the first frames of a wake's kernel stack are the hook's and the wake's own. */
uint32_t place_past_wake(const struct place *pl, const uint64_t *frames, uint32_t cnt);
/* [end: REASON] for an enum abi_end. */
uint32_t place_end(struct place *pl, unsigned int end);
/* [no sample]: the stack of a time that no sample tells of. */
uint32_t place_no_sample(struct place *pl);
/* Is this kernel address in an interrupt's entry code, so that its caller's address is exact? */
bool place_is_interrupt(const struct place *pl, uint64_t address);

#endif
