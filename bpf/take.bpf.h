/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What it takes to make a sample of a task, the current one (sample.bpf.c) or another (waiting.bpf.c). */
#ifndef EBPROF_BPF_TAKE_H
#define EBPROF_BPF_TAKE_H

#include "sample.bpf.h"
#include "unwind/unwind.bpf.h"

/* The key of the event as far as the capture asked for it. */
static __always_inline void key_fill(struct sample_event *ev, struct current_task *task,
                                     struct sample_key *key, __u64 start_ns)
{
	__builtin_memset(key, 0, sizeof(*key));
	key->kind = ev->kind;
	key->tgid = task->tgid;
	key->start = task->start;
	key->exec_id = task->exec_id;
	key->reason = ev->reason;
	key->tag = ev->tag;
	key->related = ev->related;
	if (config.keep & KEEP_TID)
		key->tid = task->tid;
	if (config.keep & KEEP_CPU)
		key->cpu = bpf_get_smp_processor_id();
	if (config.keep & KEEP_SLICE && start_ns)
		key->slice = (bpf_ktime_get_boot_ns() - start_ns) / config.slice_ns;
}

/* The scratch of that slot, taken; NULL: it cannot be had, which is counted. */
static __always_inline struct scratch *scratch_take(__u32 ctx, __u32 slot)
{
	struct scratch *s = scratch_get(slot);

	if (s && !s->busy) {
		s->busy = 1;
		return s;
	}
	sample_lose(ctx, s ? LOSS_SCRATCH_BUSY : LOSS_NO_MAP);
	return NULL;
}

/* Stands for a stack that only user space can walk, which will know it under this number (unmet.c). */
static __always_inline __u64 stack_number(__u32 tid)
{
	return hash_frame(config.seed ^ tid, bpf_ktime_get_ns()) | 1;
}

#endif
