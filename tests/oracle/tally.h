/* SPDX-License-Identifier: Apache-2.0 */
/* Counts of verdicts, by cause and by the place where the two walks parted. */
#ifndef EBPROF_TESTS_TALLY_H
#define EBPROF_TESTS_TALLY_H

#include "verdict.h"

struct tally {
	uint64_t samples, equal, complete, exiting;
	uint64_t notes[NOTE_CNT];
	void *places; /* a tree of struct place */
	bool failed;  /* out of memory */
};

void tally_add(struct tally *t, const struct check_sample *s, struct walk *w,
               const struct verdict *v);

/* For people, then one line of JSON. */
void tally_print(struct tally *t);
void tally_release(struct tally *t);

#endif
