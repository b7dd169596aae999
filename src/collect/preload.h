/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sampler that goes into a launched command (src/preload/), which ebprof carries: as a file in memory
 * that nobody can change any more, with its settings, to be handed over by LD_PRELOAD.
 */
#ifndef EBPROF_COLLECT_PRELOAD_H
#define EBPROF_COLLECT_PRELOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/uprobe.h"
#include "preloaded.h"

struct bpf_program;
struct err;
struct image;
struct links;

struct preload {
	int fd; /* closed at an exec */
	uint64_t device, inode;
	uint64_t event;              /* the file offset of the function that its probe sits on */
	char path[PRELOAD_PATH_MAX]; /* while this process lives, for those who may look into it */
};

/* Makes the file: a sample each 'rate' bytes on average. 0, or -errno with 'e'. */
int preload_open(struct preload *p, uint64_t rate, struct err *e);
void preload_close(struct preload *p);
/*
 * In the child that will be the command: its environment leads to the file. As another user, who may not look
 * into ebprof, it has the file open until the library closes it. 0 or -errno.
 */
int preload_hand_over(const struct preload *p);
/* Attaches the program to the sampler in whatever process; 0 or -errno. */
int preload_attach(const struct preload *p, struct links *l, const struct bpf_program *prog,
                   enum uprobe_way way);
/* Has the process mapped it? */
bool preload_is_in(const struct preload *p, const struct image *im);

#endif
