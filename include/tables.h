/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Unwind tables as both walkers read them. A process has a sorted array of segments (its executable
 * mappings); a segment's file has one block for each 64 KiB of file offsets; a block has an index of
 * its 256-byte granules and rows of 4 bytes; a row names one of the rules that all files share.
 * Blocks lie in shards, 1 MiB maps that user space writes by plain stores.
 */
#ifndef EBPROF_TABLES_H
#define EBPROF_TABLES_H

#include <linux/types.h>

enum {
	BLOCK_SHIFT = 16,  /* bytes of a file that a block covers, as a power of two */
	GRANULE_SHIFT = 8, /* bytes that an index entry covers */
	BLOCK_INDEX_WORDS =
		129, /* 257 u16: the last row at or before each granule's start, and the last */
	SHARD_WORDS = 1 << 18, /* u32 words of a shard; word 0 is never used */
	SHARDS_MAX = 1 << 10,
	BLOCKS_MAX = 1 << 18, /* descriptors: shard << 18 | word, 0 = no rows here */
	RULES_MAX = 1 << 14,
	SEGMENTS_MAX = 1 << 16,         /* of all processes */
	PROCESS_SEGMENTS_MAX = 1 << 13, /* of one */
	SEARCH_STEPS = 9,               /* rows of a granule: at most one a byte, so 2^9 > 256 */
	SEARCH_STEPS_SHORT = 4,         /* of a granule with few rows: the mean is 4 */
	SEGMENT_STEPS = 13,
	SEGMENT_STEPS_SHORT = 6, /* of a process with few */
};

/* A row: the low 16 bits of its first file offset, and its rule's number. */
#define ROW(low, rule) ((__u32)(low) | (__u32)(rule) << 16)
#define ROW_LOW(row)   ((row)&0xffff)
#define ROW_RULE(row)  ((row) >> 16)

/* How the caller's frame is found. The registers are DWARF's numbers of x86-64. */
enum rule_kind {
	RULE_FP = 0,    /* by frame pointer: nothing else is known (rule number 0) */
	RULE_SP = 1,    /* CFA = sp + cfa */
	RULE_BP = 2,    /* CFA = fp + cfa */
	RULE_REG = 3,   /* CFA = register 'reg' + cfa: only where all registers are known (leaf) */
	RULE_PLT10 = 4, /* CFA = sp + 8 + 8 × ((pc & 15) ≥ 10) */
	RULE_PLT11 = 5,
	RULE_DEREF_SP = 6, /* CFA = *(sp + low half of cfa) + high half */
	RULE_DEREF_BP = 7,
	RULE_SIGNAL = 8,  /* a signal frame: registers in its mcontext */
	RULE_STOP = 9,    /* a root */
	RULE_RA_REG = 10, /* CFA = sp + cfa, the return address is in register 'reg' (leaf) */
	RULE_UNSUPPORTED = 11,
	RULE_SWITCH = 12, /* by frame pointer, which leads to another stack: above or below */
	RULE_INDEX = 13, /* CFA = *(sp + 8 × register 'reg' + low half of cfa) + high half (leaf) */
	/*
	 * CFA = fp + low half of cfa until the handler's return address was copied there, then
	 * *(fp + high half), below which it is too.
	 */
	RULE_HANDLER = 14,
};

/* Where the caller's frame pointer is. */
enum rule_fp {
	RULE_FP_SAME = 0,  /* still in its register */
	RULE_FP_CFA = 1,   /* at CFA + fp_off */
	RULE_FP_DEREF = 2, /* at *fp */
	RULE_FP_LOST = 3,  /* nowhere that the walker can follow */
};

struct unwind_rule {
	__u8 kind; /* enum rule_kind */
	__u8 fp;   /* enum rule_fp, RULE_LANDING; high nibble: register of a rule by one */
	__s16 fp_off;
	__s32 cfa;
};

#define RULE_FP_OF(r)   ((r)->fp & 3)
#define RULE_REG_OF(r)  ((r)->fp >> 4)
#define RULE_LANDING    8 /* the return address is where a handler begins: it is looked up itself */
#define RULE_LOW_OF(r)  ((__s16)((r)->cfa & 0xffff))
#define RULE_HIGH_OF(r) ((__s16)((r)->cfa >> 16))

struct unwind_segment {
	__u64 start, end; /* addresses, [start, end) */
	__u64 offset;     /* in the file, of 'start' */
	__u32 file;       /* number of the file, 0 = none: its frames are addresses */
	__u32 block;      /* first descriptor in blocks */
	__u32 block_cnt;  /* of file offsets 0 to block_cnt × 64 KiB */
	__u32 absent;     /* the file has a table, but it is not here */
};

/* Key: tgid. Another start or exec_id is another program: not met yet. */
struct unwind_process {
	__u64 start;
	__u32 exec_id;
	__u32 first, cnt; /* in segments */
	__u32 pad;
};

/*
 * A frame whose place is known: number of its file and offset in it. All but the leaf are return
 * addresses, and the one above a signal frame is one more than the interrupted instruction, so that
 * one less is always inside it.
 */
#define FRAME_ADDRESS_MASK    0x00ffffffffffffffull /* a wild leaf must not look like a tag */
#define FRAME_FILE_TAG        0x0f00000000000000ull
#define FRAME_FILE_MASK       0xff00000000000000ull
#define FRAME_FILE(file, off) (FRAME_FILE_TAG | (__u64)(file) << 36 | (off))
#define FRAME_FILE_NUMBER(f)  ((__u32)((f) >> 36 & 0xfffff))
#define FRAME_FILE_OFFSET(f)  ((f)&0xfffffffffull)
#define FILES_MAX             (1u << 20)
#define FILE_OFFSET_MAX       (1ull << 36)

/*
 * The hash of a stack with one more frame, from a seed on; a stack's id is that of all its frames,
 * and 1 for 0: the same wherever it was walked.
 */
static inline __u64 hash_frame(__u64 hash, __u64 frame)
{
	hash = (hash ^ frame) * 0xd6e8feb86659fd93ull;
	return hash ^ hash >> 32;
}

enum {
	STEP_REG_CNT = 16,
	STEP_REG_BP = 6, /* DWARF numbers of x86-64 */
	STEP_REG_SP = 7,
	STEP_FRAME_MAX = 1 << 20, /* by frame pointer: a larger frame is a wild pointer */
	STEP_MCONTEXT = 40,       /* rt_sigframe at sp: ucontext after pretcode was popped */
};

/* What the pc of a frame is. */
enum step_exact {
	STEP_RETURN = 0, /* a return address: the instruction in front of it is a call */
	STEP_LEAF = 1,   /* what was to run next; the registers are known */
	STEP_SIGNAL = 2, /* the same, where a signal interrupted */
	STEP_LANDING =
		3, /* what is to run next, a handler of an exception; registers are not known */
	STEP_EXACT = 3,  /* one of these three */
	STEP_UNSURE = 4, /* a return address, but the frame pointer may be that of handler_sp */
};

/* A walk between two steps (step.h): the registers of the frame to come. */
struct step {
	__u64 pc, sp, fp;
	__u64 regs[STEP_REG_CNT];     /* of the leaf, by DWARF number */
	__u64 mcontext[17];           /* as read from a signal frame */
	struct unwind_segment seg;    /* the last one that was found */
	__u64 handler_pc, handler_sp; /* STEP_UNSURE: of the frame of the handler */
	__u32 exact;                  /* enum step_exact */
	__u32 end;                    /* enum abi_end, when step_once() returned 1 */
};

/* All ones when a < b, for differences that fit 63 bits. */
static inline __u64 step_less(__u64 a, __u64 b)
{
	__u64 diff = a - b;

	/* A compiler that knows the ranges of both would make a branch of it (clang 15 does). */
	__asm__("" : "+r"(diff));
	return (__u64)((__s64)diff >> 63);
}

/* 2^bit when row lo + 2^bit of the block is one of those to hi and starts at or before 'low', else 0. */
static inline __u64 step_half(const __u32 *shard, __u32 at, __u32 low, __u64 lo, __u64 hi, int bit)
{
	__u64 mid = lo + (1ull << bit);
	__u32 row = shard[(at + BLOCK_INDEX_WORDS + mid) & (SHARD_WORDS - 1)];

	return (1ull << bit) & step_less(mid, hi + 1) & step_less(ROW_LOW(row), (__u64)low + 1);
}

/* The number of the rule at file offset 'low' (its low 16 bits) of the block at word 'at'. */
static inline __u32 step_search(const __u32 *shard, __u32 at, __u32 low)
{
	const __u16 *half = (const __u16 *)shard;
	__u64 entry = ((__u64)at * 2 + (low >> GRANULE_SHIFT)) & (2 * SHARD_WORDS - 1);
	__u64 lo = half[entry], hi = half[(entry + 1) & (2 * SHARD_WORDS - 1)];
	int i;

	/*
	 * The last row at or before 'low' is one of lo to hi; nearly always they are a few. A loop
	 * that ends early would be followed by the verifier once for each of its ends.
	 */
	if (hi - lo >= 1ull << SEARCH_STEPS_SHORT)
		for (i = SEARCH_STEPS - 1; i >= SEARCH_STEPS_SHORT; i--)
			lo += step_half(shard, at, low, lo, hi, i);
	for (i = SEARCH_STEPS_SHORT - 1; i >= 0; i--)
		lo += step_half(shard, at, low, lo, hi, i);
	return ROW_RULE(shard[(at + BLOCK_INDEX_WORDS + lo) & (SHARD_WORDS - 1)]);
}

_Static_assert(sizeof(struct unwind_rule) == 8, "unwind_rule");
_Static_assert(sizeof(struct unwind_segment) == 40, "unwind_segment");
_Static_assert(sizeof(struct unwind_process) == 24, "unwind_process");
_Static_assert((1u << SEARCH_STEPS) > (1u << GRANULE_SHIFT), "a granule's rows are all reached");
_Static_assert((1u << SEGMENT_STEPS) >= PROCESS_SEGMENTS_MAX, "all segments are reached");

#endif
