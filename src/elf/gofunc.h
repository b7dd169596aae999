/* SPDX-License-Identifier: Apache-2.0 */
/* What Go's table says of one function beside its stack: where its names and lines are. */
#ifndef EBPROF_ELF_GOFUNC_H
#define EBPROF_ELF_GOFUNC_H

#include <stdbool.h>
#include <stdint.h>

struct go_table;

/* Tables are offsets from 'pcs', 0 = there is none. */
struct gofunc {
	uint64_t entry, size; /* the entry is relative to 'text'; bytes of code */
	uint32_t name;        /* an offset from 'names' */
	uint32_t files, lines, unit;
	uint32_t start_line; /* 0 = not known: before Go 1.20 */
	uint32_t calls;      /* which inlined call the code is of */
	uint64_t tree;       /* of its inlined calls, for gotree.h */
	bool has_tree;
};

/* The number of the function that has an address relative to 'text'; func_cnt = none. */
uint64_t gofunc_find(const struct go_table *t, uint64_t address);
/* Function i; false: the table does not have it all. */
bool gofunc_at(const struct go_table *t, uint64_t i, struct gofunc *func);
/* What a table says of the code 'pc' bytes behind the function's entry; -1 = nothing. */
int64_t gofunc_value(struct go_table *t, uint32_t table, uint64_t pc);

#endif
