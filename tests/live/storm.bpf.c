// SPDX-License-Identifier: Apache-2.0
/* Every getpid() of one process is a sample: as many increments a second as a CPU can make. */
#include "sample.bpf.h"

const volatile __u32 storm_tgid;
const volatile __u64 storm_syscall;
__u64 storm_calls; /* events that went to sample_record(), by this program's own count */

SEC("tp_btf/sys_enter")
int BPF_PROG(storm, struct pt_regs *regs, long id)
{
	struct sample_event ev = { .ctx = CTX_PERF, .kind = KIND_cpu, .value.v = { 1, 3 } };

	if (id != (long)storm_syscall || bpf_get_current_pid_tgid() >> 32 != storm_tgid)
		return 0;
	__sync_fetch_and_add(&storm_calls, 1);
	return sample_record(ctx, &ev);
}
