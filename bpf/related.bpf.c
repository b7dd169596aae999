// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Who a sample names as related: the task that runs now, with its stacks. Where an interrupt came, the
 * task that it stopped has nothing to do with it: the kernel's frames down to the interrupt's entry are
 * kept, and nothing of the task. (Work of a softirq at the end of the task's own system call, such as a
 * packet over the loopback, is the task's.)
 */
#include "sample.bpf.h"
#include "unwind/unwind.bpf.h"

extern const volatile struct abi_sched sched;

/* Frames in which an interrupt's entry is looked for: as many as kernel.perf_event_max_stack has. */
#define ENTRY_FRAMES 128

static __always_inline bool is_entry(__u64 frame)
{
	int i;

#pragma unroll
	for (i = 0; i < ABI_IRQ_RANGES; i++)
		if (frame - sched.irq[i].start < sched.irq[i].end - sched.irq[i].start)
			return true;
	return false;
}

/* Of eight frames from number 'first' on, the number of those up to an interrupt's entry; 0: none is. */
__noinline int entry_part(__u32 slot, __u64 first)
{
	struct scratch *s = scratch_get(slot);
	__u64 i;

	barrier_var(first); /* one register for the check and the use */
	if (!s || first > ABI_KERN_FRAMES - 8)
		return 0;
#pragma clang loop unroll(disable)
	for (i = 0; i < 8; i++)
		if (is_entry(s->kern.frames[first + i]))
			return i + 1;
	return 0;
}

/* The frames up to an interrupt's entry, that too; 0: no interrupt. */
__noinline int entry_find(__u32 slot, __u32 cnt)
{
	__u32 i;
	int n;

#pragma clang loop unroll(disable)
	for (i = 0; i < ENTRY_FRAMES && i < cnt; i += 8) {
		n = entry_part(slot, i);
		if (n)
			return i + n <= cnt ? i + n : 0;
	}
	return 0;
}

/* The kernel's half: 'sz' bytes of frames, or an error. */
static __always_inline void kern_take(struct scratch *s, __u32 slot, __u32 where, long sz)
{
	int entry = sz > 0 ? entry_find(slot, (__u32)sz / sizeof(__u64)) : 0;

	if (config.keep & KEEP_KERN)
		kern_close(where, s, slot, entry > 0 ? entry * (long)sizeof(__u64) : sz);
	if (entry > 0)
		s->key.state = RELATED_INTERRUPT;
}

static __always_inline __u64 related_id(const struct sample_key *key)
{
	__u64 hash = hash_frame(config.seed, key->user);

	hash = hash_frame(hash, key->kern);
	hash = hash_frame(hash, key->start);
	hash = hash_frame(hash, (__u64)key->tgid << 32 | key->tid);
	hash = hash_frame(hash, (__u64)key->exec_id << 32 | key->state);
	return hash | 1ull << 63; /* above every enum related */
}

/* Whose it is. An interrupt's, a kernel thread's and ebprof's own have no user stack. */
static __always_inline void task_fill(struct scratch *s, struct current_task *task)
{
	sample_current(task);
	s->key.tgid = task->tgid;
	s->key.start = task->start;
	s->key.exec_id = task->exec_id;
	if (config.keep & KEEP_TID)
		s->key.tid = task->tid;
	task->kthread |= task->tgid == config.self_tgid;
	bpf_get_current_comm(s->related.comm, sizeof(s->related.comm));
}

/*
 * All that follows the kernel's frames, of which there are 'sz' bytes; enum abi_loss or -1. A global
 * function: verified once, and not for each way that a program comes here.
 */
__noinline int related_close(__u32 slot, __u32 where, __s64 sz)
{
	struct sample_event ev = { .ctx = where };
	struct current_task task = { .kthread = true };
	struct scratch *s = scratch_get(slot);
	int loss;

	if (!s)
		return LOSS_NO_MAP;
	__builtin_memset(&s->key, 0, sizeof(s->key));
	__builtin_memset(s->related.comm, 0, sizeof(s->related.comm));
	kern_take(s, slot, where, sz);
	if (s->key.state != RELATED_INTERRUPT)
		task_fill(s, &task);
	loss = stacks_hold(&ev, &task, s, slot);
	s->related.key = s->key;
	s->related.id = related_id(&s->key);
	return loss < 0 ? related_send(s) : loss;
}

__hidden __u64 related_current(void *ctx, __u32 where)
{
	__u32 slot = slot_of(where);
	struct scratch *s = scratch_get(slot);
	long sz;

	if (!s)
		return RELATED_NONE;
	sz = bpf_get_stack(ctx, s->kern.frames, config.kern_frames * sizeof(__u64), 0);
	if (related_close(slot, where, sz) < 0)
		return s->related.id;
	sample_lose(where, LOSS_RING_RELATED);
	return RELATED_NONE;
}
