// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What the sampler inside of a launched command has to say: its one function is met here, which was called
 * in place of the allocator's (src/preload/). What it samples is counted as what alloc.bpf.c does.
 */
#include "live.bpf.h"
#include "preloaded.h"

/* The allocator's caller is the function's: the return address is all that lies on the stack. */
static __always_inline void allocated(void *ctx, __u64 address, __u64 size)
{
	struct sample_event ev = {
		.ctx = CTX_PROBE, .kind = KIND_heap, .in_user = true, .frame = 8, .tag = size
	};
	struct abi_block block;
	struct sample_key key;

	if (!size || !sample_hold(ctx, &ev, &key))
		return;
	block_of(&block, address);
	block_add(&block, &key);
}

/* The same block under another name, so that nobody else's news of the address is taken for it. */
static __noinline void block_rename(__u64 address, __u32 was, __u32 is)
{
	struct abi_block from, to;
	struct sample_key *key, copy;

	block_of(&from, address);
	block_of(&to, address);
	from.mover = was;
	to.mover = is;
	key = bpf_map_lookup_elem(&live, &from);
	if (!key)
		return;
	copy = *key;
	if (bpf_map_update_elem(&live, &to, &copy, BPF_ANY)) {
		sample_lose(CTX_PROBE, LOSS_LIVE_FULL);
		block_close(&from);
	} else if (bpf_map_delete_elem(&live, &from)) {
		bpf_map_delete_elem(&live, &to);
	}
}

static __noinline void moved(__u64 address, __u32 tid)
{
	struct abi_block block;

	block_of(&block, address);
	block.mover = tid;
	block_close(&block);
}

SEC("?uprobe")
int preload_met(struct arch_regs *ctx)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	__u64 block = arch_arg3(ctx);

	switch (arch_arg2(ctx)) {
	case PRELOAD_ALLOCATED:
		allocated(ctx, block, arch_arg4(ctx));
		break;
	case PRELOAD_FREED:
		free_block(block);
		break;
	case PRELOAD_ASIDE:
		block_rename(block, 0, tid);
		break;
	case PRELOAD_MOVED:
		moved(block, tid);
		break;
	case PRELOAD_BACK:
		block_rename(block, tid, 0);
		break;
	}
	return 0;
}
