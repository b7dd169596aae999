// SPDX-License-Identifier: Apache-2.0
#include "elf/row_ranges.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "elf/file.h"

#define INDEX_BITS   22
#define RANGES_MAX   (1u << INDEX_BITS)
#define SPAN_MAX     (1ull << (64 - INDEX_BITS)) /* 4 TiB of code: far more than a linker can reach */
#define EXPECTED_MAX (1u << 18)                  /* 6 MiB */
#define DIGIT_BITS   11
#define DIGITS       (1u << DIGIT_BITS)

static bool is_text(const Elf64_Phdr *ph)
{
	return ph->p_type == PT_LOAD && ph->p_flags & PF_X &&
	       ph->p_memsz <= UINT64_MAX - ph->p_vaddr;
}

void row_ranges_init(struct row_ranges *r, const struct elf_file *f)
{
	uint64_t base = UINT64_MAX, end;
	size_t i;

	memset(r, 0, sizeof(*r));
	for (i = 0; i < f->phdr_cnt; i++)
		if (is_text(&f->phdrs[i]) && f->phdrs[i].p_vaddr < base)
			base = f->phdrs[i].p_vaddr;
	for (i = 0; i < f->phdr_cnt && r->text_cnt < TEXT_MAX; i++) {
		const Elf64_Phdr *ph = &f->phdrs[i];

		if (!is_text(ph) || ph->p_vaddr - base >= SPAN_MAX)
			continue;
		end = ph->p_vaddr - base + ph->p_memsz;
		r->text[r->text_cnt].start = ph->p_vaddr;
		r->text[r->text_cnt++].end = base + (end < SPAN_MAX ? end : SPAN_MAX);
	}
	r->base = base;
}

void row_ranges_release(struct row_ranges *r)
{
	free(r->items);
	free(r->order);
}

/* The part of the text that holds an address, nearly always that of the last one. NULL = none. */
static const struct text_part *text_of(struct row_ranges *r, uint64_t address)
{
	size_t i;

	for (i = 0; i < r->text_cnt; i++) {
		const struct text_part *part = &r->text[r->text_last];

		if (address >= part->start && address < part->end)
			return part;
		r->text_last = (r->text_last + 1) % r->text_cnt;
	}
	return NULL;
}

int row_ranges_expect(struct row_ranges *r, size_t cnt)
{
	size_t cap = r->cap, need = r->cnt + (cnt < EXPECTED_MAX ? cnt : EXPECTED_MAX);
	void *items, *order;

	if (need <= cap)
		return 0;
	items = array_room(r->items, &cap, need, sizeof(*r->items));
	if (!items)
		return -ENOMEM;
	r->items = items;
	order = realloc(r->order, cap * sizeof(*r->order));
	if (!order)
		return -ENOMEM;
	r->order = order;
	r->cap = cap;
	return 0;
}

int row_ranges_add(struct row_ranges *r, uint64_t start, uint64_t size, struct row_source source)
{
	const struct text_part *part = text_of(r, start);
	struct row_range_item *item;

	if (!part || !size || r->cnt == RANGES_MAX)
		return 0; /* of a function that the linker dropped */
	if (r->cnt == r->cap && row_ranges_expect(r, 1))
		return -ENOMEM;
	if (size > part->end - start)
		size = part->end - start;
	item = &r->items[r->cnt];
	item->size = size < UINT32_MAX ? (uint32_t)size : UINT32_MAX;
	item->source = source;
	r->order[r->cnt] = (start - r->base) << INDEX_BITS | r->cnt;
	r->cnt++;
	return 0;
}

/* One pass of a radix sort, by the digit at 'shift'. */
static void sort_by_digit(const uint64_t *from, uint64_t *to, size_t cnt, unsigned int shift)
{
	uint32_t places[DIGITS] = { 0 }, place = 0, n;
	size_t i;

	for (i = 0; i < cnt; i++)
		places[from[i] >> shift & (DIGITS - 1)]++;
	for (i = 0; i < DIGITS; i++) {
		n = places[i];
		places[i] = place;
		place += n;
	}
	for (i = 0; i < cnt; i++)
		to[places[from[i] >> shift & (DIGITS - 1)]++] = from[i];
}

/* The bits that are not the same in all; 0 when they are in order. */
static uint64_t disorder(const uint64_t *order, size_t cnt)
{
	uint64_t differ = 0;
	bool down = false;
	size_t i;

	for (i = 1; i < cnt; i++) {
		differ |= order[i] ^ order[0];
		down |= order[i] < order[i - 1];
	}
	return down ? differ : 0;
}

int row_ranges_sort(struct row_ranges *r)
{
	uint64_t differ = disorder(r->order, r->cnt), *to, *swap;
	unsigned int shift;

	if (!differ)
		return 0;
	to = malloc(r->cnt * sizeof(*to));
	if (!to)
		return -ENOMEM;
	for (shift = INDEX_BITS; shift < 64 && differ >> shift; shift += DIGIT_BITS) {
		if (!(differ >> shift & (DIGITS - 1)))
			continue;
		sort_by_digit(r->order, to, r->cnt, shift);
		swap = r->order;
		r->order = to;
		to = swap;
	}
	free(to);
	return 0;
}

static const struct row_range_item *item_of(const struct row_ranges *r, uint64_t key)
{
	return &r->items[key & (RANGES_MAX - 1)];
}

static void range_set(struct row_range *range, const struct row_ranges *r, uint64_t key)
{
	range->start = r->base + (key >> INDEX_BITS);
	range->size = item_of(r, key)->size;
	range->source = item_of(r, key)->source;
}

bool row_ranges_find(const struct row_ranges *r, uint64_t start, struct row_range *range)
{
	size_t low = 0, high = r->cnt;

	if (start - r->base >= SPAN_MAX)
		return false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (r->order[middle] >> INDEX_BITS < start - r->base)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == r->cnt || r->order[low] >> INDEX_BITS != start - r->base)
		return false;
	range_set(range, r, r->order[low]);
	return true;
}

bool row_ranges_next(struct row_ranges *r, struct row_range *range)
{
	uint64_t key, ahead; /* ahead: how far behind its start the next one starts */

	if (r->at == r->cnt)
		return false;
	key = r->order[r->at++];
	range_set(range, r, key);
	for (; r->at < r->cnt; r->at++) {
		ahead = (r->order[r->at] >> INDEX_BITS) - (key >> INDEX_BITS);
		if (ahead >= range->size)
			break;
		if (!ahead || item_of(r, r->order[r->at])->source.kind > range->source.kind)
			continue;
		range->size = (uint32_t)ahead;
		break;
	}
	return true;
}
