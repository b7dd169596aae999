// SPDX-License-Identifier: Apache-2.0
#include "cmd/host.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <zlib.h>

#include "base/err.h"
#include "cmd/targets.h"
#include "process/proc.h"
#include "symbolize/ksyms.h"

/* linux: include/linux/proc_ns.h, the inodes of the initial namespaces. */
#define PROC_PID_INIT_INO  0xEFFFFFFCu
#define PROC_USER_INIT_INO 0xEFFFFFFDu

static uint32_t number_of(const char *text)
{
	unsigned int major, minor, patch = 0;

	if (sscanf(text, "%u.%u.%u", &major, &minor, &patch) < 2 || major > 1023 || minor > 1023)
		return 0;
	return HOST_VERSION(major, minor, patch < 1023 ? patch : 1023);
}

uint32_t host_version(const char *release, const char *version, const char *signature)
{
	const char *debian = strstr(version, "Debian "), *ubuntu = strrchr(signature, ' ');
	uint32_t found = 0;

	if (ubuntu)
		found = number_of(ubuntu + 1);
	else if (debian)
		found = number_of(debian + strlen("Debian "));
	return found ? found : number_of(release);
}

bool host_can(const struct host *h, int cap)
{
	bool by_admin = cap == CAP_BPF || cap == CAP_PERFMON || cap == CAP_CHECKPOINT_RESTORE;

	return h->caps & 1ull << cap || (by_admin && h->caps & 1ull << CAP_SYS_ADMIN);
}

static uint64_t effective_caps(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { 0 } };

	if (syscall(SYS_capget, &head, data))
		return 0;
	return (uint64_t)data[1].effective << 32 | data[0].effective;
}

static bool is_own_namespace(const char *path, uint32_t initial)
{
	struct stat st;

	return !stat(path, &st) && st.st_ino != initial;
}

/* Is a filter in force (2: linux/seccomp.h SECCOMP_MODE_FILTER)? */
static bool has_filter(void)
{
	char buf[8192];
	int dir = proc_open((uint32_t)getpid());
	long n = dir < 0 ? -1 : proc_read(dir, "status", buf, sizeof(buf) - 1);
	uint32_t mode = 0;

	if (dir >= 0)
		close(dir);
	buf[n > 0 ? n : 0] = 0;
	return proc_last_number(buf, "\nSeccomp:", &mode) && mode == 2;
}

/* The errno of a system call that means nothing: one that is let through says EINVAL or EFAULT. */
static int errno_of(long result)
{
	return result < 0 ? errno : 0;
}

/* The first line of a file, "" when it cannot be read. */
static void first_line(const char *path, char *line, size_t size)
{
	FILE *f = fopen(path, "re");

	if (!f || !fgets(line, (int)size, f))
		line[0] = 0;
	line[strcspn(line, "\n")] = 0;
	if (f)
		fclose(f);
}

/* Of words of which one is in brackets, that one; "" when there is none. */
static void chosen_word(const char *path, char open, char close, char *word, size_t size)
{
	char line[256], *from, *to;

	first_line(path, line, sizeof(line));
	from = strchr(line, open);
	to = from ? strchr(from, close) : NULL;
	snprintf(word, size, "%.*s", to ? (int)(to - from - 1) : 0, to ? from + 1 : "");
}

static bool is_mounted(const char *type)
{
	FILE *f = fopen("/proc/self/mounts", "re");
	char line[4096], found[64];
	bool is = false;

	while (f && !is && fgets(line, sizeof(line), f))
		is = sscanf(line, "%*s %*s %63s", found) == 1 && !strcmp(found, type);
	if (f)
		fclose(f);
	return is;
}

/* The names of modes are those of sched/preempt in debugfs and of the kernel parameter preempt=. */
static enum host_preempt preempt_named(const char *mode)
{
	if (!*mode)
		return PREEMPT_UNKNOWN;
	return !strncmp(mode, "none", 4) || !strncmp(mode, "voluntary", 9) ? PREEMPT_NO
	                                                                   : PREEMPT_YES;
}

/* By the kernel's configuration, packed or not. */
static enum host_preempt preempt_configured(const char *path)
{
	enum host_preempt mode = PREEMPT_UNKNOWN;
	gzFile f = gzopen(path, "re");
	char line[256];

	while (f && !mode && gzgets(f, line, sizeof(line))) {
		if (!strcmp(line, "CONFIG_PREEMPT_NONE=y\n") ||
		    !strcmp(line, "CONFIG_PREEMPT_VOLUNTARY=y\n"))
			mode = PREEMPT_NO;
		else if (!strcmp(line, "CONFIG_PREEMPT=y\n") ||
		         !strcmp(line, "CONFIG_PREEMPT_LAZY=y\n"))
			mode = PREEMPT_YES;
	}
	if (f)
		gzclose(f);
	return mode;
}

/* Of a kernel that chooses at its start (PREEMPT_DYNAMIC). */
static enum host_preempt preempt_chosen(const struct host *h)
{
	char text[4096], *at;
	enum host_preempt mode;

	chosen_word("/sys/kernel/debug/sched/preempt", '(', ')', text, sizeof(text));
	if (*text)
		return preempt_named(text);
	first_line("/proc/cmdline", text, sizeof(text));
	at = strstr(text, "preempt=");
	if (at && (at == text || at[-1] == ' '))
		return preempt_named(at + strlen("preempt="));
	mode = preempt_configured("/proc/config.gz");
	if (mode)
		return mode;
	snprintf(text, sizeof(text), "/boot/config-%s", h->system.release);
	return preempt_configured(text);
}

/* What is behind the number in uname -v: linux, init/Makefile preempt-flag. */
static enum host_preempt preempt_of(const struct host *h)
{
	const char *version = h->system.version;

	if (strstr(version, "PREEMPT_DYNAMIC"))
		return preempt_chosen(h);
	return strstr(version, "PREEMPT") ? PREEMPT_YES : PREEMPT_NO;
}

static void read_kernel(struct host *h)
{
	struct err e = { "" };
	struct ksyms *k = ksyms_load(NULL, &e);
	char line[128];

	snprintf(h->no_names, sizeof(h->no_names), "%s", k ? "" : e.msg);
	ksyms_free(k);
	first_line("/proc/sys/kernel/perf_event_paranoid", line, sizeof(line));
	h->has_paranoid = sscanf(line, "%d", &h->paranoid) == 1;
	chosen_word("/sys/kernel/security/lockdown", '[', ']', h->lockdown, sizeof(h->lockdown));
	first_line("/proc/version_signature", line, sizeof(line));
	h->version = host_version(h->system.release, h->system.version, line);
	h->has_sysfs = !access("/sys/kernel", F_OK);
	h->has_btf = !access("/sys/kernel/btf/vmlinux", R_OK);
	h->has_tracefs = is_mounted("tracefs") || is_mounted("debugfs");
	h->cgroups = targets_cgroup_root();
	h->preempt = preempt_of(h);
}

void host_read(struct host *h)
{
	struct rlimit limit;

	memset(h, 0, sizeof(*h));
	uname(&h->system);
	h->caps = effective_caps();
	h->own_pids = is_own_namespace("/proc/self/ns/pid", PROC_PID_INIT_INO);
	h->own_users = is_own_namespace("/proc/self/ns/user", PROC_USER_INIT_INO);
	h->seccomp = has_filter();
	h->bpf_errno = errno_of(syscall(SYS_bpf, -1, NULL, 0));
	h->perf_errno = errno_of(syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0));
	h->memlock_bytes = UINT64_MAX;
	if (!getrlimit(RLIMIT_MEMLOCK, &limit) && limit.rlim_cur != RLIM_INFINITY)
		h->memlock_bytes = limit.rlim_cur;
	read_kernel(h);
}
