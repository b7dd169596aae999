/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the sampler that goes into a launched command (src/preload/) shares with those outside: the settings
 * that are written into its file before it is handed over, and the events of its one probe.
 */
#ifndef EBPROF_PRELOADED_H
#define EBPROF_PRELOADED_H

#include <linux/types.h>

/* Sections of the library's file: where the settings lie, and the function that a probe is put on. */
#define PRELOAD_SETTINGS "ebprof_settings"
#define PRELOAD_EVENT    "ebprof_event"

#define PRELOAD_PATH_MAX 48

struct preload_settings {
	__u64 rate; /* mean bytes between two samples; 1 = every allocation */
	__u64 seed;
	__u64 device, inode;         /* of the library's file: what 'path' still has to lead to */
	char path[PRELOAD_PATH_MAX]; /* of the same, for programs that are executed later */
};

/* The second argument of the function; the third one is a block's address. */
enum preload_event {
	PRELOAD_ALLOCATED = 1, /* it is sampled; the fourth argument is its size in bytes */
	PRELOAD_FREED = 2,     /* as all that follow: of one that was sampled, or may have been */
	PRELOAD_ASIDE = 3,     /* realloc() was given it; this thread will say how that ended: */
	PRELOAD_MOVED = 4,     /* it is free */
	PRELOAD_BACK = 5,      /* it is in use as before */
};

_Static_assert(sizeof(struct preload_settings) == 32 + PRELOAD_PATH_MAX, "preload_settings");

#endif
