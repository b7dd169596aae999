/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The calls that Go's compiler inlined: each function with such calls has a tree of them, an array
 * in which a call inside an inlined function has a higher number than the call of that function.
 */
#ifndef EBPROF_ELF_GOTREE_H
#define EBPROF_ELF_GOTREE_H

#include <stdbool.h>
#include <stdint.h>

struct go_table;
struct gofunc;

/* Where the trees are. */
struct gotree {
	bool known;
	uint64_t base; /* offset in the file of what they are relative to */
};

struct gotree_call {
	uint32_t name; /* of the function called: an offset from 'names' */
	uint32_t start_line;
	uint32_t
		parent; /* code with the line of the call, from the entry of the whole function on */
};

/* Finds the trees of a file; they may stay unknown. */
void gotree_find(struct go_table *t, struct gotree *trees);
/* Call 'number' of the function's tree; false: there is none, or one that cannot be. */
bool gotree_at(const struct go_table *t, const struct gotree *trees, const struct gofunc *func,
               uint32_t number, struct gotree_call *call);

#endif
