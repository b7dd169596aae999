// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Numbers of tasks as ebprof sees them, where it runs in a PID namespace of its own (struct upid). */
#include "sample.bpf.h"

#define PIDNS_LEVELS 32 /* include/linux/pid_namespace.h MAX_PID_NS_LEVEL */

/* A global function: its loop is verified once, not at each call. */
__noinline int pid_nr(__u64 address)
{
	struct pid *pid = (void *)address;
	__u32 depth = pid ? BPF_CORE_READ(pid, level) : 0, level;
	const struct upid *upid;
	struct pid_namespace *ns;
	int nr = 0;

#pragma clang loop unroll(disable)
	for (level = 1; level <= PIDNS_LEVELS; level++) {
		if (level > depth)
			return 0;
		upid = (const void *)((const char *)pid +
		                      bpf_core_field_offset(struct pid, numbers) +
		                      level * bpf_core_type_size(struct upid));
		ns = BPF_CORE_READ(upid, ns);
		if (BPF_CORE_READ(ns, ns.inum) == config.pidns_inum)
			break;
	}
	bpf_core_read(&nr, sizeof(nr), &upid->nr);
	return nr;
}
