/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sums that are known exactly, divided among samples, which know only shares (kind.is_total). A sum is that of
 * a process and a reason, for each of the profile's values. Two passes over the samples: all are added, then
 * each is divided.
 */
#ifndef EBPROF_SESSION_EXACT_H
#define EBPROF_SESSION_EXACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"
#include "base/table.h"

struct exact {
	struct table sums; /* of exact.c */
};

void exact_init(struct exact *x);
void exact_release(struct exact *x);
/* Adds the values of a sum, or those of a sample. 0 or -ENOMEM. */
int exact_add_total(struct exact *x, const struct sample_key *key, const int64_t *values);
int exact_add_sample(struct exact *x, const struct sample_key *key, const int64_t *values);
/* Makes of a sample's values its part of the sum; without one they stay. */
void exact_divide(struct exact *x, const struct sample_key *key, int64_t *values);
/* A sum that has no sample, from number *at on, which is moved on; false: there is no more. */
bool exact_rest(const struct exact *x, size_t *at, struct sample_key *key, int64_t *values);

#endif
