// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The least that a profiler of user stacks can do at a tick: is it the target? then bpf_get_stackid().
 * What ebprof costs is measured against this. Nothing is aggregated, nothing is read by anybody.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define FRAMES 127 /* kernel.perf_event_max_stack */
#define CPUS   1024

/* key: stack id; read at the end to see how deep the stacks were */
struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 16384);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, FRAMES * sizeof(__u64));
} stacks SEC(".maps");

const volatile __u32 tgid; /* 0 = every process but the loader */
const volatile __u32 self;
const volatile __u32 kernel; /* kernel stacks too, as profilers take them */
const volatile __u32 walk;   /* 0 = count only */

/* One cache line a CPU: samples, and those whose stack found no place. */
__u64 counts[CPUS][8];

SEC("perf_event")
int stackid(void *ctx)
{
	__u32 current = bpf_get_current_pid_tgid() >> 32;
	__u64 *count = counts[bpf_get_smp_processor_id() & (CPUS - 1)];

	if (tgid ? current != tgid : !current || current == self)
		return 0;
	count[0]++;
	if (walk && bpf_get_stackid(ctx, &stacks, BPF_F_USER_STACK) < 0)
		count[1]++;
	if (kernel)
		bpf_get_stackid(ctx, &stacks, 0);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
