/* SPDX-License-Identifier: Apache-2.0 */
/* A total that is divided in proportion to what parts of it say of themselves, exactly: nothing is rounded away. */
#ifndef EBPROF_BASE_QUOTA_H
#define EBPROF_BASE_QUOTA_H

#include <stdint.h>

struct quota {
	uint64_t total;        /* to be divided */
	uint64_t said;         /* what all parts say together, known before the first is taken */
	uint64_t taken, given; /* of 'said' and of 'total', what was divided until now */
};

/* The share of a part that says 'n'; all of them together get all of it. */
uint64_t quota_take(struct quota *q, uint64_t n);

#endif
