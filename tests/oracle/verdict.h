/* SPDX-License-Identifier: Apache-2.0 */
/* Compares the frames that ebprof found with those of libdwfl's walk. */
#ifndef EBPROF_TESTS_VERDICT_H
#define EBPROF_TESTS_VERDICT_H

#include "walk.h"

/* What is said of samples beside their verdict. */
#define NOTES(X)                                                                           \
	X(GO_ROOT, "go-root")       /* equal: Go's root, behind which libdwfl went on */   \
	X(ENTRY_ROOT, "entry-root") /* equal: no CFI, but its file's entry point */        \
	X(ZERO_ROOT, "zero-root")   /* equal: libdwfl ended at a return address of zero */ \
	X(TWICE, "mapped-twice")    /* a frame is the same by its file and offset only */  \
	X(NO_CFI, "no-cfi")         /* libdwfl went by frame pointer somewhere */          \
	X(SIGNAL, "signal")         /* the walk went through a signal frame */             \
	X(UNMET, "unmet")           /* ebprof walked in user space, from a copy of the stack */
#define NOTE_ENUM(name, text) NOTE_##name,
enum note { NOTES(NOTE_ENUM) NOTE_CNT };

struct verdict {
	bool equal;
	char cause[120];  /* why not, or by which of the notes; "" = by both their tables */
	uint32_t notes;   /* 1 << enum note */
	size_t common;    /* frames that are the same */
	size_t frame_cnt; /* of ebprof */
	const uint64_t *frames;
};

void verdict_of(const struct check_sample *s, struct walk *w, struct verdict *v);

#endif
