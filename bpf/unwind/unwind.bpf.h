/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A walk of one user stack. Its state lives in a map (kernel 5.10 passes nothing but numbers to a
 * global function) and is named by 'slot' = CPU × CTX_CNT + context.
 */
#ifndef EBPROF_BPF_UNWIND_H
#define EBPROF_BPF_UNWIND_H

#include "abi.h"
#include "kernel.h"
#include "tables.h"

extern const volatile struct abi_config config;

enum {
	WINDOW_WORDS = 128, /* 1 KiB: one read serves some 10 to 30 frames */
	RULE_SLOTS = 1024,  /* 16 KiB: what hot stacks are made of stays in the CPU's caches */
	BATCH_FRAMES = 32,  /* of one unwind_batch() call */
	FP_STEP_FRAMES = 8, /* frames of one unwind_fp() call: amortizes the call */
};

/*
 * A rule that was looked up, by its frame. Rows of a file number never change (another generation of
 * the file has another number), so it stays true, also when the tables are gone.
 */
struct rule_slot {
	__u64 frame; /* FRAME_FILE(), 0 = none */
	struct unwind_rule rule;
};

struct walk {
	struct step step; /* first: a struct step is its walk too */
	__u64 hash;
	__u64 window_at;             /* address of window[0] */
	__u32 window_sz;             /* bytes that are valid, 0 = none */
	__u32 word;                  /* bytes of a stack word: 8, or 4 for a 32-bit task */
	__u32 by_fp;                 /* walk by frame pointer alone */
	__u32 end;                   /* enum abi_end, when the walk is done */
	__u32 segments, segment_cnt; /* of the process, in the map segments */
	__u64 window[WINDOW_WORDS];
	struct rule_slot rules[RULE_SLOTS];
	struct arch_regs regs;    /* that the walk begins with */
	struct record_stack head; /* cnt frames; with frames[] the ring record */
	__u64 frames[ABI_USER_FRAMES + 1];
};

struct kern_stack {
	struct record_stack head;
	__u64 frames[ABI_KERN_FRAMES + 1];
};

struct scratch {
	__u64 busy;
	struct sample_key key;
	struct walk user;
	struct kern_stack kern;
	struct record_unmet unmet;  /* what a walk began with */
	struct record_sample event; /* with --samples */
	struct record_related related;
};

/* The scratch of that slot; NULL never happens for a slot of this machine. */
struct scratch *scratch_get(__u32 slot);
/* Walks the user stack from walk->step: frames, count, hash and end. Always 0. */
int unwind_user(__u32 slot);
/* Up to FP_STEP_FRAMES frames by frame pointer; returns 1 when the walk is done. */
int unwind_fp(__u32 slot);
/* Up to BATCH_FRAMES frames by tables; returns 1 when the walk is done. */
int unwind_batch(__u32 slot);
/* One frame by the tables of its file; returns 1 when the walk is done. */
int unwind_native(__u32 slot);
/*
 * Points the walk at the segments of the key's process. False: nobody has met this program; its
 * registers and stack are to be sent.
 */
bool unwind_met(struct walk *w, const struct sample_key *key);

/* The kernel stack of 'sz' bytes (an error when not above 0) is in s->kern: its id into the key. */
void kern_close(__u32 ctx, struct scratch *s, __u32 slot, long sz);

/* One more frame of the walk. */
static __always_inline void walk_emit(struct walk *w, __u64 frame)
{
	w->frames[w->head.cnt & (ABI_USER_FRAMES - 1)] = frame;
	w->hash = hash_frame(w->hash, frame);
	w->head.cnt++;
}

/* Makes [at, at + need) part of the window, need ≤ 16; 0 = it is. */
static __always_inline long window_load(struct walk *w, __u64 at, __u32 need)
{
	w->window_at = at;
	w->window_sz = sizeof(w->window);
	if (!bpf_probe_read_user(w->window, sizeof(w->window), (const void *)at))
		return 0;
	/* A window that cannot be read whole is replaced by what was asked for. */
	w->window_sz = need;
	return bpf_probe_read_user(w->window, need & 31, (const void *)at);
}

#endif
