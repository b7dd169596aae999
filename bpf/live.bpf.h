/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sampled blocks that are in use. They are met by probes on an allocator or by the sampler that was preloaded. */
#ifndef EBPROF_BPF_LIVE_H
#define EBPROF_BPF_LIVE_H

#include "sample.bpf.h"

/* blocks that are in use; the key under which their allocation was counted */
struct live_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1); /* collect/alloc.c */
	__type(key, struct abi_block);
	__type(value, struct sample_key);
};

extern struct live_map live SEC(".maps"); /* alloc.bpf.c */

static __always_inline void block_of(struct abi_block *block, __u64 address)
{
	block->address = address;
	block->tgid = bpf_get_current_pid_tgid() >> 32;
	block->mover = 0;
}

static __always_inline void count(const struct sample_key *key, __s64 allocated, __s64 freed)
{
	struct sample_value v = { .v = { allocated, freed } };

	sample_add(CTX_PROBE, key, &v);
}

/* A block is no longer in use; if it was sampled, one thread alone closes it. */
static __always_inline void block_close(const struct abi_block *block)
{
	struct sample_key *key = bpf_map_lookup_elem(&live, block), copy;

	if (!key)
		return;
	copy = *key;
	if (!bpf_map_delete_elem(&live, block))
		count(&copy, 0, 1);
}

static __noinline void free_block(__u64 address)
{
	struct abi_block block;

	block_of(&block, address);
	block_close(&block);
}

/* A block is in use. One that was at its address is not, though nobody saw that. */
static __always_inline void block_add(const struct abi_block *block, struct sample_key *key)
{
	struct sample_key *before = bpf_map_lookup_elem(&live, block);

	if (before) {
		sample_stat(CTX_PROBE, STAT_FREES_MISSED);
		count(before, 0, 1);
	}
	if (bpf_map_update_elem(&live, block, key, BPF_ANY))
		sample_lose(CTX_PROBE, LOSS_LIVE_FULL);
	else
		count(key, 1, 0);
}

#endif
