/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names that were found, for the next profile: by a file's identity (device, inode, size, times, build ID) and
 * the offset in it, also that there are none. They stay under a limit of bytes: what was not asked for
 * while half of that came in goes first.
 */
#ifndef EBPROF_SYMBOLIZE_CACHE_H
#define EBPROF_SYMBOLIZE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "symbolize/answer.h"

struct cache;
struct file;

/* What makes a file another one when it changes. */
struct cache_file {
	uint64_t inode, size, generation;
	int64_t mtime_ns, ctime_ns;
	uint32_t major, minor;
	char build_id[48];
};

/* NULL: out of memory. */
struct cache *cache_new(size_t bytes_max);
void cache_free(struct cache *c);
/* The identity of an open file, as it is known without asking a file system on the network. 0 or -errno. */
int cache_identify(const struct file *f, struct cache_file *id);
/* Is the offset's answer known? Then its frames are good until the next cache_put() or cache_keep(). */
bool cache_find(struct cache *c, const struct cache_file *id, uint64_t offset,
                const struct names_frame **frames, size_t *cnt);
/* What was found is kept for longer. */
void cache_keep(struct cache *c, const struct cache_file *id, uint64_t offset);
/* Keeps an answer, unless memory is out. */
void cache_put(struct cache *c, const struct cache_file *id, uint64_t offset,
               const struct names_frame *frames, size_t cnt);
/* What was said of the file itself; NULL: it is not known. cache_put_end() comes before its offsets. */
const struct answer_end *cache_end(const struct cache *c, const struct cache_file *id);
void cache_put_end(struct cache *c, const struct cache_file *id, const struct answer_end *end);

#endif
