/* SPDX-License-Identifier: Apache-2.0 */
/* A profile while it is made (finish.c): what frames.c and labels.c put into each sample. */
#ifndef EBPROF_SESSION_FINISHING_H
#define EBPROF_SESSION_FINISHING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect/collect.h"
#include "profile/profile.h"
#include "session/exact.h"
#include "session/place.h"
#include "session/wall.h"
#include "session/window.h"

struct ledger_related;

/* Frames of one stack: user, kernel, a waiter's, and the last-frame marks of all. */
#define FRAMES_MAX (2 * ABI_USER_FRAMES + ABI_KERN_FRAMES + 3)
/* And those of a waker, its name and the frame between. */
#define STACK_MAX  (2 * FRAMES_MAX + 2)
#define LABELS_MAX (13 + KIND_LABELS)

struct finish {
	const struct window *window;
	const struct kind *kind;
	const struct finish_options *options;
	struct finish_stats *st;
	struct profile *profile;
	struct place place;
	struct wall wall;   /* for a kind that is made of others */
	struct exact exact; /* for a kind that has exact sums */
	struct table pids;  /* u32 */
	bool labels;
	uint32_t stack[STACK_MAX];
	size_t stack_cnt;
};

/* frames.c: add to f->stack, the leaf first. */
void finish_push(struct finish *f, uint32_t location);
/* The kernel's frames of a thread that waits, or ('wakes') of one that ends a wait. */
void finish_kernel(struct finish *f, const struct sample_key *key, bool wakes);
/* The user stack of that number. */
void finish_user(struct finish *f, const struct sample_key *key, uint64_t id);
/* Who ended the wait, if that is asked for. */
void finish_waker(struct finish *f, const struct sample_key *key);

/* labels.c: all labels of a sample; their number, at most LABELS_MAX. */
size_t finish_labels(struct finish *f, const struct sample_key *key, struct profile_label *to);
/* Adds one to the n that there are; returns n + 1. */
size_t finish_number(struct profile *p, struct profile_label *to, size_t n, const char *key,
                     int64_t num, const char *unit);
/* Who ended the wait: NULL = nobody whose stack is there. */
const struct ledger_related *finish_related(const struct finish *f, const struct sample_key *key);
/* Its name: that of its process, or in brackets what is none. */
const char *finish_waker_name(const struct finish *f, const struct sample_key *key);

#endif
