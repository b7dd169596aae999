/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The user half of unwinding by tables: builds the rows of the files that processes map, puts them
 * where the kernel's walker reads them (include/tables.h), shows it each process's segments, and walks
 * by the same rows in user space. A file's rows are built once, whoever maps it; files are known by
 * their struct file, which must live as long as the engine. One thread only.
 */
#ifndef EBPROF_UNWIND_UNWIND_H
#define EBPROF_UNWIND_UNWIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/busy.h"

struct err;
struct file;
struct image;
struct processes;
struct unwind;

/* The walker's maps by descriptor, not owned; all -1: only walks in user space. */
struct unwind_maps {
	int processes; /* HASH: tgid -> struct unwind_process */
	int segments;  /* ARRAY, mmapable, one value: struct unwind_segment[SEGMENTS_MAX] */
	int blocks;    /* ARRAY, mmapable, one value: __u32[BLOCKS_MAX] */
	int shards; /* ARRAY_OF_MAPS, SHARDS_MAX of ARRAY, mmapable, one value: __u32[SHARD_WORDS] */
	int rules;  /* ARRAY, mmapable, one value: struct unwind_rule[RULES_MAX] */
};

/* Registers and stack of a thread that was stopped in user mode. */
struct unwind_input {
	uint64_t regs[16]; /* by DWARF number; those of sp and fp are taken from below */
	uint64_t pc, sp, fp;
	const unsigned char *stack; /* the bytes from sp - below on */
	size_t stack_sz, below;     /* below: a leaf's red zone, and what an epilogue has popped */
};

struct unwind_stats {
	uint64_t table_bytes;    /* of live tables, index included */
	uint64_t shard_bytes;    /* of the maps that hold them */
	uint64_t rows;           /* of live tables */
	uint64_t files;          /* that were met */
	uint64_t tables;         /* live */
	uint64_t built;          /* tables built, evicted ones again */
	uint64_t build_ns;       /* time that took */
	uint64_t unreadable;     /* of these: could not be opened, walked by frame pointer */
	uint64_t broken;         /* of these: no rows in them, or none to be used */
	uint64_t evicted;        /* tables given up for others */
	uint64_t evicted_in_use; /* of these: some process still mapped the file */
	uint64_t over_cap; /* times that a file got no table: no room below the cap, or no memory */
	uint64_t rules;    /* distinct ones, of RULES_MAX */
	uint64_t rules_full;    /* rows that got RULE_UNSUPPORTED because there were too many */
	uint64_t processes;     /* shown */
	uint64_t segments;      /* of them, of SEGMENTS_MAX (processes with equal ones share) */
	uint64_t segments_full; /* times that a process was not shown for lack of room */
	uint64_t segments_cut;  /* mappings beyond PROCESS_SEGMENTS_MAX of a process, left out */
	uint64_t map_errors;    /* refused updates of a map */
};

/* NULL and 'e' on failure. 'max_table_bytes' bounds the live tables, 0 = 256 MiB. */
struct unwind *unwind_new(const struct unwind_maps *m, size_t max_table_bytes, struct err *e);
/*
 * While a table is built, 'busy' is called each fraction of a millisecond: it may empty the rings, but
 * is not to call anything of this room or of the process room.
 */
void unwind_on_busy(struct unwind *u, struct busy busy);
/*
 * Where files of debug information are looked for by build ID, instead of ELF_DEBUG_DIR: code may have
 * its .debug_frame there alone. 'dirs' end in NULL and stay the caller's; those on a network or FUSE file system
 * are passed over. 0 or -ENOMEM.
 */
int unwind_debug_dirs(struct unwind *u, const char *const *dirs);
/* The maps' contents stay as they are. NULL is fine. */
void unwind_free(struct unwind *u);

/*
 * Makes the tables of all mappings of a program ready, as far as its files can be read. 'ps' opens
 * them; NULL: only files that are open already. unwind_process() does this too; this is for programs
 * that are not to be shown: those that have ended.
 */
void unwind_prepare(struct unwind *u, struct processes *ps, const struct image *im);
/*
 * The same, then shows the process to the kernel's walker: call it again after its mappings changed.
 * Cheap when nothing changed. 0, -ENOSPC (counted) or -errno of the map; what was shown of that
 * program before stays.
 */
int unwind_process(struct unwind *u, struct processes *ps, const struct image *im);
/* The process is gone. */
void unwind_forget(struct unwind *u, uint32_t pid);
/*
 * Call it at every drain: what was given up can be used again after a second, in which a walk in the
 * kernel may still read it.
 */
void unwind_tick(struct unwind *u);

/* Are the tables half of what they may be? Then unwind_sampled() is wanted. */
bool unwind_scarce(const struct unwind *u);
/*
 * A stack was sampled so many times: the files that it goes through are those whose tables are kept
 * or built when not all fit.
 */
void unwind_sampled(struct unwind *u, const uint64_t *frames, uint32_t cnt, uint64_t samples);

/* The file of FRAME_FILE_NUMBER(), NULL = no such number. Numbers hold as long as 'u'. */
struct file *unwind_file(const struct unwind *u, uint32_t number);
/*
 * Walks in user space by the tables that are ready, whether or not the process is shown. Stores up to
 * 'max' frames (at most ABI_USER_FRAMES) as the kernel's walker does: FRAME_FILE() or addresses, the
 * leaf first. Returns their count; *end says why the walk ended (enum abi_end).
 */
uint32_t unwind_walk(struct unwind *u, const struct image *im, const struct unwind_input *in,
                     uint64_t *frames, uint32_t max, uint32_t *end);
/* The same by frame pointer alone, which takes no tables; 'word': bytes of a stack word, 8 or 4. */
uint32_t unwind_walk_fp(const struct unwind_input *in, uint32_t word, uint64_t *frames,
                        uint32_t max, uint32_t *end);
const struct unwind_stats *unwind_stats(const struct unwind *u);

#endif
