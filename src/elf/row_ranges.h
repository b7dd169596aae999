/* SPDX-License-Identifier: Apache-2.0 */
/* The ranges of code that the sources of rows speak of, by address and without overlaps. */
#ifndef EBPROF_ELF_ROW_RANGES_H
#define EBPROF_ELF_ROW_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct elf_file;

/* Where two sources speak of the same code the first counts. */
enum row_source_kind { FROM_EH_FRAME, FROM_GOPCLNTAB, FROM_DEBUG_FRAME };

/* Where a source keeps what it says about a range, and how many bytes. */
struct row_source {
	uint32_t at, left;
	uint32_t owner : 30; /* CIE */
	uint32_t kind : 2;   /* enum row_source_kind */
};

struct row_range {
	uint64_t start;
	uint32_t size; /* bytes of code */
	struct row_source source;
};

/* Executable segments. */
#define TEXT_MAX 32
struct text_part {
	uint64_t start, end;
};

struct row_ranges {
	struct text_part text[TEXT_MAX];
	size_t text_cnt, text_last; /* text_last: where the last address was */
	uint64_t base;              /* the lowest address of text */
	struct row_range_item {
		uint32_t size;
		struct row_source source;
	} * items;       /* as they were added */
	uint64_t *order; /* by address: that, from the base, and the item's number below it */
	size_t cnt, cap;
	size_t at; /* how many were taken */
};

/* Only code that the file's headers know as such counts: executable segments. */
void row_ranges_init(struct row_ranges *r, const struct elf_file *f);
void row_ranges_release(struct row_ranges *r);
/*
 * Makes room for as many more, within limits: memory that is not used costs nothing, a copy of it
 * does. 0 or -ENOMEM.
 */
int row_ranges_expect(struct row_ranges *r, size_t cnt);
/* Adds the part of a range of 'size' bytes that is executable, if any. 0 or -ENOMEM. */
int row_ranges_add(struct row_ranges *r, uint64_t start, uint64_t size, struct row_source source);
/* Once all were added. Those at the same address stay in that order. 0 or -ENOMEM. */
int row_ranges_sort(struct row_ranges *r);
/*
 * Takes the next one by address; false: there is none. None overlaps the next: of one source the later
 * start wins and ends the earlier range, as in the binary search of .eh_frame_hdr; a lesser source
 * never cuts a better one; at the same start the better source wins, then what is first in its table.
 */
bool row_ranges_next(struct row_ranges *r, struct row_range *range);
/* A range that starts there, once they are sorted; false: none does. */
bool row_ranges_find(const struct row_ranges *r, uint64_t start, struct row_range *range);

#endif
