/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One walk by libdwfl: from a sample's registers and its copy of the stack. Its frames are as ebprof
 * gives them (include/step.h): the leaf's is the instruction that was to run next, the frame's above a
 * signal frame is one more than the interrupted instruction, all others are return addresses.
 */
#ifndef EBPROF_TESTS_WALK_H
#define EBPROF_TESTS_WALK_H

#include <elfutils/libdwfl.h>

#include "image.h"

enum {
	WALK_FRAMES_MAX = 1 << 14, /* twice what fits into the copy of a stack */
};

enum walk_end {
	WALK_ROOT,       /* the return address is undefined */
	WALK_ZERO,       /* it is zero: libdwfl takes that for a root */
	WALK_FP_ZERO,    /* no CFI, and a frame pointer of zero, which is the ABI's root */
	WALK_CUT,        /* the copy of the stack ends here, the stack does not */
	WALK_ELSEWHERE,  /* the stack goes on in memory that was not copied */
	WALK_UNREADABLE, /* no stack there */
	WALK_LONG,       /* WALK_FRAMES_MAX */
	WALK_ERROR,      /* see 'error' */
};

struct walk {
	struct image *image;
	const struct check_sample *sample;
	size_t cnt;
	uint64_t frames[WALK_FRAMES_MAX];
	uint8_t facts[WALK_FRAMES_MAX]; /* enum fact_bits of each */
	enum walk_end end;
	const char *error;  /* of libdwfl */
	uint64_t fp;        /* of the last frame */
	bool read, read_ok; /* since the last frame: was there a read, did the last one succeed? */
	uint64_t read_at, read_word;
};

/* What the images need to read a sample; their argument is the struct walk. */
extern const Dwfl_Thread_Callbacks walk_callbacks;

/* Walks a sample of an image that images_get() gave. */
void walk_sample(struct walk *w, struct image *image, const struct check_sample *s);

/* An address inside the instruction that frame i was at: for searches. */
uint64_t walk_look(const uint64_t *frames, size_t i);

#endif
