// SPDX-License-Identifier: Apache-2.0
/*
 * The files that were met and their tables. A table stays when no process maps its file any more,
 * until another file needs the room: then the ones used longest ago go, first of those that nobody
 * maps. A file is known by its struct file alone: equal build IDs prove nothing.
 */
#include <elf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "elf/debug_file.h"
#include "elf/elf.h"
#include "elf/rows.h"
#include "process/process.h"
#include "unwind/blocks.h"
#include "unwind/state.h"

struct cached *cache_at(const struct unwind *u, uint32_t number)
{
	return number && number <= u->files.cnt ? table_at(&u->files, number - 1) : NULL;
}

static uint32_t cached_number(const struct unwind *u, const struct cached *c)
{
	return (uint32_t)table_number(&u->files, c) + 1;
}

/* The words of the block at that word: its index says how many rows it has. */
static uint32_t block_words(const struct unwind *u, uint32_t at)
{
	const uint16_t *half = (const uint16_t *)shared_word(&u->shared, at);

	return BLOCK_INDEX_WORDS + half[1 << (BLOCK_SHIFT - GRANULE_SHIFT)] + 1;
}

/* Gives all room of a table back; the blocks that were not made yet are 0. */
static void table_give(struct unwind *u, uint32_t block, uint32_t block_cnt)
{
	const uint32_t *at = u->shared.blocks + block;
	uint32_t i;

	for (i = 0; i < block_cnt; i++)
		if (at[i])
			ranges_give(&u->words, at[i], block_words(u, at[i]), u->now_ns);
	ranges_give(&u->blocks, block, block_cnt, u->now_ns);
}

static void cached_evict(struct unwind *u, struct cached *c)
{
	if (c->refs) {
		segments_drop_file(u, cached_number(u, c));
		u->stats.evicted_in_use++;
	}
	table_give(u, c->block, c->block_cnt);
	c->state = CACHED_NOTHING;
	c->block_cnt = 0;
	c->retry_ns = u->now_ns + RANGES_GRACE_NS;
	u->stats.table_bytes -= c->words * 4ull;
	u->stats.rows -= c->rows;
	u->stats.tables--;
	u->stats.evicted++;
}

/* May it be given up now, and rather than 'than' (which may be NULL)? */
static bool evict_rather(const struct unwind *u, const struct cached *c, const struct cached *than)
{
	if (c->state != CACHED_TABLE || c->used == u->clock)
		return false;
	if (!than)
		return true;
	return !c->refs == !than->refs ? c->used < than->used : !c->refs;
}

/* Words of all tables that may be given up now. */
static uint64_t evictable_words(const struct unwind *u)
{
	uint64_t words = 0;
	uint32_t n;

	for (n = 1; n <= u->files.cnt; n++)
		if (evict_rather(u, cache_at(u, n), NULL))
			words += cache_at(u, n)->words;
	return words;
}

static bool room_possible(const struct unwind *u, uint64_t words)
{
	return u->stats.table_bytes / 4 + words <= u->words_max + evictable_words(u);
}

/* Gives up tables until 'words' fit below the cap; none when that does not do. */
static bool room_make(struct unwind *u, uint64_t words)
{
	struct cached *worst;
	uint32_t n;

	if (!room_possible(u, words))
		return false;
	while (u->stats.table_bytes / 4 + words > u->words_max) {
		for (worst = NULL, n = 1; n <= u->files.cnt; n++)
			if (evict_rather(u, cache_at(u, n), worst))
				worst = cache_at(u, n);
		cached_evict(u, worst);
	}
	return true;
}

int cache_add_shard(struct unwind *u)
{
	uint64_t shards_max = 2 * (u->words_max / SHARD_WORDS) + 2;
	uint32_t shard = u->shared.shard_cnt;

	if (shard >= shards_max)
		return -ENOSPC;
	if (shared_add_shard(&u->shared)) {
		u->stats.map_errors++;
		return -ENOMEM;
	}
	u->stats.shard_bytes += SHARD_WORDS * 4;
	/* Without the first word: a block there would be number 0, and blocks would straddle shards. */
	return ranges_add(&u->words, shard * SHARD_WORDS + 1, SHARD_WORDS - 1);
}

/*
 * Room for one block. What was given up is not free yet, so there may be more shards than the cap on
 * live tables says: up to twice as many.
 */
static uint32_t words_take(struct unwind *u, uint32_t cnt)
{
	uint32_t at = ranges_take(&u->words, cnt);

	return at != RANGES_NONE || cache_add_shard(u) ? at : ranges_take(&u->words, cnt);
}

/* Copies the blocks to where the walkers read them. 0 or -ENOSPC. */
static int blocks_write(struct unwind *u, uint32_t block, const struct blocks *b)
{
	const struct range *from;
	uint32_t i, at;

	memset(u->shared.blocks + block, 0, b->item_cnt * sizeof(uint32_t));
	for (i = 0; i < b->item_cnt; i++) {
		from = &b->items[i];
		if (!from->cnt)
			continue;
		at = words_take(u, from->cnt);
		if (at == RANGES_NONE)
			return -ENOSPC;
		memcpy(shared_word(&u->shared, at), b->words + from->start, from->cnt * 4ull);
		u->shared.blocks[block + i] = at;
	}
	return 0;
}

/* Puts a new table where the walkers read it. 0 or -ENOSPC. */
static int table_place(struct unwind *u, struct cached *c, const struct blocks *b)
{
	uint32_t block;

	c->words = (uint32_t)b->cnt;
	c->rows = (uint32_t)b->row_cnt;
	if (!room_make(u, b->cnt))
		return -ENOSPC;
	block = ranges_take(&u->blocks, (uint32_t)b->item_cnt);
	if (block == RANGES_NONE)
		return -ENOSPC;
	if (blocks_write(u, block, b)) {
		table_give(u, block, (uint32_t)b->item_cnt);
		return -ENOSPC;
	}
	c->block = block;
	c->block_cnt = (uint32_t)b->item_cnt;
	c->state = CACHED_TABLE;
	u->stats.table_bytes += b->cnt * 4ull;
	u->stats.rows += b->row_cnt;
	u->stats.tables++;
	return 0;
}

/* Rows of what the file says, and its file of debug information where there is one. */
static int rows_build(struct unwind *u, struct elf_file *f, struct elf_rows_more *more,
                      struct elf_rows *rows)
{
	int fd = elf_debug_fd(f, u->debug_dirs), err;

	if (fd >= 0)
		more->debug = elf_open(fd);
	err = elf_rows_build(f, more, rows);
	elf_close(more->debug);
	if (fd >= 0)
		close(fd);
	return err;
}

/* The blocks of a file, while its rows are made or, for a strange one, afterwards. 0 or -errno. */
static int blocks_build(struct unwind *u, struct elf_file *f, struct blocks *b)
{
	struct blocks_stream *stream = blocks_stream_new(b, f, &u->rules);
	struct elf_rows_more more = { .busy = u->busy,
		                      .rows = stream ? blocks_stream_rows : NULL,
		                      .rows_arg = stream };
	struct elf_rows rows = { 0 };
	int err = rows_build(u, f, &more, &rows), end;

	if (stream) {
		end = blocks_stream_end(stream);
		err = err ? err : end;
	} else if (!err) {
		err = blocks_encode(b, f, &rows, &u->rules, &u->busy);
	}
	elf_rows_release(&rows);
	return err;
}

/* 0, -ENOMEM, -ENOSPC, or -ENOENT: the file has no table that could be used. */
static int table_build(struct unwind *u, struct cached *c)
{
	struct elf_file *f = elf_open(c->file->fd);
	struct blocks blocks = { 0 };
	int err;

	if (!f)
		return -ENOENT;
	err = blocks_build(u, f, &blocks);
	elf_close(f);
	if (!err)
		err = blocks.cnt ? table_place(u, c, &blocks) : -ENOENT;
	blocks_release(&blocks);
	return err == -EINVAL ? -ENOENT : err;
}

static void cached_build(struct unwind *u, struct cached *c)
{
	uint64_t from_ns = unwind_clock_ns();
	int err = table_build(u, c);

	u->stats.build_ns += unwind_clock_ns() - from_ns;
	u->stats.rules = u->rules.cnt;
	u->stats.rules_full = u->rules.full;
	if (!err) {
		u->stats.built++;
	} else if (err == -ENOENT) {
		c->state = CACHED_PLAIN;
		u->stats.broken++;
	} else {
		c->retry_ns = u->now_ns + RANGES_GRACE_NS;
		u->stats.over_cap++;
	}
}

/* Opens a file that was not open before. */
static bool cached_open(struct unwind *u, struct cached *c, struct processes *ps,
                        const struct image *im, const struct mapping *m)
{
	bool failed = c->state == CACHED_UNREADABLE;

	if (c->file->fd < 0 && ps)
		processes_open_file(ps, im, m);
	if (c->file->fd < 0) {
		u->stats.unreadable += !failed;
		c->state = CACHED_UNREADABLE;
		return false;
	}
	u->stats.unreadable -= failed;
	c->state = CACHED_NOTHING;
	return true;
}

/* Numbers begin at 1. */
static struct cached *cached_get(struct unwind *u, const struct mapping *m)
{
	if (!m->file || m->file->kind == FILE_ANON)
		return NULL;
	if (u->files.cnt == FILES_MAX - 1)
		return table_get(&u->files, &m->file);
	return table_put(&u->files, &m->file, NULL);
}

void cache_use(struct unwind *u, const struct mapping *m)
{
	struct cached *c = cached_get(u, m);

	if (c)
		c->used = u->clock;
}

void cache_ready(struct unwind *u, struct processes *ps, const struct image *im,
                 const struct mapping *m)
{
	struct cached *c = cached_get(u, m);

	if (!c)
		return;
	c->used = u->clock;
	if (c->state == CACHED_TABLE || c->state == CACHED_PLAIN || u->now_ns < c->retry_ns)
		return;
	u->stats.files = u->files.cnt;
	/* One that was given up is built again only if it fits. */
	if (cached_open(u, c, ps, im, m) && room_possible(u, c->words))
		cached_build(u, c);
}

struct unwind_segment cache_segment(struct unwind *u, const struct mapping *m)
{
	struct unwind_segment seg = { .start = m->start, .end = m->end };
	struct cached *c = m->file ? table_get(&u->files, &m->file) : NULL;

	if (!c || c->state == CACHED_UNREADABLE)
		return seg;
	if (m->offset >= FILE_OFFSET_MAX || m->end - m->start > FILE_OFFSET_MAX - m->offset)
		return seg;
	c->used = u->clock;
	seg.offset = m->offset;
	seg.file = cached_number(u, c);
	if (c->state == CACHED_TABLE) {
		seg.block = c->block;
		seg.block_cnt = c->block_cnt;
	}
	seg.absent = c->state == CACHED_NOTHING;
	return seg;
}
