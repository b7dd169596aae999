// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What off-CPU profilers usually do: take both stacks of a task as it leaves its CPU, and look at it
 * again, by its number, when it is the next one. What ebprof costs is measured against this.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <stdbool.h>

#define FRAMES 127 /* kernel.perf_event_max_stack */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct task_struct {
	int pid, tgid;
};
#pragma clang attribute pop

struct wait {
	__u64 since;
	__s32 user, kern;
};

struct stacks {
	__s32 user, kern;
	__u32 tgid, pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 16384);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, FRAMES * sizeof(__u64));
} traces SEC(".maps");

/* key: pid */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, __u32);
	__type(value, struct wait);
} waits SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, struct stacks);
	__type(value, __u64);
} totals SEC(".maps");

static __always_inline void leave(void *ctx, struct task_struct *prev)
{
	struct wait w = { .since = bpf_ktime_get_ns() };
	__u32 pid = prev->pid;

	w.user = (__s32)bpf_get_stackid(ctx, &traces, BPF_F_USER_STACK);
	w.kern = (__s32)bpf_get_stackid(ctx, &traces, 0);
	bpf_map_update_elem(&waits, &pid, &w, BPF_ANY);
}

static __always_inline void come(struct task_struct *next)
{
	struct stacks key = { .tgid = next->tgid };
	__u64 *total, d, none = 0;
	__u32 pid = next->pid;
	struct wait *w = bpf_map_lookup_elem(&waits, &pid);

	if (!w)
		return;
	d = bpf_ktime_get_ns() - w->since;
	key.user = w->user;
	key.kern = w->kern;
	bpf_map_delete_elem(&waits, &pid);
	bpf_map_update_elem(&totals, &key, &none, BPF_NOEXIST);
	total = bpf_map_lookup_elem(&totals, &key);
	if (total)
		__sync_fetch_and_add(total, d);
}

SEC("tp_btf/sched_switch")
int BPF_PROG(atswitch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	if (prev->pid)
		leave(ctx, prev);
	if (next->pid)
		come(next);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
