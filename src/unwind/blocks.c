// SPDX-License-Identifier: Apache-2.0
#include "unwind/blocks.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/busy.h"
#include "elf/file.h"
#include "elf/rows.h"
#include "tables.h"
#include "unwind/rules.h"

enum {
	BLOCK_BYTES = 1 << BLOCK_SHIFT,
	GRANULE_BYTES = 1 << GRANULE_SHIFT,
	GRANULES = BLOCK_BYTES >> GRANULE_SHIFT,
	BUSY_ROWS = 16384, /* some 0.2 ms of work */
};

/*
 * The block that is being written. It begins with the rule that is in force there; offsets come in
 * order, so a rule that begins where the last one did replaces it.
 */
struct writer {
	struct blocks *out;
	uint64_t end;          /* offset behind the block */
	uint32_t *rows, *last; /* of it, behind its index: the first and the last */
	uint32_t rule;         /* in force */
	uint32_t block;        /* its number */
	const struct busy *busy;
};

void blocks_release(struct blocks *b)
{
	free(b->words);
	free(b->items);
	memset(b, 0, sizeof(*b));
}

/*
 * For each granule's start the last row at or before it; then the last row of all. Each row is put
 * down at the first granule that may need it, then each granule takes what is before it.
 */
static void index_write(uint16_t *half, const uint32_t *rows, uint32_t cnt)
{
	uint32_t row, granule;
	uint16_t last = 0;

	memset(half, 0, BLOCK_INDEX_WORDS * sizeof(*rows));
	for (row = 0; row < cnt; row++)
		half[(ROW_LOW(rows[row]) + GRANULE_BYTES - 1) >> GRANULE_SHIFT] = (uint16_t)row;
	for (granule = 0; granule <= GRANULES; granule++) {
		last = half[granule] > last ? half[granule] : last;
		half[granule] = last;
	}
}

/* Begins the block: there is room for the fullest one, a row a byte. */
static int writer_begin(struct writer *w)
{
	struct blocks *b = w->out;
	size_t need = b->cnt + BLOCK_INDEX_WORDS + BLOCK_BYTES;
	uint32_t *words = array_room(b->words, &b->cap, need, sizeof(*words));
	struct range *items;

	if (!words)
		return -ENOMEM;
	b->words = words;
	items = array_reserve(b->items, &b->item_cap, w->block + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	b->items = items;
	w->end = (uint64_t)(w->block + 1) << BLOCK_SHIFT;
	w->rows = words + b->cnt + BLOCK_INDEX_WORDS;
	w->last = w->rows;
	*w->last = ROW(0, w->rule);
	return 0;
}

/* Ends the block: it is left out when all of it is walked by frame pointer. */
static void writer_flush(struct writer *w)
{
	uint32_t cnt = (uint32_t)(w->last + 1 - w->rows);
	struct blocks *b = w->out;

	if (cnt == 1 && ROW_RULE(*w->last) == RULE_NUMBER_FP)
		return;
	index_write((uint16_t *)(b->words + b->cnt), w->rows, cnt);
	b->items[w->block] = (struct range){ (uint32_t)b->cnt, BLOCK_INDEX_WORDS + cnt };
	b->item_cnt = w->block + 1;
	b->cnt += BLOCK_INDEX_WORDS + cnt;
	b->row_cnt += cnt;
}

/* Makes the block of 'offset' the one that is written. */
static int writer_seek(struct writer *w, uint64_t offset)
{
	while (w->end <= offset) {
		writer_flush(w);
		w->block++;
		if (w->rule == RULE_NUMBER_FP)
			w->block = (uint32_t)(offset >> BLOCK_SHIFT);
		if (writer_begin(w))
			return -ENOMEM;
	}
	return 0;
}

/* From 'offset' on this rule holds; offsets come in order. */
static inline int writer_put(struct writer *w, uint64_t offset, uint32_t rule)
{
	uint32_t low = offset & (BLOCK_BYTES - 1);

	if (rule == w->rule)
		return 0;
	if (offset >= w->end && writer_seek(w, offset))
		return -ENOMEM;
	w->last += ROW_LOW(*w->last) != low;
	*w->last = ROW(low, rule);
	w->rule = rule;
	return 0;
}

/* Does this program header map code whose offsets the table can hold? */
static bool load_fits(const Elf64_Phdr *ph)
{
	const uint64_t max = (uint64_t)BLOCKS_OF_FILE_MAX << BLOCK_SHIFT;

	return ph->p_type == PT_LOAD && ph->p_flags & PF_X && ph->p_filesz && ph->p_filesz < max &&
	       ph->p_offset < max - ph->p_filesz && ph->p_vaddr <= UINT64_MAX - ph->p_filesz;
}

static int load_compare(const void *a, const void *b)
{
	const Elf64_Phdr *x = a, *y = b;

	return x->p_offset < y->p_offset ? -1 : x->p_offset > y->p_offset;
}

/* The file's code, by offset; NULL: out of memory. */
static Elf64_Phdr *loads_of(const struct elf_file *f, size_t *cnt)
{
	Elf64_Phdr *loads = malloc((f->phdr_cnt + 1) * sizeof(*loads));
	size_t i;

	*cnt = 0;
	if (!loads)
		return NULL;
	for (i = 0; i < f->phdr_cnt; i++)
		if (load_fits(&f->phdrs[i]))
			loads[(*cnt)++] = f->phdrs[i];
	qsort(loads, *cnt, sizeof(*loads), load_compare);
	return loads;
}

/* Rule numbers of the rows that were last seen: most rows are like one of a few dozen others. */
enum { MEMO_SLOTS = 512 };

struct memo {
	struct {
		uint64_t key[2];
		uint32_t number;
	} slots[MEMO_SLOTS];
	struct rules *rules;
};

static uint32_t memo_learn(struct memo *memo, size_t slot, const struct elf_row *row)
{
	uint32_t number = rules_number(memo->rules, rule_of_row(row));

	memcpy(memo->slots[slot].key, (const char *)row + offsetof(struct elf_row, offset),
	       sizeof(memo->slots[slot].key));
	memo->slots[slot].number = number;
	return number;
}

static inline uint32_t memo_number(struct memo *memo, const struct elf_row *row)
{
	uint64_t key[2];
	size_t i;

	memcpy(key, (const char *)row + offsetof(struct elf_row, offset), sizeof(key));
	i = ((key[0] ^ key[1] * 5) * 0x9e3779b97f4a7c15ull) >> 55;
	if (memo->slots[i].key[0] != key[0] || memo->slots[i].key[1] != key[1])
		return memo_learn(memo, i, row);
	return memo->slots[i].number;
}

/* The rows of one segment; where it ends, none holds. */
static int load_encode(struct writer *w, const Elf64_Phdr *ph, const struct elf_rows *from,
                       struct rules *rules)
{
	const struct elf_row *row = elf_rows_find(from, ph->p_vaddr),
			     *end = from->items + from->cnt;
	uint64_t at;
	uint32_t rule;

	for (row = row ? row : from->items; row < end; row++) {
		at = row->address > ph->p_vaddr ? row->address - ph->p_vaddr : 0;
		if (at >= ph->p_filesz)
			break;
		if ((size_t)(row - from->items) % BUSY_ROWS == 0)
			busy_call(w->busy);
		rule = rules_number(rules, rule_of_row(row));
		if (writer_put(w, ph->p_offset + at, rule))
			return -ENOMEM;
	}
	return writer_put(w, ph->p_offset + ph->p_filesz, RULE_NUMBER_FP);
}

static int loads_encode(struct writer *w, const Elf64_Phdr *loads, size_t cnt,
                        const struct elf_rows *from, struct rules *rules)
{
	uint64_t end = 0;
	size_t i;

	if (writer_begin(w))
		return -ENOMEM;
	for (i = 0; i < cnt; i++) {
		/* The same bytes at two addresses: only their first rows count. */
		if (loads[i].p_offset < end)
			continue;
		end = loads[i].p_offset + loads[i].p_filesz;
		if (load_encode(w, &loads[i], from, rules))
			return -ENOMEM;
	}
	writer_flush(w);
	return 0;
}

int blocks_encode(struct blocks *b, const struct elf_file *f, const struct elf_rows *from,
                  struct rules *rules, const struct busy *busy)
{
	struct writer w = { .out = b, .busy = busy };
	Elf64_Phdr *loads;
	size_t cnt;
	int err;

	memset(b, 0, sizeof(*b));
	if (!f->is64 || f->machine != EM_X86_64 || !from->cnt)
		return 0;
	loads = loads_of(f, &cnt);
	if (!loads)
		return -ENOMEM;
	err = loads_encode(&w, loads, cnt, from, rules);
	free(loads);
	return err;
}

struct blocks_stream {
	struct writer writer;
	struct memo memo;
	Elf64_Phdr *loads;
	size_t cnt, at;  /* at: the segment that the rows have come to */
	bool entered;    /* its first row was written */
	uint32_t before; /* the rule of the last row */
	int err;
};

/* Only segments that do not overlap the one before, neither in the file nor in memory. */
static bool loads_stream(Elf64_Phdr *loads, size_t *cnt)
{
	size_t i, kept = 0;

	for (i = 0; i < *cnt; i++) {
		const Elf64_Phdr *last = kept ? &loads[kept - 1] : NULL;

		if (last && loads[i].p_offset < last->p_offset + last->p_filesz)
			continue;
		if (last && loads[i].p_vaddr < last->p_vaddr + last->p_filesz)
			return false;
		loads[kept++] = loads[i];
	}
	*cnt = kept;
	return true;
}

struct blocks_stream *blocks_stream_new(struct blocks *b, const struct elf_file *f,
                                        struct rules *rules)
{
	struct blocks_stream *s = calloc(1, sizeof(*s));

	memset(b, 0, sizeof(*b));
	if (!s)
		return NULL;
	s->writer.out = b;
	s->memo.rules = rules;
	s->loads = loads_of(f, &s->cnt);
	if (s->loads && loads_stream(s->loads, &s->cnt) && !writer_begin(&s->writer))
		return s;
	free(s->loads);
	free(s);
	blocks_release(b);
	return NULL;
}

static void stream_put(struct blocks_stream *s, uint64_t offset, uint32_t rule)
{
	if (!s->err && writer_put(&s->writer, offset, rule))
		s->err = -ENOMEM;
}

/* The rule before a segment's first row holds from its start. */
static void stream_enter(struct blocks_stream *s)
{
	if (!s->entered)
		stream_put(s, s->loads[s->at].p_offset, s->before);
	s->entered = true;
}

static void stream_leave(struct blocks_stream *s)
{
	const Elf64_Phdr *ph = &s->loads[s->at];

	stream_enter(s);
	stream_put(s, ph->p_offset + ph->p_filesz, RULE_NUMBER_FP);
	s->entered = false;
	s->at++;
}

/* The segment that holds a row, NULL = none. */
static const Elf64_Phdr *stream_seek(struct blocks_stream *s, uint64_t address)
{
	while (s->at < s->cnt && address >= s->loads[s->at].p_vaddr + s->loads[s->at].p_filesz)
		stream_leave(s);
	if (s->at == s->cnt || address < s->loads[s->at].p_vaddr)
		return NULL;
	if (address > s->loads[s->at].p_vaddr)
		stream_enter(s);
	s->entered = true;
	return &s->loads[s->at];
}

/*
 * Writes the first rows, those that lie in the segment; how many they are. As by stream_put(), but
 * for looks at memory that the row before has just changed.
 */
static size_t stream_write(struct blocks_stream *s, const Elf64_Phdr *ph,
                           const struct elf_row *rows, size_t cnt)
{
	struct writer *w = &s->writer;
	uint32_t *last = w->last, rule = w->rule, low;
	uint64_t offset;
	size_t i;

	for (i = 0; i < cnt && rows[i].address - ph->p_vaddr < ph->p_filesz; i++) {
		s->before = memo_number(&s->memo, &rows[i]);
		if (s->before == rule)
			continue;
		offset = rows[i].address - ph->p_vaddr + ph->p_offset;
		low = offset & (BLOCK_BYTES - 1);
		if (offset < w->end && ROW_LOW(*last) != low) {
			rule = s->before;
			*++last = ROW(low, rule);
			continue;
		}
		w->last = last;
		w->rule = rule;
		stream_put(s, offset, s->before);
		last = w->last;
		rule = w->rule;
	}
	w->last = last;
	w->rule = rule;
	return i;
}

void blocks_stream_rows(void *stream, const struct elf_row *rows, size_t cnt)
{
	struct blocks_stream *s = stream;
	const Elf64_Phdr *ph;
	size_t i = 0;

	while (i < cnt && !s->err) {
		ph = stream_seek(s, rows[i].address);
		if (s->at == s->cnt)
			return;
		if (ph)
			i += stream_write(s, ph, &rows[i], cnt - i);
		else
			s->before = memo_number(&s->memo, &rows[i++]);
	}
}

int blocks_stream_end(struct blocks_stream *s)
{
	int err;

	while (s->at < s->cnt)
		stream_leave(s);
	if (!s->err)
		writer_flush(&s->writer);
	err = s->err;
	free(s->loads);
	free(s);
	return err;
}
