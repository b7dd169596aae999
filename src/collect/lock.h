/* SPDX-License-Identifier: Apache-2.0 */
/* Source lock: what the releases of futexes have held up. */
#ifndef EBPROF_COLLECT_LOCK_H
#define EBPROF_COLLECT_LOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct collect_options;
struct kind_label;
struct profile;
struct sample_key;
struct sample_value;
struct source;

extern const struct source source_lock;

/* What kinds that show locks have in common: the sample types, their values, and what classify/ needs. */
void lock_describe(const struct collect_options *o, struct profile *p);
void lock_values(const struct sample_value *in, int64_t *out);
/* The label from which, and from names, src/classify/ makes primitive: of an operation on a futex. Returns 1. */
size_t lock_label(int operation, struct kind_label *to);
/* Of source sched's waits, those for a lock, and their labels. */
bool lock_waits(const struct sample_key *key);
size_t lock_wait_labels(const struct sample_key *key, struct kind_label *to);

#endif
