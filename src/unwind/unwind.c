// SPDX-License-Identifier: Apache-2.0
#include "unwind/unwind.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "elf/debug_file.h"
#include "process/process.h"
#include "process/remote.h"
#include "unwind/state.h"

#define TABLE_BYTES (256ull << 20)

static const char *const default_dirs[] = { ELF_DEBUG_DIR, NULL };

static int unwind_init(struct unwind *u, const struct unwind_maps *m, struct err *e)
{
	int err = shared_init(&u->shared, m, e);

	if (err)
		return err;
	rules_init(&u->rules, u->shared.rules);
	u->stats.rules = u->rules.cnt;
	if (ranges_add(&u->segments, 0, SEGMENTS_MAX) || ranges_add(&u->blocks, 0, BLOCKS_MAX))
		return err_set(e, -ENOMEM, "out of memory");
	/* The kernel takes 15 ms for it, in which the first samples would have to wait. */
	cache_add_shards(u, 1);
	return 0;
}

struct unwind *unwind_new(const struct unwind_maps *m, size_t max_table_bytes, struct err *e)
{
	struct unwind *u = calloc(1, sizeof(*u));
	int err;

	if (!u) {
		errno = -err_set(e, -ENOMEM, "out of memory");
		return NULL;
	}
	table_init(&u->files, sizeof(struct file *), sizeof(struct cached));
	u->debug_dirs = default_dirs;
	u->words_max = (max_table_bytes ? max_table_bytes : TABLE_BYTES) / 4;
	err = unwind_init(u, m, e);
	if (!err)
		return u;
	unwind_free(u);
	errno = -err;
	return NULL;
}

void unwind_on_busy(struct unwind *u, struct busy busy)
{
	u->busy = busy;
}

int unwind_debug_dirs(struct unwind *u, const char *const *dirs)
{
	size_t cnt = 0, i;

	for (i = 0; dirs[i]; i++)
		;
	free(u->local_dirs);
	u->local_dirs = calloc(i + 1, sizeof(*u->local_dirs));
	if (!u->local_dirs)
		return -ENOMEM;
	/* A directory that does not answer would stop the capture. */
	for (i = 0; dirs[i]; i++)
		if (!remote_is_path(dirs[i]))
			u->local_dirs[cnt++] = dirs[i];
	u->debug_dirs = u->local_dirs;
	return 0;
}

void unwind_free(struct unwind *u)
{
	if (!u)
		return;
	segments_release(u);
	shared_release(&u->shared);
	ranges_release(&u->segments);
	ranges_release(&u->blocks);
	ranges_release(&u->words);
	table_release(&u->files);
	free(u->local_dirs);
	free(u);
}

uint64_t unwind_clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void unwind_now(struct unwind *u)
{
	uint64_t now_ns = unwind_clock_ns();

	room_credit(u, now_ns - u->now_ns);
	u->now_ns = now_ns;
	u->clock++;
}

void unwind_prepare(struct unwind *u, struct processes *ps, const struct image *im)
{
	size_t i;

	unwind_now(u);
	/* None of them is given up for another one of the same program. */
	for (i = 0; i < im->mapping_cnt; i++)
		cache_use(u, &im->mappings[i]);
	for (i = 0; i < im->mapping_cnt; i++)
		cache_ready(u, ps, im, &im->mappings[i]);
}

int unwind_process(struct unwind *u, struct processes *ps, const struct image *im)
{
	unwind_prepare(u, ps, im);
	return segments_show(u, im);
}

void unwind_forget(struct unwind *u, uint32_t pid)
{
	unwind_now(u);
	segments_hide(u, pid);
}

void unwind_tick(struct unwind *u)
{
	unwind_now(u);
	ranges_tick(&u->segments, u->now_ns);
	ranges_tick(&u->blocks, u->now_ns);
	ranges_tick(&u->words, u->now_ns);
	room_tick(u);
}

struct file *unwind_file(const struct unwind *u, uint32_t number)
{
	const struct cached *c = cache_at(u, number);

	return c ? c->file : NULL;
}

const struct unwind_stats *unwind_stats(const struct unwind *u)
{
	return &u->stats;
}
