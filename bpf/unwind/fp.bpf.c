// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * By frame pointer: the word at the frame pointer is the caller's frame pointer, the one
 * above it the return address. The stack is read in windows of 1 KiB and then by plain loads; a
 * window that cannot be read whole is replaced by the two words alone.
 */
#include "unwind.bpf.h"

/* A 32-bit task has no other way than this one: whatever ends it, the reason is the same. */
static __always_inline int walk_end(struct walk *w, __u32 why)
{
	bool root = why == END_NONE || why == END_TRUNCATED;

	w->end = w->word == 4 && !root ? END_COMPAT : why;
	return 1;
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

	if (w->word == 4)
		return frame_read32(at, fp, pc);
	if (off + 16 > w->window_sz || off > sizeof(w->window)) {
		if (window_load(w, at, 16))
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
	__u64 fp = w->step.fp, next, pc;

	walk_emit(w, w->step.pc);
	if (!fp)
		return walk_end(w, END_NONE);
	if (fp < w->step.sp || fp - w->step.sp > STEP_FRAME_MAX || fp & (w->word - 1))
		return walk_end(w, END_NO_FP);
	if (frame_read(w, fp, &next, &pc))
		return walk_end(w, END_FAULT);
	if (!pc)
		return walk_end(w, END_ZERO_PC);
	if (pc >= USER_ADDRESS_END)
		return walk_end(w, END_BAD_PC);
	w->step.pc = pc;
	w->step.sp = fp + 2 * w->word;
	w->step.fp = next;
	return 0;
}

int unwind_fp(__u32 slot)
{
	struct scratch *s = scratch_get(slot);
	struct walk *w;
	int i;

	if (!s)
		return 1;
	w = &s->user;
#pragma clang loop unroll(disable)
	for (i = 0; i < FP_STEP_FRAMES; i++) {
		if (w->head.cnt >= config.user_frames)
			return walk_end(w, END_TRUNCATED);
		if (frame_step(w))
			return 1;
	}
	return 0;
}
