// SPDX-License-Identifier: Apache-2.0
/* What captures need of the host, one row each. A row judges what host_read() found and reads nothing itself. */
#include <errno.h>
#include <linux/capability.h>
#include <string.h>

#include "cmd/doctor.h"

static void btf(const struct host *h, struct findings *to)
{
	if (h->has_btf)
		finding_add(to, "btf", DOCTOR_OK, "/sys/kernel/btf/vmlinux");
	else if (!h->has_sysfs)
		finding_remedy(finding_add(to, "btf", DOCTOR_REFUSED, "sysfs is not mounted"),
		               "mount -t sysfs sysfs /sys");
	else
		finding_remedy(finding_add(to, "btf", DOCTOR_REFUSED,
		                           "the kernel has no BTF (/sys/kernel/btf/vmlinux)"),
		               "a kernel with CONFIG_DEBUG_INFO_BTF=y");
}

/* Of which ebprof makes use: capabilities(7). */
static const struct right {
	int cap;
	const char *name;
	enum doctor_state without;
	const char *lost;
	const char *remedy;
} rights[] = {
	{ CAP_BPF, "CAP_BPF", DOCTOR_REFUSED, "no BPF program can be loaded",
	  "run as root or with CAP_BPF (a container: --cap-add BPF)" },
	{ CAP_PERFMON, "CAP_PERFMON", DOCTOR_REFUSED,
	  "BPF programs may not read the kernel's memory, events of whole CPUs are refused",
	  "run as root or with CAP_PERFMON (a container: --cap-add PERFMON)" },
	{ CAP_SYS_PTRACE, "CAP_SYS_PTRACE", DOCTOR_LIMITED,
	  "processes of other users have neither mappings nor names",
	  "run as root or with CAP_SYS_PTRACE (a container: --cap-add SYS_PTRACE)" },
	{ CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH", DOCTOR_LIMITED,
	  "files that this user may not read have neither names nor unwind tables",
	  "run as root or with CAP_DAC_READ_SEARCH" },
	{ CAP_CHECKPOINT_RESTORE, "CAP_CHECKPOINT_RESTORE", DOCTOR_LIMITED,
	  "of files that were deleted or replaced only what is in memory is seen",
	  "run as root or with CAP_CHECKPOINT_RESTORE" },
};

#define RIGHT_CNT (sizeof(rights) / sizeof(*rights))

static void capabilities(const struct host *h, struct findings *to)
{
	size_t before = to->cnt, i;

	if (h->own_users)
		finding_remedy(
			finding_add(to, "user namespace", DOCTOR_REFUSED,
		                    "capabilities of a user namespace that is not the "
		                    "initial one do not count for BPF and perf"),
			"run outside of it, as the machine's root: not in a rootless container");
	for (i = 0; i < RIGHT_CNT; i++)
		if (!host_can(h, rights[i].cap))
			finding_remedy(finding_add(to, rights[i].name, rights[i].without,
			                           "missing: %s", rights[i].lost),
			               rights[i].remedy);
	if (to->cnt == before)
		finding_add(to, "capabilities", DOCTOR_OK, "all that are of use");
}

/* A call that is there and let through finds fault with what it is given; without rights both say EPERM. */
static void system_call(const struct host *h, const char *name, int err, int cap,
                        struct findings *to)
{
	struct finding *f;

	if (err == ENOSYS && !h->seccomp) {
		f = finding_add(to, name, DOCTOR_REFUSED, "the kernel has no such system call");
		finding_remedy(f, "a kernel with CONFIG_BPF_SYSCALL=y and CONFIG_PERF_EVENTS=y");
	} else if (err == ENOSYS || (err == EPERM && host_can(h, cap) && !h->own_users)) {
		f = finding_add(to, name, DOCTOR_REFUSED, "the system call is refused%s",
		                h->seccomp ? " by a seccomp filter" : "");
		finding_remedy(f, h->seccomp ? "let the container's seccomp profile allow it: "
		                               "--security-opt seccomp=unconfined"
		                             : "look for a security module that forbids it");
	}
}

static void system_calls(const struct host *h, struct findings *to)
{
	system_call(h, "bpf()", h->bpf_errno, CAP_BPF, to);
	system_call(h, "perf_event_open()", h->perf_errno, CAP_PERFMON, to);
}

/* linux: include/linux/security.h enum lockdown_reason: BPF_READ_KERNEL, PERF and KPROBES are confidentiality. */
static void lockdown(const struct host *h, struct findings *to)
{
	if (!strcmp(h->lockdown, "confidentiality"))
		finding_remedy(finding_add(to, "lockdown", DOCTOR_REFUSED,
		                           "confidentiality: nobody may read the kernel's memory"),
		               "boot with lockdown=integrity");
	else
		finding_add(to, "lockdown", DOCTOR_OK, "%s",
		            h->lockdown[0] ? h->lockdown : "not known: no securityfs");
}

/* linux: include/linux/perf_event.h perf_allow_cpu(), perf_allow_kernel(), perf_allow_tracepoint(). */
static void paranoid(const struct host *h, struct findings *to)
{
	static const char name[] = "kernel.perf_event_paranoid";

	if (!h->has_paranoid)
		finding_remedy(finding_add(to, name, DOCTOR_REFUSED,
		                           "there is none: the kernel has no perf events, or "
		                           "/proc/sys is not mounted"),
		               "a kernel with CONFIG_PERF_EVENTS=y");
	else if (host_can(h, CAP_PERFMON))
		finding_add(to, name, DOCTOR_OK, "%d, which CAP_PERFMON overrides", h->paranoid);
	else if (h->paranoid < 0)
		finding_add(to, name, DOCTOR_OK, "%d", h->paranoid);
	else
		finding_remedy(
			finding_add(to, name, DOCTOR_LIMITED,
		                    "%d: without CAP_PERFMON events of whole CPUs are refused",
		                    h->paranoid),
			"CAP_PERFMON");
}

static void kernel_names(const struct host *h, struct findings *to)
{
	if (h->no_names[0])
		finding_error(to, "kernel names", DOCTOR_LIMITED, h->no_names);
	else
		finding_add(to, "kernel names", DOCTOR_OK, "/proc/kallsyms");
}

static void pid_namespace(const struct host *h, struct findings *to)
{
	if (h->own_pids)
		finding_remedy(finding_add(to, "pid namespace", DOCTOR_LIMITED,
		                           "not the initial one: only its own processes are seen"),
		               "run in the host's: --pid=host, hostPID: true, nsenter -t 1 -p -m");
	else
		finding_add(to, "pid namespace", DOCTOR_OK, "the initial one");
}

static void cgroups(const struct host *h, struct findings *to)
{
	if (h->cgroups[0])
		finding_add(to, "cgroup v2", DOCTOR_OK, "%s", h->cgroups);
	else
		finding_remedy(finding_add(to, "cgroup v2", DOCTOR_LIMITED,
		                           "not mounted: there is no --cgroup"),
		               "mount -t cgroup2 none /sys/fs/cgroup");
}

static void tracefs(const struct host *h, struct findings *to)
{
	finding_add(to, "tracefs", DOCTOR_OK, "%smounted, and not needed",
	            h->has_tracefs ? "" : "not ");
}

static void (*const rows[])(const struct host *h, struct findings *to) = {
	btf,          capabilities,  system_calls, lockdown, paranoid,
	kernel_names, pid_namespace, cgroups,      tracefs,
};

void doctor_here(const struct host *h, struct findings *to)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		rows[i](h, to);
}
