/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's news of processes: on each CPU a perf event that counts nothing and reports every
 * fork, exec, executable mapping, name and exit into a ring.
 */
#ifndef EBPROF_PROCESS_SIDEBAND_H
#define EBPROF_PROCESS_SIDEBAND_H

#include <stdbool.h>
#include <stdint.h>

struct err;
struct queue;
struct sideband;

/* Opened and enabled on every online CPU; NULL and 'e' on failure, with the reason in *code. */
struct sideband *sideband_open(int *code, struct err *e);
/* NULL is fine. What is unread is lost. */
void sideband_close(struct sideband *sb);
/* Moves what the rings hold into the queue. */
void sideband_read(struct sideband *sb, struct queue *q);
/* Does the kernel say build IDs (from Linux 5.12)? */
bool sideband_has_build_ids(const struct sideband *sb);

#endif
