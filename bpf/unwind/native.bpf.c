// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Native code by frame pointer: the word at the frame pointer is the caller's frame pointer, the one
 * above it the return address. The stack is read in windows of 1 KiB and then by plain loads; a
 * window that cannot be read whole is replaced by the two words alone.
 */
#include "unwind.bpf.h"

#define STEP_MAX (1ull << 20) /* a frame larger than this is taken for a wild pointer */

static __always_inline int walk_end(struct walk *w, __u32 why)
{
	w->end = why;
	w->done = 1;
	return 1;
}

/* Makes [at, at + 16) part of the window. */
static __always_inline long window_load(struct walk *w, __u64 at)
{
	w->window_at = at;
	w->window_sz = sizeof(w->window);
	if (!bpf_probe_read_user(w->window, sizeof(w->window), (const void *)at))
		return 0;
	w->window_sz = 16;
	return bpf_probe_read_user(w->window, 16, (const void *)at);
}

/* The frame record of a 32-bit task: two 4-byte words, read by themselves. */
static __always_inline long frame_read32(__u64 at, __u64 *fp, __u64 *pc)
{
	__u32 pair[2];
	long err = bpf_probe_read_user(pair, sizeof(pair), (const void *)at);

	*fp = pair[0];
	*pc = pair[1];
	return err;
}

static __always_inline long frame_read(struct walk *w, __u64 at, __u64 *fp, __u64 *pc)
{
	__u64 off = at - w->window_at;

	if (w->regs.word == 4)
		return frame_read32(at, fp, pc);
	if (off + 16 > w->window_sz || off > sizeof(w->window)) {
		if (window_load(w, at))
			return -1;
		off = 0;
	}
	*fp = w->window[(off >> 3) & (WINDOW_WORDS - 1)];
	*pc = w->window[((off >> 3) + 1) & (WINDOW_WORDS - 1)];
	return 0;
}

/* One frame: stores the pc and moves to the caller. 1 = the walk is done. */
static __always_inline int frame_step(struct walk *w)
{
	__u64 fp = w->regs.fp, next, pc;

	w->frames[w->cnt & (ABI_USER_FRAMES - 1)] = w->regs.pc;
	w->hash = hash_frame(w->hash, w->regs.pc);
	w->cnt++;
	if (!fp)
		return walk_end(w, END_NONE);
	if (fp < w->regs.sp || fp - w->regs.sp > STEP_MAX || fp & (w->regs.word - 1))
		return walk_end(w, END_NO_FP);
	if (frame_read(w, fp, &next, &pc))
		return walk_end(w, END_FAULT);
	if (!pc)
		return walk_end(w, END_ZERO_PC);
	if (pc >= USER_ADDRESS_END)
		return walk_end(w, END_BAD_PC);
	w->regs.pc = pc;
	w->regs.sp = fp + 2 * w->regs.word;
	w->regs.fp = next;
	return 0;
}

int unwind_native(__u32 slot)
{
	struct scratch *s = scratch_get(slot);
	struct walk *w;
	int i;

	if (!s)
		return 1;
	w = &s->user;
#pragma clang loop unroll(disable)
	for (i = 0; i < STEP_FRAMES; i++) {
		if (w->cnt >= config.user_frames)
			return walk_end(w, END_TRUNCATED);
		if (frame_step(w))
			return 1;
	}
	return 0;
}
