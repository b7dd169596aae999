// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What was recorded, how walks ended and what was lost, counted for each CPU and context. */
#include "sample.bpf.h"

/* key: CPU × CTX_CNT + context */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct abi_counters);
} counters SEC(".maps");

/* Adds to one word of this CPU's struct abi_counters. */
static __always_inline void counter_add(__u32 ctx, __u64 word, __u64 n)
{
	__u32 slot = slot_of(ctx);
	__u64 *words = bpf_map_lookup_elem(&counters, &slot);

	barrier_var(word); /* one register for the check and the use */
	if (words && word < sizeof(struct abi_counters) / sizeof(*words))
		__sync_fetch_and_add(&words[word], n);
}

__hidden void sample_lose(__u32 ctx, __u32 loss)
{
	counter_add(ctx, offsetof(struct abi_counters, lost) / 8 + loss, 1);
}

__hidden void sample_stat(__u32 ctx, __u32 stat)
{
	counter_add(ctx, offsetof(struct abi_counters, stat) / 8 + stat, 1);
}

__hidden void sample_stat_add(__u32 ctx, __u32 stat, __u64 n)
{
	counter_add(ctx, offsetof(struct abi_counters, stat) / 8 + stat, n);
}

__hidden void sample_end(__u32 ctx, __u32 end)
{
	counter_add(ctx, offsetof(struct abi_counters, ends) / 8 + end, 1);
}
