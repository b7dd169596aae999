/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A walk of one user stack. Its state lives in a map (kernel 5.10 passes nothing but numbers to a
 * global function) and is named by 'slot' = CPU × CTX_CNT + context.
 */
#ifndef EBPROF_BPF_UNWIND_H
#define EBPROF_BPF_UNWIND_H

#include "abi.h"
#include "kernel.h"

extern const volatile struct abi_config config;

enum {
	WINDOW_WORDS = 128, /* 1 KiB: one read serves some 10 to 30 frames */
	STEPS = ABI_USER_FRAMES / 8,
	STEP_FRAMES = 8, /* frames of one unwind_native() call: amortizes the call */
};

struct walk {
	struct user_regs regs; /* of the frame to come */
	__u64 hash;
	__u64 window_at; /* address of window[0] */
	__u32 window_sz; /* bytes that are valid, 0 = none */
	__u32 done;
	__u32 end; /* enum abi_end, when done */
	__u32 cnt; /* frames so far */
	__u64 window[WINDOW_WORDS];
	struct record_stack head; /* with frames[]: the ring record */
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
};

/* The scratch of that slot; NULL never happens for a slot of this machine. */
struct scratch *scratch_get(__u32 slot);
/* Walks the user stack from walk->regs: frames, count, hash and end. Always 0. */
int unwind_user(__u32 slot);
/* Up to STEP_FRAMES frames by frame pointer; returns 1 when the walk is done. */
int unwind_native(__u32 slot);

static __always_inline __u64 hash_frame(__u64 hash, __u64 frame)
{
	hash = (hash ^ frame) * 0xd6e8feb86659fd93ull;
	return hash ^ hash >> 32;
}

#endif
