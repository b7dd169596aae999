/* SPDX-License-Identifier: Apache-2.0 */
/* Source alloc: calls of the allocators that the wanted processes have mapped. */
#ifndef EBPROF_COLLECT_ALLOC_H
#define EBPROF_COLLECT_ALLOC_H

#include "abi.h"

struct source;

/* Mean bytes between two samples: Go's, jemalloc's and tcmalloc's older default. */
#define ALLOC_RATE_DEFAULT (512u << 10)

extern const struct source source_alloc;

#endif
