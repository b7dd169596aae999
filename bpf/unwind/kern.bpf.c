// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The kernel's own half of a stack, which a helper walks: its id, and a mark where it ends early. */
#include "sample.bpf.h"
#include "unwind.bpf.h"

/*
 * Mixes eight kernel frames from number 'first' on into the id; those past the end count as 0, so
 * that no branch leaves the loop. Global functions, verified once: with the loop in one piece every
 * exit from it was followed by itself (84,000 instructions on 6.1 instead of 5,000).
 */
int kern_mix(__u32 slot, __u64 first)
{
	struct scratch *s = scratch_get(slot);
	const __u64 *frames;
	__u64 hash, left;
	__u32 i;

	barrier_var(first); /* one register for the check and the use */
	if (!s || first > ABI_KERN_FRAMES - 8)
		return 0;
	frames = s->kern.frames + first;
	left = s->kern.head.cnt - first;
	hash = s->kern.head.id;
#pragma unroll
	for (i = 0; i < 8; i++)
		hash = hash_frame(hash, frames[i] & -((i - left) >> 63));
	s->kern.head.id = hash;
	return 0;
}

/* The id of the kernel stack in scratch. */
int kern_hash(__u32 slot)
{
	struct scratch *s = scratch_get(slot);
	__u32 cnt, i;

	if (!s)
		return 0;
	cnt = s->kern.head.cnt;
	s->kern.head.id = ~config.seed;
#pragma clang loop unroll(disable)
	for (i = 0; i < ABI_KERN_FRAMES; i += 8) {
		if (i >= cnt)
			break;
		kern_mix(slot, i);
	}
	return 0;
}

__hidden void kern_close(__u32 ctx, struct scratch *s, __u32 slot, long sz)
{
	__u32 end = END_NONE;
	__u64 cnt;

	s->kern.head.cnt = sz <= 0 ? 0 : (__u32)sz / sizeof(__u64);
	if (sz <= 0)
		end = END_KERN_FAULT;
	else if (s->kern.head.cnt >= config.kern_frames)
		end = END_KERN_TRUNCATED;
	kern_hash(slot);
	s->key.kern = s->kern.head.id;
	cnt = s->kern.head.cnt;
	barrier_var(cnt); /* one register for the check and the use */
	if (end != END_NONE && cnt <= ABI_KERN_FRAMES) {
		sample_end(ctx, end);
		s->kern.frames[cnt] = FRAME_END_TAG | end;
		s->kern.head.cnt = cnt + 1;
		s->key.kern = hash_frame(s->key.kern, end);
	}
	s->key.kern |= !s->key.kern;
}
