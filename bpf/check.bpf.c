// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * --unwind check: beside each walk the registers and the stack that it began with, so that another
 * unwinder can tell whether it was right. Never called otherwise.
 */
#include "sample.bpf.h"
#include "unwind/unwind.bpf.h"

struct check_buf {
	struct record_check head;
	__u8 bytes[ABI_CHECK_BYTES];
};

/* key: CPU × CTX_CNT + context, under the lock of its scratch */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* engine.c: one for each context when it is wanted */
	__type(key, __u32);
	__type(value, struct check_buf);
} check_bufs SEC(".maps");

/* read by drain.c after the others */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} check_ring SEC(".maps");

/* Adds what is left of the page after the bytes that were read. 1 = that was the last. */
int check_page(__u32 slot)
{
	struct check_buf *buf = bpf_map_lookup_elem(&check_bufs, &slot);
	__u64 at, sz, from;

	if (!buf)
		return 1;
	at = buf->head.walk.stack_sz;
	from = buf->head.walk.stack_at + at;
	sz = ABI_UNMET_STEP - (from & (ABI_UNMET_STEP - 1));
	barrier_var(at); /* one register for the check and the use */
	barrier_var(sz);
	if (at > ABI_CHECK_BYTES - ABI_UNMET_STEP || sz > ABI_UNMET_STEP ||
	    bpf_probe_read_user(buf->bytes + at, sz, (const void *)from))
		return 1;
	buf->head.walk.stack_sz = at + sz;
	return 0;
}

static __always_inline void check_fill(struct record_check *to, const struct scratch *s,
                                       __u32 walked)
{
	to->walk = s->unmet;
	to->walk.head.type = REC_CHECK;
	to->walk.key = s->key;
	to->walk.stack_at = to->walk.regs[STEP_REG_SP] - ABI_RED_ZONE;
	to->walk.stack_sz = 0;
	to->cnt = walked ? s->user.head.cnt : 0;
	to->end = s->user.end;
	bpf_probe_read_kernel(to->frames, sizeof(to->frames), s->user.frames);
}

int check_send(__u32 slot, __u32 walked)
{
	struct check_buf *buf = bpf_map_lookup_elem(&check_bufs, &slot);
	struct scratch *s = scratch_get(slot);
	__u64 sz;
	int i;

	if (!buf || !s)
		return 1;
	check_fill(&buf->head, s, walked);
#pragma clang loop unroll(disable)
	for (i = 0; i <= ABI_CHECK_BYTES / ABI_UNMET_STEP; i++)
		if (check_page(slot))
			break;
	sz = buf->head.walk.stack_sz;
	barrier_var(sz);
	if (sz > ABI_CHECK_BYTES)
		return 1;
	buf->head.walk.head.size = sizeof(buf->head) + sz;
	return bpf_ringbuf_output(&check_ring, buf, sizeof(buf->head) + sz, BPF_RB_FORCE_WAKEUP) !=
	       0;
}
