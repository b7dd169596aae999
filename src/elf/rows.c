// SPDX-License-Identifier: Apache-2.0
#include "elf/rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "elf/arch_x86_64.h"
#include "elf/file.h"
#include "elf/rows_build.h"

#define ROWS_MAX      (1u << 23) /* of a file: 200 MiB; 2 million is the most seen */
#define RANGES_MAX    (1u << 22)
#define BYTES_PER_ROW 6 /* of .eh_frame */
#define ROWS_PER_FUNC 6 /* of Go */
#define DIGIT_BITS    10
#define DIGITS        (1u << DIGIT_BITS)
#define PADDING_MAX   16   /* bytes between functions that keep the rule before them */
#define PIECE_ROWS    4096 /* 96 KiB: half of a small level-2 cache */
#define PIECE_KEEP    16   /* rows that later ones may still replace */
#define BUSY_RANGES   1024 /* some 0.2 ms of work */

static void find_text(struct row_builder *b)
{
	size_t i;

	for (i = 0; i < b->file->phdr_cnt && b->text_cnt < TEXT_MAX; i++) {
		const Elf64_Phdr *ph = &b->file->phdrs[i];

		if (ph->p_type != PT_LOAD || !(ph->p_flags & PF_X) ||
		    ph->p_memsz > UINT64_MAX - ph->p_vaddr)
			continue;
		b->text[b->text_cnt].start = ph->p_vaddr;
		b->text[b->text_cnt++].end = ph->p_vaddr + ph->p_memsz;
	}
}

static const struct text_part *text_of(struct row_builder *b, uint64_t address)
{
	size_t i;

	for (i = 0; i < b->text_cnt; i++) {
		const struct text_part *part = &b->text[b->text_last];

		if (address >= part->start && address < part->end)
			return part;
		b->text_last = (b->text_last + 1) % b->text_cnt;
	}
	return NULL;
}

int rows_add_range(struct row_builder *b, struct row_range range, uint64_t size)
{
	const struct text_part *part = text_of(b, range.start);
	struct row_range *grown;

	if (!part || !size || b->range_cnt == RANGES_MAX)
		return 0; /* of a function that the linker dropped */
	if (size > part->end - range.start)
		size = part->end - range.start;
	range.size = size < UINT32_MAX ? (uint32_t)size : UINT32_MAX;
	grown = array_reserve(b->ranges, &b->range_cap, b->range_cnt + 1, sizeof(range));
	if (!grown)
		return -ENOMEM;
	b->ranges = grown;
	b->ranges[b->range_cnt++] = range;
	return 0;
}

/*
 * What is behind the address, always moved as these two words: a load that spans several stores
 * that have just been made waits for all of them.
 */
struct rule {
	uint64_t words[2];
};
_Static_assert(sizeof(struct elf_row) == 8 + sizeof(struct rule), "a row is an address and a rule");

static inline struct rule rule_of(const struct elf_row *row)
{
	struct rule rule;

	memcpy(&rule.words[0], &row->offset, 8);
	memcpy(&rule.words[1], &row->fp, 8);
	return rule;
}

static inline bool same_rule(struct rule a, struct rule b)
{
	return !((a.words[0] ^ b.words[0]) | (a.words[1] ^ b.words[1]));
}

/* About as many rows as there will be: memory that is not used costs nothing, a copy of it does. */
static size_t guess(const struct row_builder *b)
{
	size_t cnt = b->eh.size / BYTES_PER_ROW + b->go.func_cnt * ROWS_PER_FUNC;

	if (b->more.rows)
		return PIECE_ROWS;
	return cnt < 1024 ? 1024 : cnt;
}

/* Hands all rows on but the last 'keep'. */
static void pass_on(struct row_builder *b, size_t keep)
{
	struct elf_rows *rows = b->rows;
	size_t cnt = rows->cnt > keep ? rows->cnt - keep : 0, i;

	for (i = 0; b->unsupported && i < cnt; i++)
		rows->unsupported += rows->items[i].cfa == ROW_UNSUPPORTED;
	b->more.rows(b->more.rows_arg, rows->items, cnt);
	memmove(rows->items, rows->items + cnt, (rows->cnt - cnt) * sizeof(*rows->items));
	rows->cnt -= cnt;
	b->passed += cnt;
	b->last = rows->cnt ? &rows->items[rows->cnt - 1] : NULL;
}

/* Room for one more row, and for the last one of all; false: there is none. */
static bool make_room(struct row_builder *b)
{
	struct elf_rows *rows = b->rows;
	size_t cap = rows->cap ? rows->cap + rows->cap / 2 : guess(b);
	struct elf_row *grown;

	if (rows->cnt < rows->cap)
		return true;
	if (rows->cnt + b->passed >= ROWS_MAX)
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
	return true;
}

static void append(struct row_builder *b, uint64_t address, struct rule rule)
{
	struct elf_row *row = &b->rows->items[b->rows->cnt++];

	row->address = address;
	memcpy(&row->offset, &rule.words[0], 8);
	memcpy(&row->fp, &rule.words[1], 8);
	b->last = row;
}

/*
 * The first row, one for which there is no room yet, one that replaces the last. When there are as
 * many as there may be, nothing is known from there on.
 */
static __attribute__((noinline)) void put_slowly(struct row_builder *b, const struct elf_row *row)
{
	struct elf_rows *rows = b->rows;
	struct rule rule = rule_of(row);

	if (b->full || b->err)
		return;
	if (rows->cnt && row->address <= rows->items[rows->cnt - 1].address)
		rows->cnt--;
	b->last = rows->cnt ? &rows->items[rows->cnt - 1] : NULL;
	if (b->last && same_rule(rule_of(b->last), rule))
		return;
	if (!make_room(b)) {
		b->full = true;
		rule = (struct rule){ { 0, 0 } };
	}
	if (!b->err)
		append(b, row->address, rule);
}

void rows_put(struct row_builder *b, const struct elf_row *row)
{
	struct rule rule = rule_of(row);

	if (!b->last || row->address <= b->last->address || b->rows->cnt >= b->rows->cap)
		put_slowly(b, row);
	else if (!same_rule(rule_of(b->last), rule))
		append(b, row->address, rule);
}

/* One pass of a radix sort, by the digit at 'shift' of the addresses. */
static void sort_by_digit(const struct row_range *from, struct row_range *to, size_t cnt,
                          unsigned int shift)
{
	size_t places[DIGITS] = { 0 }, i, place = 0;

	for (i = 0; i < cnt; i++)
		places[from[i].start >> shift & (DIGITS - 1)]++;
	for (i = 0; i < DIGITS; i++) {
		size_t n = places[i];

		places[i] = place;
		place += n;
	}
	for (i = 0; i < cnt; i++)
		to[places[from[i].start >> shift & (DIGITS - 1)]++] = from[i];
}

/* By address; ranges at the same one stay in the order of the sources and of their tables. */
static int sort_ranges(struct row_builder *b)
{
	struct row_range *from = b->ranges, *to;
	uint64_t differ = 0, down = 0;
	unsigned int shift;
	size_t i;

	for (i = 1; i < b->range_cnt; i++) {
		differ |= from[0].start ^ from[i].start;
		down |= from[i].start < from[i - 1].start;
	}
	if (!down)
		return 0;
	to = malloc(b->range_cnt * sizeof(*to));
	if (!to)
		return -ENOMEM;
	for (shift = 0; shift < 64 && differ >> shift; shift += DIGIT_BITS) {
		struct row_range *swap = from;

		if (!(differ >> shift & (DIGITS - 1)))
			continue;
		sort_by_digit(from, to, b->range_cnt, shift);
		from = to;
		to = swap;
	}
	b->ranges = from;
	b->range_cap = b->range_cnt;
	free(to);
	return 0;
}

/*
 * No range overlaps the next: of one source the later start wins and ends the earlier range, as in
 * the binary search of .eh_frame_hdr; a lesser source never cuts a better one; at the same start
 * the better source wins, then what is first in its table.
 */
static void settle_overlaps(struct row_builder *b)
{
	struct row_range *last = NULL;
	size_t i, kept = 0;

	for (i = 0; i < b->range_cnt; i++) {
		const struct row_range *r = &b->ranges[i];

		if (last && r->start - last->start < last->size) {
			if (r->start == last->start || r->source > last->source)
				continue;
			last->size = (uint32_t)(r->start - last->start);
		}
		last = &b->ranges[kept++];
		*last = *r;
	}
	b->range_cnt = kept;
}

static void run_ranges(struct row_builder *b)
{
	struct elf_row none = { .cfa = ROW_NONE };
	size_t i;

	for (i = 0; i < b->range_cnt && !b->err && !b->full; i++) {
		const struct row_range *r = &b->ranges[i];

		if (i % BUSY_RANGES == 0)
			busy_call(&b->more.busy);
		if (i && r->start - none.address > PADDING_MAX)
			rows_put(b, &none);
		if (r->source == FROM_GOPCLNTAB)
			go_run(&b->go, r, b);
		else
			cfi_run(r->source == FROM_EH_FRAME ? &b->eh : &b->debug, r, b);
		none.address = r->start + r->size;
	}
	if (b->range_cnt)
		rows_put(b, &none);
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
		find_text(&b);
		err = scan_sources(&b);
		if (!err)
			err = sort_ranges(&b);
		if (!err) {
			settle_overlaps(&b);
			run_ranges(&b);
			err = b.err;
		}
		made.fdes = b.range_cnt;
		if (b.more.rows && !err && made.cnt)
			pass_on(&b, 0);
		made.cnt += b.passed;
		if (!err && !made.cnt && (b.eh.broken || b.debug.broken))
			err = -EINVAL;
	}
	cfi_release(&b.eh);
	cfi_release(&b.debug);
	free(b.ranges);
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
