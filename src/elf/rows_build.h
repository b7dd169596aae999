/* SPDX-License-Identifier: Apache-2.0 */
/* How the sources of rows work together: each adds ranges of code, and makes the rows of a range. */
#ifndef EBPROF_ELF_ROWS_BUILD_H
#define EBPROF_ELF_ROWS_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "elf/cfi.h"
#include "elf/gopclntab.h"
#include "elf/row_ranges.h"
#include "elf/rows.h"

struct row_builder {
	struct elf_file *file; /* the code, NULL = not known */
	struct elf_rows_more more;
	struct elf_rows *rows; /* but for their count */
	struct row_ranges ranges;
	struct cfi_table eh, debug;
	struct go_table go;
	struct elf_row *last; /* row, NULL = none yet */
	struct elf_row *room; /* the last one that there is room for */
	bool unsupported;     /* there is such a row */
	bool full;            /* there are as many rows as there may be */
	size_t passed;        /* rows that were handed on */
	size_t looked, calls; /* rows and calls whose code was looked at */
	int err;
};

/*
 * What a row says of its address: always moved as these two words, because a load that spans several
 * stores that have just been made waits for all of them.
 */
struct row_rule {
	uint64_t words[2];
};
_Static_assert(sizeof(struct elf_row) == 8 + sizeof(struct row_rule), "an address and a rule");

static inline struct row_rule row_rule(const struct elf_row *row)
{
	struct row_rule rule;

	memcpy(&rule.words[0], &row->offset, 8);
	memcpy(&rule.words[1], &row->fp, 8);
	return rule;
}

static inline void row_set(struct elf_row *row, uint64_t address, struct row_rule rule)
{
	row->address = address;
	memcpy(&row->offset, &rule.words[0], 8);
	memcpy(&row->fp, &rule.words[1], 8);
}

static inline bool row_rule_same(struct row_rule a, struct row_rule b)
{
	return !((a.words[0] ^ b.words[0]) | (a.words[1] ^ b.words[1]));
}

/* What rows_put() does where that is more than to add a row. */
void rows_put_slowly(struct row_builder *b, uint64_t address, struct row_rule rule);

/*
 * Adds a row behind the others (its address is never below theirs); one at the same address is
 * replaced. Out of memory is remembered in b->err. Inline, because it is called for every row.
 */
static inline void rows_put(struct row_builder *b, uint64_t address, struct row_rule rule)
{
	if (!b->last || address <= b->last->address || b->last == b->room)
		rows_put_slowly(b, address, rule);
	else if (!row_rule_same(row_rule(b->last), rule))
		row_set(++b->last, address, rule);
}

#endif
