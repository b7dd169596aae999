/* SPDX-License-Identifier: Apache-2.0 */
/* What this kernel, these rights and this container are: read once, judged by nobody here. */
#ifndef EBPROF_CMD_HOST_H
#define EBPROF_CMD_HOST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/utsname.h>

#define HOST_VERSION(major, minor, patch) ((major) << 20 | (minor) << 10 | (patch))

enum host_preempt {
	PREEMPT_UNKNOWN = 0,
	PREEMPT_NO = 1,  /* nothing that runs in the kernel is preempted: none, voluntary */
	PREEMPT_YES = 2, /* full, lazy, real time */
};

struct host {
	struct utsname system;
	uint32_t version; /* host_version() */
	uint64_t caps;    /* effective capabilities: bits 1 << CAP_* */
	bool has_btf, has_sysfs, has_tracefs;
	bool own_pids, own_users;  /* in a PID, a user namespace that is not the initial one */
	bool seccomp;              /* a filter of system calls is in force */
	int bpf_errno, perf_errno; /* what bpf(2) and perf_event_open(2) say to nonsense */
	char lockdown[32];         /* none, integrity, confidentiality; "" = not known */
	bool has_paranoid;
	int paranoid;           /* kernel.perf_event_paranoid */
	char no_names[512];     /* why kernel symbols have no addresses, "" = they have */
	const char *cgroups;    /* where cgroup v2 is mounted, "" = nowhere */
	uint64_t memlock_bytes; /* RLIMIT_MEMLOCK, UINT64_MAX = no limit */
	enum host_preempt preempt;
};

void host_read(struct host *h);
/* Has this process the capability, or CAP_SYS_ADMIN where that stands for it (capabilities(7))? */
bool host_can(const struct host *h, int cap);
/*
 * The kernel's version as HOST_VERSION, 0 = it is not known: by uname -r, and where that lacks the third number
 * by the distribution: Debian's uname -v ("... Debian 6.1.164-1 (...)"), the last word of Ubuntu's
 * /proc/version_signature ("Ubuntu 6.5.0-14.14~22.04.1-generic 6.5.3"), "" = there is none.
 */
uint32_t host_version(const char *release, const char *version, const char *signature);

#endif
