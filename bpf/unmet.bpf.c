// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Samples of programs that nobody has met yet: their registers and the pages of their stack go to user
 * space, which walks them. They are read straight into the ring, in records of four sizes.
 */
#include "sample.bpf.h"
#include "unwind/unwind.bpf.h"

#define PAGE        ABI_UNMET_STEP
#define PAGES_SMALL 1
#define PAGES_USUAL 4 /* what there is room for in a burst */
#define PAGES_DEEP  8
#define PAGES_MOST  (ABI_UNMET_BYTES / PAGE)

/* read by drain.c; their own ring, so that they crowd nothing out */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} unmet_ring SEC(".maps");

/* The first page: that of the red zone (System V ABI, AMD64 supplement, 3.2.2). */
static __always_inline __u64 first_page(const struct scratch *s)
{
	return (s->unmet.regs[STEP_REG_SP] - ABI_RED_ZONE) & ~(PAGE - 1ull);
}

/* How many pages can be read from the first one on, at most 'most'. */
int unmet_pages(__u32 slot, __u32 most)
{
	struct scratch *s = scratch_get(slot);
	__u64 at, word;
	__u32 n;

	if (!s)
		return 0;
	at = first_page(s);
#pragma clang loop unroll(disable)
	for (n = 0; n < PAGES_MOST; n++)
		if (n >= most ||
		    bpf_probe_read_user(&word, sizeof(word), (const void *)(at + n * PAGE)))
			break;
	return n;
}

/* Sends 'pages' pages, of which 'cnt' are there; enum abi_loss or -1. */
static __always_inline int pages_send(const struct scratch *s, const __u32 pages, __u32 cnt)
{
	struct record_unmet *rec = bpf_ringbuf_reserve(&unmet_ring, sizeof(*rec) + pages * PAGE, 0);
	char *to = (char *)(rec + 1);
	__u64 at = first_page(s);
	__u32 i;

	if (!rec)
		return LOSS_RING_UNMET;
	bpf_probe_read_kernel(rec, sizeof(*rec), &s->unmet);
	rec->head.type = REC_UNMET;
	rec->head.size = sizeof(*rec) + pages * PAGE;
	rec->stack_at = at;
	rec->stack_sz = 0;
#pragma clang loop unroll(disable)
	for (i = 0; i < pages; i++) {
		if (i >= cnt ||
		    bpf_probe_read_user(to + i * PAGE, PAGE, (const void *)(at + i * PAGE)))
			break;
		rec->stack_sz = (i + 1) * PAGE;
	}
	bpf_ringbuf_submit(rec, BPF_RB_FORCE_WAKEUP);
	return -1;
}

int unmet_send(__u32 slot)
{
	bool crowded = bpf_ringbuf_query(&unmet_ring, BPF_RB_AVAIL_DATA) > ABI_UNMET_RING / 4;
	struct scratch *s = scratch_get(slot);
	__u32 cnt;

	if (!s)
		return LOSS_NO_MAP;
	cnt = unmet_pages(slot, crowded ? PAGES_USUAL : PAGES_MOST);
	if (cnt <= PAGES_SMALL)
		return pages_send(s, PAGES_SMALL, cnt);
	if (cnt <= PAGES_USUAL)
		return pages_send(s, PAGES_USUAL, cnt);
	if (cnt <= PAGES_DEEP)
		return pages_send(s, PAGES_DEEP, cnt);
	return pages_send(s, PAGES_MOST, cnt);
}
