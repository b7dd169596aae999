// SPDX-License-Identifier: Apache-2.0
/*
 * What kernels are known for that no probe shows: the one table that compares versions. A kernel that has
 * a fix under an older number (distributions do that) is warned of all the same.
 */
#include <linux/capability.h>
#include <string.h>

#include "cmd/doctor.h"

#define V(major, minor, patch) HOST_VERSION(major, minor, patch)
#define ANY                    UINT32_MAX

/* Fixed by d319f344561d in 6.4; 2e7ad879e1b0 is in 6.1.36, 3acb3dd3145b in 6.3.10. */
static bool lacks_nofault_fix(const struct host *h)
{
	return !(h->version >= V(6, 1, 36) && h->version < V(6, 2, 0)) &&
	       !(h->version >= V(6, 3, 10) && h->version < V(6, 4, 0));
}

static bool preempts(const struct host *h)
{
	return h->preempt == PREEMPT_YES;
}

static bool may_preempt(const struct host *h)
{
	return h->preempt == PREEMPT_UNKNOWN;
}

static bool is_x86_64(const struct host *h)
{
	return !strcmp(h->system.machine, "x86_64");
}

static bool is_short_of_memory(const struct host *h)
{
	return h->memlock_bytes != UINT64_MAX && !host_can(h, CAP_SYS_RESOURCE);
}

static const struct hazard {
	const char *name;
	uint32_t since, until;                 /* versions [since, until) */
	bool (*applies)(const struct host *h); /* NULL = to all of these */
	enum doctor_state state;
	const char *text, *remedy;
} hazards[] = {
	/*
	 * 8c7dcb84e3b7 (6.0) lets programs of uprobes be preempted, a76ab5731e32 (6.13) gives them a stack for
	 * each CPU all the same: github.com/open-telemetry/opentelemetry-ebpf-instrumentation issue 3056.
	 */
	{ "preempted uprobes", V(6, 13, 0), ANY, preempts, DOCTOR_LIMITED,
	  "heap: programs of uprobes share a stack for each CPU and are preempted on it: the kernel "
	  "may crash",
	  "boot with preempt=none or preempt=voluntary, or do without heap" },
	{ "preempted uprobes", V(6, 13, 0), ANY, may_preempt, DOCTOR_LIMITED,
	  "heap: where programs of uprobes are preempted, which share a stack for each CPU, the kernel "
	  "may crash; its mode of preemption is not known here",
	  "mount debugfs and look at /sys/kernel/debug/sched/preempt: none and voluntary are safe" },
	/* Fixed by b583ef82b671 (6.13), in 6.6 too: github.com/grafana/pyroscope issue 3673, of 6.6.58. */
	{ "end of uprobes", V(6, 6, 0), V(6, 13, 0), NULL, DOCTOR_LIMITED,
	  "heap: where another profiler lets the kernel walk user stacks, the end of a probe may crash it; "
	  "ebprof walks them itself",
	  "no perf -g or bpf_get_stack of others meanwhile, or a kernel with b583ef82b671" },
	{ "nofault reads", V(5, 19, 0), V(6, 4, 0), lacks_nofault_fix, DOCTOR_LIMITED,
	  "reading a user's memory in an interrupt may freeze the machine",
	  "a kernel with d319f344561d: 6.1.36, 6.3.10 or 6.4" },
	/* linux-trace-kernel, May 2026: the call that takes the place of a 5-byte nop pushes its address there. */
	{ "red zone", V(6, 18, 0), ANY, is_x86_64, DOCTOR_OK,
	  "a probe on a 5-byte nop overwrites the stack below: avoided, such a site is taken as a "
	  "function's first instruction alone",
	  NULL },
	/* Since 5.11 maps count against the cgroup's memory (linux: bpf_map_charge). */
	{ "locked memory", 0, V(5, 11, 0), is_short_of_memory, DOCTOR_LIMITED,
	  "before 5.11 BPF maps count against ulimit -l, which this user may not raise",
	  "ulimit -l unlimited, or CAP_SYS_RESOURCE" },
};

void doctor_hazards(const struct host *h, struct findings *to)
{
	const struct hazard *z;
	size_t i;

	for (i = 0; i < sizeof(hazards) / sizeof(*hazards); i++) {
		z = &hazards[i];
		if (h->version >= z->since && h->version < z->until &&
		    (!z->applies || z->applies(h)))
			finding_remedy(finding_add(to, z->name, z->state, "%s", z->text),
			               z->remedy);
	}
}
