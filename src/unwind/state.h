/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The room's own state. cache.c keeps the files and their tables, room.c says which of them when not
 * all fit, segments.c what the processes are shown as; both take room in the shared memory from here.
 */
#ifndef EBPROF_UNWIND_STATE_H
#define EBPROF_UNWIND_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/busy.h"
#include "base/table.h"
#include "tables.h"
#include "unwind/ranges.h"
#include "unwind/rules.h"
#include "unwind/shared.h"
#include "unwind/unwind.h"

struct mapping;

enum { HASH_BUCKETS = 1 << 12 };

enum cached_state {
	CACHED_NOTHING = 0, /* no table (yet, or no more) */
	CACHED_TABLE = 1,
	CACHED_PLAIN = 2,      /* it has none: always by frame pointer */
	CACHED_UNREADABLE = 3, /* could not be opened: walked as if it were no file */
};

/* A file that was met; its number is that in the table + 1. */
struct cached {
	struct file *file; /* the key */
	uint64_t used;     /* clock of the last use */
	uint64_t retry_ns; /* there was no room: not before this time */
	uint64_t stack;    /* the last one that was counted in samples */
	uint32_t samples;  /* of stacks through it, fading (unwind_sampled()) */
	uint32_t block, block_cnt;
	uint32_t words; /* of the table, also of one that was given up */
	uint32_t rows;
	uint32_t refs; /* segments of runs that name it */
	bool wanted;   /* room.c: its table is to be there */
	bool refused;  /* there was no room, which has been counted */
	enum cached_state state;
};

/*
 * Segments in the shared array that one or more processes are shown with. They never change, but that
 * a block_cnt becomes 0.
 */
struct run {
	struct run *next;
	uint64_t hash;
	uint32_t first, cnt;
	uint32_t refs;
};

/* A process that the kernel's walker has met. */
struct shown {
	struct shown *next;
	uint64_t start;
	uint32_t pid, exec_id;
	struct run *run;
};

struct unwind {
	struct shared shared;
	struct rules rules;
	struct ranges segments, blocks, words; /* free ones */
	struct table files;                    /* struct cached */
	struct run *runs[HASH_BUCKETS];
	struct shown *shown[HASH_BUCKETS];
	uint64_t clock;  /* counts calls: what was used by this one is not evicted for it */
	uint64_t now_ns; /* CLOCK_MONOTONIC, at the start of the call */
	uint64_t planned_ns, plans; /* room.c: when, and how often */
	uint64_t stack;             /* counts those of unwind_sampled() */
	int64_t credit_ns;          /* of CPU time to build again what was given up */
	uint64_t words_max;
	struct busy busy; /* is called while a table is built */
	const char *const *debug_dirs;
	const char **local_dirs; /* what debug_dirs is, unless the default */
	struct unwind_stats stats;
	struct unwind_segment scratch[PROCESS_SEGMENTS_MAX];
};

/* unwind.c: CLOCK_MONOTONIC. */
uint64_t unwind_clock_ns(void);

/* cache.c */

/* Makes maps for so many words of tables. 0, -ENOSPC: there are as many as there may be, or -ENOMEM. */
int cache_add_shards(struct unwind *u, size_t words);
/* The mapping's file is in use. */
void cache_use(struct unwind *u, const struct mapping *m);
/* Makes the table of a mapping's file ready, if there is one to be had. */
void cache_ready(struct unwind *u, struct processes *ps, const struct image *im,
                 const struct mapping *m);
/* Gives a table up; who maps the file is walked by frame pointer there. */
void cache_evict(struct unwind *u, struct cached *c);
/* How the mapping is walked with what is ready. */
struct unwind_segment cache_segment(struct unwind *u, const struct mapping *m);
struct cached *cache_at(const struct unwind *u, uint32_t number);

/* room.c */

/* Can there be room for a table of c->words? */
bool room_possible(const struct unwind *u, const struct cached *c);
/* Gives up tables until there is room below the cap; none, and false, when that does not do. */
bool room_make(struct unwind *u, const struct cached *c);
/* Decides anew, each second, whose tables are to be there. */
void room_tick(struct unwind *u);
/* So much time has gone by. */
void room_credit(struct unwind *u, uint64_t elapsed_ns);

/* segments.c */

/* Shows the process with the segments of its mappings. */
int segments_show(struct unwind *u, const struct image *im);
void segments_hide(struct unwind *u, uint32_t pid);
/* A file's table goes: all segments of that file are walked by frame pointer from now on. */
void segments_drop_file(struct unwind *u, uint32_t number);
void segments_release(struct unwind *u);

#endif
