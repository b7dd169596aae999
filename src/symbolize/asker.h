/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks workers what is at the addresses of a file, or of the code that a program made: which sources of
 * names they have, what is done when one fails, and what is known from before.
 */
#ifndef EBPROF_SYMBOLIZE_ASKER_H
#define EBPROF_SYMBOLIZE_ASKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "symbolize/answer.h"
#include "symbolize/cache.h"

struct file;
struct jit;
struct symbolize_counters;
struct symbolize_options;

/* One of 'file', which is open, and 'jit' is NULL. */
struct asker_question {
	const struct file *file;
	const struct jit *jit;
	const uint64_t *offsets; /* of the file, or addresses in the program */
	size_t cnt;
};

struct asker {
	const struct symbolize_options *options;
	struct symbolize_counters *counters;
	uint64_t hung; /* the last device that did not answer */
	bool has_hung;
	bool no_debug_dirs; /* one of their file systems did not answer */

	/* The question in hand. */
	const struct asker_question *question;
	struct cache *cache;  /* NULL: nothing is known from before, or kept */
	struct cache_file id; /* of the file */
	uint32_t *
		asked; /* number of the worker's answer + 1; 0 = it is in the cache. NULL: as asked */
	struct answer answer;
};

void asker_init(struct asker *k, const struct symbolize_options *o,
                struct symbolize_counters *counters);
/* Nothing is known where this fails. Ends with asker_done(). */
void asker_ask(struct asker *k, const struct asker_question *q);
/* The frames at offset number 'index', *cnt of them. */
const struct names_frame *asker_frames(struct asker *k, size_t index, size_t *cnt);
void asker_done(struct asker *k);

#endif
