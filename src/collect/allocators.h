/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of an allocator in one file, and where to put probes on them. */
#ifndef EBPROF_COLLECT_ALLOCATORS_H
#define EBPROF_COLLECT_ALLOCATORS_H

#include <stddef.h>

#include "collect/uprobe.h"

#define ALLOCATOR_SITES 64

struct allocator {
	const char *name; /* NULL: there is none in this file */
	struct uprobe_site calls[ALLOCATOR_SITES], frees[ALLOCATOR_SITES];
	size_t call_cnt, free_cnt;
	size_t dear; /* of these, sites that the kernel has to step over */
};

/* What the open file has; 0, or -errno: it cannot be read. */
int allocator_find(int file, struct allocator *a);

#endif
