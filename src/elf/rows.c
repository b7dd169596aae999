// SPDX-License-Identifier: Apache-2.0
#include "elf/rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "elf/arch_x86_64.h"
#include "elf/file.h"
#include "elf/rows_build.h"

#define ROWS_MAX      (1u << 23) /* of a file: 200 MiB; 2 million is the most seen */
#define BYTES_PER_ROW 6          /* of .eh_frame */
#define ROWS_PER_FUNC 6          /* of Go */
#define PADDING_MAX   16         /* bytes between functions that keep the rule before them */
#define PIECE_ROWS    1024       /* 24 KiB: they stay in the level-1 cache */
#define PIECE_KEEP    16         /* rows that later ones may still replace */
#define BUSY_RANGES   1024       /* some 0.2 ms of work */

static const struct row_rule no_rule = { { 0, 0 } }; /* ROW_NONE */

/* About as many rows as there will be: memory that is not used costs nothing, a copy of it does. */
static size_t guess(const struct row_builder *b)
{
	size_t cnt = b->eh.size / BYTES_PER_ROW + b->go.func_cnt * ROWS_PER_FUNC;

	if (b->more.rows)
		return PIECE_ROWS;
	return cnt < 1024 ? 1024 : cnt;
}

/* How many rows there are that were not handed on. */
static size_t have(const struct row_builder *b)
{
	return b->last ? (size_t)(b->last + 1 - b->rows->items) : 0;
}

/* Hands all rows on but the last 'keep'. */
static void pass_on(struct row_builder *b, size_t keep)
{
	struct elf_rows *rows = b->rows;
	size_t cnt = have(b), i;

	keep = keep < cnt ? keep : cnt;
	cnt -= keep;
	for (i = 0; b->unsupported && i < cnt; i++)
		rows->unsupported += rows->items[i].cfa == ROW_UNSUPPORTED;
	b->more.rows(b->more.rows_arg, rows->items, cnt);
	memmove(rows->items, rows->items + cnt, keep * sizeof(*rows->items));
	b->passed += cnt;
	b->last = keep ? &rows->items[keep - 1] : NULL;
}

/* Room for one more row, and for the last one of all; false: there is none. */
static bool make_room(struct row_builder *b)
{
	struct elf_rows *rows = b->rows;
	size_t cap = rows->cap ? rows->cap + rows->cap / 2 : guess(b), cnt = have(b);
	struct elf_row *grown;

	if (cnt < rows->cap)
		return true;
	if (cnt + b->passed >= ROWS_MAX)
		return false;
	if (b->more.rows && rows->cap) {
		pass_on(b, PIECE_KEEP);
		return true;
	}
	cap = cap < ROWS_MAX ? cap : ROWS_MAX;
	grown = realloc(rows->items, (cap + 1) * sizeof(*grown));
	if (!grown) {
		b->err = -ENOMEM;
		return false;
	}
	rows->items = grown;
	rows->cap = cap;
	b->last = cnt ? &grown[cnt - 1] : NULL;
	b->room = &grown[cap - 1];
	return true;
}

/*
 * The first row, one for which there is no room yet, one that replaces the last. When there are as
 * many as there may be, nothing is known from there on.
 */
void rows_put_slowly(struct row_builder *b, uint64_t address, struct row_rule rule)
{
	if (b->full || b->err)
		return;
	if (b->last && address <= b->last->address)
		b->last = b->last == b->rows->items ? NULL : b->last - 1;
	if (b->last && row_rule_same(row_rule(b->last), rule))
		return;
	if (!make_room(b)) {
		b->full = true;
		rule = no_rule;
	}
	if (b->err)
		return;
	b->last = b->last ? b->last + 1 : b->rows->items;
	row_set(b->last, address, rule);
}

static void run_range(struct row_builder *b, const struct row_range *r, uint64_t before)
{
	if (b->err || b->full)
		return;
	if (r->start - before > PADDING_MAX)
		rows_put(b, before, no_rule);
	if (r->source.kind == FROM_GOPCLNTAB)
		go_run(&b->go, r, b);
	else
		cfi_run(r->source.kind == FROM_EH_FRAME ? &b->eh : &b->debug, r, b);
}

static void run_ranges(struct row_builder *b)
{
	struct row_range r;
	uint64_t before = 0;

	while (row_ranges_next(&b->ranges, &r)) {
		if (b->rows->fdes % BUSY_RANGES == 0)
			busy_call(&b->more.busy);
		run_range(b, &r, b->rows->fdes++ ? before : r.start);
		before = r.start + r.size;
	}
	if (b->rows->fdes)
		rows_put(b, before, no_rule);
}

static int scan_sources(struct row_builder *b)
{
	int err = 0;

	if (cfi_find_eh(b->file, &b->eh))
		err = cfi_scan(&b->eh, b);
	if (!err && go_find(b->file, &b->go))
		err = go_scan(&b->go, b);
	if (!err && (cfi_find_debug(b->file, &b->debug) ||
	             (b->more.debug && cfi_find_debug(b->more.debug, &b->debug))))
		err = cfi_scan(&b->debug, b);
	return err;
}

static size_t count(const struct elf_rows *rows, enum row_cfa kind)
{
	size_t i, cnt = 0;

	for (i = 0; i < rows->cnt; i++)
		cnt += rows->items[i].cfa == kind;
	return cnt;
}

static void drop_items(struct elf_rows *rows)
{
	free(rows->items);
	rows->items = NULL;
	rows->cap = 0;
}

/* Gives back what the table does not need. */
static void shrink(struct elf_rows *rows)
{
	struct elf_row *less;

	if (!rows->cap)
		return;
	less = realloc(rows->items, rows->cnt * sizeof(*less));

	if (less) {
		rows->items = less;
		rows->cap = rows->cnt;
	}
}

static bool is_ours(const struct elf_file *f)
{
	return f->is64 && f->machine == ARCH_MACHINE;
}

int elf_rows_build(struct elf_file *f, const struct elf_rows_more *more, struct elf_rows *rows)
{
	struct elf_rows made = { 0 };
	struct row_builder b = { .file = f, .rows = &made };
	int err = 0;

	if (more)
		b.more = *more;
	if (is_ours(f)) {
		row_ranges_init(&b.ranges, f);
		err = scan_sources(&b);
		if (!err)
			err = row_ranges_sort(&b.ranges);
		if (!err) {
			run_ranges(&b);
			err = b.err;
		}
		made.cnt = b.passed + have(&b);
		if (b.more.rows && !err && b.last)
			pass_on(&b, 0);
		if (!err && !made.cnt && (b.eh.broken || b.debug.broken))
			err = -EINVAL;
	}
	cfi_release(&b.eh);
	cfi_release(&b.debug);
	row_ranges_release(&b.ranges);
	if (err) {
		elf_rows_release(&made);
		return err;
	}
	if (b.more.rows)
		drop_items(&made);
	else if (b.unsupported)
		made.unsupported = count(&made, ROW_UNSUPPORTED);
	shrink(&made);
	*rows = made;
	return 0;
}

void elf_rows_release(struct elf_rows *rows)
{
	free(rows->items);
	memset(rows, 0, sizeof(*rows));
}

const struct elf_row *elf_rows_find(const struct elf_rows *rows, uint64_t address)
{
	size_t low = 0, high = rows->cnt;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (rows->items[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &rows->items[low - 1] : NULL;
}
