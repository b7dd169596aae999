// SPDX-License-Identifier: Apache-2.0
/*
 * Two halves: the young one takes what is new and, again, what is found in the old one. When it is full it
 * becomes the old one, and what was in that is gone.
 */
#include "symbolize/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/strings.h"
#include "base/table.h"
#include "process/file.h"
#include "symbolize/names.h"

enum { TEXT_COST = 48 }; /* of keeping one, beside its bytes */

struct file_entry {
	struct cache_file id;
	struct answer_end end;
};

struct place_key {
	uint64_t offset;
	uint64_t file; /* a number of files */
};

struct place_entry {
	struct place_key key;
	uint32_t first, cnt; /* of frames */
};

struct half {
	struct table files, places;
	struct strings texts;
	size_t text_bytes;
	struct names_frame *frames; /* whose texts are texts' */
	size_t frame_cnt, frame_cap;
	size_t last_cnt; /* of them, kept last: often those of the next place too */
};

struct cache {
	size_t bytes_max;
	struct half *young, *old; /* NULL: empty */
};

static void half_free(struct half *h)
{
	if (!h)
		return;
	table_release(&h->files);
	table_release(&h->places);
	strings_release(&h->texts);
	free(h->frames);
	free(h);
}

static struct half *half_new(void)
{
	struct half *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	table_init(&h->files, sizeof(struct cache_file), sizeof(struct file_entry));
	table_init(&h->places, sizeof(struct place_key), sizeof(struct place_entry));
	if (!strings_init(&h->texts))
		return h;
	half_free(h);
	return NULL;
}

static size_t table_bytes(const struct table *t)
{
	return t->cap * t->entry_sz + t->slot_cnt * sizeof(*t->slots);
}

static size_t half_bytes(const struct half *h)
{
	return h ? sizeof(*h) + table_bytes(&h->files) + table_bytes(&h->places) + h->text_bytes +
	                       h->frame_cap * sizeof(*h->frames)
	         : 0;
}

struct cache *cache_new(size_t bytes_max)
{
	struct cache *c = calloc(1, sizeof(*c));

	if (c)
		c->bytes_max = bytes_max;
	return c;
}

void cache_free(struct cache *c)
{
	if (!c)
		return;
	half_free(c->young);
	half_free(c->old);
	free(c);
}

/* AT_STATX_DONT_SYNC: statx(2). */
int cache_identify(const struct file *f, struct cache_file *id)
{
	struct statx st;

	if (statx(f->fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &st))
		return -errno;
	memset(id, 0, sizeof(*id));
	id->inode = st.stx_ino;
	id->size = st.stx_size;
	id->generation = f->id.generation;
	id->mtime_ns = st.stx_mtime.tv_sec * 1000000000 + st.stx_mtime.tv_nsec;
	id->ctime_ns = st.stx_ctime.tv_sec * 1000000000 + st.stx_ctime.tv_nsec;
	id->major = st.stx_dev_major;
	id->minor = st.stx_dev_minor;
	memcpy(id->build_id, f->build_id, strnlen(f->build_id, sizeof(f->build_id)));
	return 0;
}

static struct place_entry *half_find(const struct half *h, const struct cache_file *id,
                                     uint64_t offset)
{
	struct file_entry *file = h ? table_get(&h->files, id) : NULL;
	struct place_key key = { .offset = offset };

	if (!file)
		return NULL;
	key.file = table_number(&h->files, file);
	return table_get(&h->places, &key);
}

/* A text of the half's own; NULL stays NULL, and is there when memory is out. */
static const char *keep_text(struct half *h, const char *text)
{
	size_t cnt = h->texts.cnt, len = text ? strlen(text) : 0;
	uint32_t number = len ? strings_add(&h->texts, text, len) : 0;

	if (h->texts.cnt > cnt)
		h->text_bytes += len + TEXT_COST;
	return number ? strings_get(&h->texts, number) : NULL;
}

static bool keep_frames(struct half *h, const struct names_frame *frames, size_t cnt)
{
	struct names_frame *to =
		array_reserve(h->frames, &h->frame_cap, h->frame_cnt + cnt + 1, sizeof(*to));
	size_t i;

	if (!to)
		return false;
	h->frames = to;
	for (i = 0; i < cnt; i++) {
		to = &h->frames[h->frame_cnt + i];
		*to = frames[i];
		to->path = keep_text(h, frames[i].path);
		to->linkage = keep_text(h, frames[i].linkage);
		if (!to->linkage)
			return false;
	}
	return true;
}

static bool is_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool is_last(const struct half *h, const struct names_frame *frames, size_t cnt)
{
	const struct names_frame *last;
	size_t i;

	if (cnt != h->last_cnt)
		return false;
	for (i = 0; i < cnt; i++) {
		last = &h->frames[h->frame_cnt - cnt + i];
		if (frames[i].line != last->line || frames[i].start_line != last->start_line ||
		    !is_text(frames[i].linkage, last->linkage) ||
		    !is_text(frames[i].path, last->path))
			return false;
	}
	return true;
}

static void half_put(struct half *h, const struct cache_file *id, uint64_t offset,
                     const struct names_frame *frames, size_t cnt)
{
	struct file_entry *file = table_put(&h->files, id, NULL);
	struct place_key key = { .offset = offset };
	struct place_entry *place;

	if (!file)
		return;
	key.file = table_number(&h->files, file);
	if (table_get(&h->places, &key))
		return;
	if (!is_last(h, frames, cnt)) {
		if (!keep_frames(h, frames, cnt))
			return;
		h->frame_cnt += cnt;
		h->last_cnt = cnt;
	}
	place = table_put(&h->places, &key, NULL);
	if (!place)
		return;
	place->first = (uint32_t)(h->frame_cnt - cnt);
	place->cnt = (uint32_t)cnt;
}

/* Room for one more: what is old goes when the young half is full. */
static struct half *make_room(struct cache *c)
{
	if (half_bytes(c->young) >= c->bytes_max / 2) {
		half_free(c->old);
		c->old = c->young;
		c->young = NULL;
	}
	if (!c->young)
		c->young = half_new();
	return c->young;
}

const struct answer_end *cache_end(const struct cache *c, const struct cache_file *id)
{
	const struct file_entry *file = c->young ? table_get(&c->young->files, id) : NULL;

	if (!file)
		file = c->old ? table_get(&c->old->files, id) : NULL;
	return file ? &file->end : NULL;
}

void cache_put_end(struct cache *c, const struct cache_file *id, const struct answer_end *end)
{
	struct half *h = make_room(c);
	struct file_entry *file = h ? table_put(&h->files, id, NULL) : NULL;

	if (file)
		file->end = *end;
}

void cache_put(struct cache *c, const struct cache_file *id, uint64_t offset,
               const struct names_frame *frames, size_t cnt)
{
	const struct answer_end *known = cache_end(c, id);
	struct answer_end end = known ? *known : (struct answer_end){ 0 };
	struct half *h = make_room(c);

	if (!h)
		return;
	if (!table_get(&h->files, id))
		cache_put_end(c, id, &end);
	half_put(h, id, offset, frames, cnt);
}

void cache_keep(struct cache *c, const struct cache_file *id, uint64_t offset)
{
	struct half *h = make_room(c);
	const struct place_entry *place = h ? half_find(c->old, id, offset) : NULL;
	struct answer_end end;

	if (!place)
		return;
	end = *cache_end(c, id); /* what it lies in may move */
	if (!table_get(&h->files, id))
		cache_put_end(c, id, &end);
	half_put(h, id, offset, c->old->frames + place->first, place->cnt);
}

bool cache_find(struct cache *c, const struct cache_file *id, uint64_t offset,
                const struct names_frame **frames, size_t *cnt)
{
	const struct half *h = c->young;
	const struct place_entry *place = half_find(h, id, offset);

	if (!place) {
		h = c->old;
		place = half_find(h, id, offset);
	}
	if (!place)
		return false;
	*cnt = place->cnt;
	*frames = h->frames + place->first;
	return true;
}
