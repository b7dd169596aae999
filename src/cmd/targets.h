/* SPDX-License-Identifier: Apache-2.0 */
/* Targets as the user named them, checked against what lives. */
#ifndef EBPROF_CMD_TARGETS_H
#define EBPROF_CMD_TARGETS_H

#include <stdint.h>

struct engine_options;
struct err;
struct targets;

/*
 * Drops pids and tids that are gone (a warning each; an error when none is left), turns cgroup paths
 * into the v2 tree's, and fills in the online CPUs. 0 or -errno.
 */
int targets_resolve(struct engine_options *o, struct err *e);
/* Where the tree of cgroup v2 is mounted, "" = nowhere. */
const char *targets_cgroup_root(void);
/* The launched command is the only process wanted. 0 or -ENOMEM. */
int targets_add_command(struct targets *t, uint32_t pid);

#endif
