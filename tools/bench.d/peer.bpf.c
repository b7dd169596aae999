// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A walker by unwind tables whose look-ups have the shape that other profilers' have: address → file by
 * a longest-prefix trie, 64 KiB page → rows by a hash, file → array by a hash of maps, a binary search
 * by one map look-up a probe, the stack read word by word, five frames a tail call, every stack sent
 * whole. It has none of their other duties (metrics, interpreters, kernel stacks), so it costs less
 * than they do: a lower bound to measure ebprof against.
 */
#include <linux/bpf.h>
#include <linux/bpf_perf_event.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <stdbool.h>

#include "peer.h"
#include "tables.h"

#define CPUS        1024
#define FRAMES_CALL 5  /* frames of one program: what verifiers of all kernels accept */
#define PROBES      16 /* 2^16 rows of a page, at most one a byte */

const volatile __u32 tgid;

/* One cache line a CPU: samples, and those whose stack found no place in the ring. */
__u64 counts[CPUS][8];

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1 << 17);
	__type(key, struct peer_range);
	__type(value, struct peer_mapping);
} mappings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 40000);
	__type(key, struct peer_page_key);
	__type(value, struct peer_page);
} pages SEC(".maps");

struct rows_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PEER_ROWS);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct peer_row));
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 4096);
	__uint(key_size, sizeof(__u64));
	__array(values, struct rows_map);
} files SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20);
} ring SEC(".maps");

struct walk {
	__u64 pc, sp, fp;
	__u64 caller; /* 1: pc is a return address, the call is before it */
	struct peer_stack out;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct walk);
} walks SEC(".maps");

int peer_walk(void *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__array(values, int(void *));
} calls SEC(".maps") = {
	.values = { [0] = (void *)&peer_walk },
};

/* The last row of the page at or before 'low'. */
static __always_inline const struct peer_row *row_search(void *rows, const struct peer_page *page,
                                                         __u32 low)
{
	__u32 lo = page->first, hi = lo + page->cnt, mid;
	const struct peer_row *row;
	int i;

#pragma unroll
	for (i = 0; i < PROBES; i++) {
		if (lo + 1 >= hi)
			break;
		mid = (lo + hi) / 2;
		row = bpf_map_lookup_elem(rows, &mid);
		if (!row)
			return NULL;
		if (row->low <= low)
			lo = mid;
		else
			hi = mid;
	}
	return bpf_map_lookup_elem(rows, &lo);
}

static __always_inline const struct peer_row *row_of(const struct walk *w)
{
	__u64 address = w->pc - w->caller;
	struct peer_range at = { 96, __builtin_bswap32(tgid), __builtin_bswap64(address) };
	const struct peer_mapping *m = bpf_map_lookup_elem(&mappings, &at);
	const struct peer_page *page;
	struct peer_page_key key;
	void *rows;

	if (!m)
		return NULL;
	address -= m->bias;
	key.file = m->file;
	key.page = address >> PEER_PAGE_SHIFT;
	page = bpf_map_lookup_elem(&pages, &key);
	if (!page)
		return NULL;
	rows = bpf_map_lookup_elem(&files, &page->map);
	return rows ? row_search(rows, page, address & 0xffff) : NULL;
}

/* One frame; true: it is the last. */
static __always_inline bool step(struct walk *w)
{
	const struct peer_row *row;
	__u64 cfa;

	if (w->out.cnt >= PEER_FRAMES)
		return true;
	w->out.pcs[w->out.cnt++ & (PEER_FRAMES - 1)] = w->pc;
	row = row_of(w);
	if (!row)
		return true;
	if (row->kind != RULE_SP && row->kind != RULE_BP) {
		w->out.root = row->kind == RULE_STOP;
		return true;
	}
	cfa = (row->kind == RULE_SP ? w->sp : w->fp) + row->cfa;
	if (row->saved &&
	    bpf_probe_read_user(&w->fp, sizeof(w->fp), (const void *)(cfa + row->fp_off)))
		return true;
	if (bpf_probe_read_user(&w->pc, sizeof(w->pc), (const void *)(cfa - 8)))
		return true;
	w->sp = cfa;
	w->caller = 1;
	return false;
}

SEC("perf_event")
int peer_walk(void *ctx)
{
	__u32 zero = 0;
	struct walk *w = bpf_map_lookup_elem(&walks, &zero);
	__u64 size;
	int i;

	if (!w)
		return 0;
#pragma unroll
	for (i = 0; i < FRAMES_CALL; i++)
		if (step(w))
			goto out;
	bpf_tail_call(ctx, &calls, 0);
out:
	size = sizeof(w->out) - sizeof(w->out.pcs) + 8 * (w->out.cnt & (2 * PEER_FRAMES - 1));
	if (size <= sizeof(w->out) && bpf_ringbuf_output(&ring, &w->out, size, BPF_RB_NO_WAKEUP))
		counts[bpf_get_smp_processor_id() & (CPUS - 1)][1]++;
	return 0;
}

/* The registers with which the task left user mode; false: it has none. */
static __always_inline bool start(struct walk *w, struct bpf_perf_event_data *ctx)
{
	bpf_user_pt_regs_t regs;

	w->pc = PT_REGS_IP(&ctx->regs);
	w->sp = PT_REGS_SP(&ctx->regs);
	w->fp = PT_REGS_FP(&ctx->regs);
	if ((__s64)w->pc >= 0)
		return true;
	if (bpf_probe_read_kernel(&regs, sizeof(regs),
	                          (const void *)bpf_task_pt_regs(bpf_get_current_task_btf())))
		return false;
	w->pc = PT_REGS_IP(&regs);
	w->sp = PT_REGS_SP(&regs);
	w->fp = PT_REGS_FP(&regs);
	return true;
}

SEC("perf_event")
int peer(struct bpf_perf_event_data *ctx)
{
	__u32 zero = 0;
	struct walk *w;

	if (bpf_get_current_pid_tgid() >> 32 != tgid)
		return 0;
	counts[bpf_get_smp_processor_id() & (CPUS - 1)][0]++;
	w = bpf_map_lookup_elem(&walks, &zero);
	if (!w || !start(w, ctx))
		return 0;
	w->caller = 0;
	w->out.cnt = w->out.root = 0;
	bpf_tail_call(ctx, &calls, 0);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
