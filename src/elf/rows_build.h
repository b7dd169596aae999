/* SPDX-License-Identifier: Apache-2.0 */
/* How the sources of rows work together: each adds ranges of code, and makes the rows of a range. */
#ifndef EBPROF_ELF_ROWS_BUILD_H
#define EBPROF_ELF_ROWS_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "elf/cfi.h"
#include "elf/gopclntab.h"
#include "elf/rows.h"

/* Where two sources speak of the same code the first counts. */
enum row_source { FROM_EH_FRAME, FROM_GOPCLNTAB, FROM_DEBUG_FRAME, FROM_CNT };

struct row_range {
	uint64_t start;
	uint32_t size;       /* bytes of code */
	uint32_t at, left;   /* where its source keeps what it says about it, and how many bytes */
	uint32_t owner : 30; /* CIE */
	uint32_t source : 2; /* enum row_source */
};

/* Executable segments. */
#define TEXT_MAX 32
struct text_part {
	uint64_t start, end;
};

struct row_builder {
	struct elf_file *file;
	struct elf_rows_more more;
	struct elf_rows *rows;
	struct row_range *ranges;
	size_t range_cnt, range_cap;
	struct text_part text[TEXT_MAX];
	size_t text_cnt, text_last; /* text_last: where the last address was */
	struct cfi_table eh, debug;
	struct go_table go;
	struct elf_row *last; /* row, NULL = none yet */
	bool unsupported;     /* there is such a row */
	bool full;            /* there are as many rows as there may be */
	size_t passed;        /* rows that were handed on */
	int err;
};

/* Adds the part of a range of 'size' bytes that is executable, if any. 0 or -ENOMEM. */
int rows_add_range(struct row_builder *b, struct row_range range, uint64_t size);
/*
 * Adds a row behind the others (its address is never below theirs); one at the same address is
 * replaced. Out of memory is remembered in b->err.
 */
void rows_put(struct row_builder *b, const struct elf_row *row);

#endif
