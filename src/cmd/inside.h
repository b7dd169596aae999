/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EBPROF_CMD_INSIDE_H
#define EBPROF_CMD_INSIDE_H

struct options;
struct preload;

/*
 * Makes the sampler that goes into the command, if a kind wants one and the command can have it; else probes
 * do the work, and it says why.
 */
void inside_prepare(struct options *o, struct preload *p);

#endif
