/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of one file by file offset, in blocks as include/tables.h describes them. */
#ifndef EBPROF_UNWIND_BLOCKS_H
#define EBPROF_UNWIND_BLOCKS_H

#include <stddef.h>
#include <stdint.h>

#include "unwind/ranges.h"

struct elf_file;
struct busy;
struct elf_row;
struct elf_rows;
struct blocks_stream;
struct rules;

/* Most blocks of one file: 4 GiB of file offsets. What lies behind is walked by frame pointer. */
#define BLOCKS_OF_FILE_MAX (1u << 16)

struct blocks {
	uint32_t *words; /* all blocks, one after the other */
	size_t cnt, cap;
	struct range *items; /* in words; cnt 0 = no rows there */
	size_t item_cnt, item_cap;
	size_t row_cnt;
};

/*
 * The table of a file that elf_rows_build() has read: empty when it has no rows, and when it is not
 * of x86-64. 'busy' (NULL = nobody) is called each fraction of a millisecond. 0 or -ENOMEM. Release it in any case; 'b' is zeroed before.
 */
int blocks_encode(struct blocks *b, const struct elf_file *f, const struct elf_rows *from,
                  struct rules *rules, const struct busy *busy);
void blocks_release(struct blocks *b);

/*
 * The same while the rows are made: elf_rows_more.rows is blocks_stream_rows(), its argument the
 * stream. NULL: out of memory, or a file whose segments are not in the same order in it and in memory,
 * so that its rows have to be kept.
 */
struct blocks_stream *blocks_stream_new(struct blocks *b, const struct elf_file *f,
                                        struct rules *rules);
void blocks_stream_rows(void *stream, const struct elf_row *rows, size_t cnt);
/* All rows were given; frees the stream. 0 or -ENOMEM. */
int blocks_stream_end(struct blocks_stream *s);

#endif
