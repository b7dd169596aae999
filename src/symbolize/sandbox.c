// SPDX-License-Identifier: Apache-2.0
#include "symbolize/sandbox.h"

#include <errno.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Its shadow is larger than any limit. */
#ifdef __SANITIZE_ADDRESS__
#define SANITIZED true
#else
#define SANITIZED false
#endif

/*
 * What reading files and memory takes, by the C library's choice of calls. Descriptors cannot be made,
 * and no name is looked up: openat() and socket() are not here.
 */
static const int allowed[] = {
	SCMP_SYS(read),        SCMP_SYS(pread64),       SCMP_SYS(readv),      SCMP_SYS(preadv),
	SCMP_SYS(lseek),       SCMP_SYS(fstat),         SCMP_SYS(newfstatat), SCMP_SYS(write),
	SCMP_SYS(mmap),        SCMP_SYS(munmap),        SCMP_SYS(mremap),     SCMP_SYS(mprotect),
	SCMP_SYS(madvise),     SCMP_SYS(brk),           SCMP_SYS(close),      SCMP_SYS(futex),
	SCMP_SYS(getrandom),   SCMP_SYS(clock_gettime), SCMP_SYS(exit),       SCMP_SYS(exit_group),
	SCMP_SYS(sched_yield), SCMP_SYS(rt_sigreturn),  SCMP_SYS(getpid),     SCMP_SYS(gettid),
	SCMP_SYS(sysinfo),     /* qsort() asks once how much memory there is */
	SCMP_SYS(sigaltstack), /* address sanitizers end with it */
	SCMP_SYS(recvmsg),     /* a file that was asked for: opener.h */
};

static bool is_kept(const int *fds, size_t fd_cnt, int fd)
{
	size_t i;

	for (i = 0; i < fd_cnt; i++)
		if (fds[i] == fd)
			return true;
	return SANITIZED && fd == STDERR_FILENO; /* where they report */
}

/* close_range(2) between those that stay (Linux 5.9). */
static int close_others(const int *fds, size_t fd_cnt)
{
	int fd, from = 0, last = STDERR_FILENO;
	size_t i;

	for (i = 0; i < fd_cnt; i++)
		if (fds[i] > last)
			last = fds[i];
	for (fd = 0; fd <= last; fd++) {
		if (!is_kept(fds, fd_cnt, fd))
			continue;
		if (from < fd && syscall(SYS_close_range, from, fd - 1, 0))
			return -errno;
		from = fd + 1;
	}
	return syscall(SYS_close_range, from, ~0u, 0) ? -errno : 0;
}

static int drop_capabilities(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	return syscall(SYS_capset, &head, none) ? -errno : 0;
}

/* Bytes of address space in use: the first number of /proc/self/statm, in pages. */
static uint64_t used_bytes(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	unsigned long long pages = 0;

	if (f) {
		if (fscanf(f, "%llu", &pages) != 1)
			pages = 0;
		fclose(f);
	}
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static int limit(int what, uint64_t value)
{
	struct rlimit r = { .rlim_cur = value, .rlim_max = value };

	return setrlimit(what, &r) ? -errno : 0;
}

static int allow_calls(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	size_t i;
	int err = filter ? 0 : -ENOMEM;

	for (i = 0; !err && i < sizeof(allowed) / sizeof(*allowed); i++)
		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
	if (!err)
		err = seccomp_load(filter); /* sets no_new_privs too */
	if (filter)
		seccomp_release(filter);
	return err;
}

/* A refused limit is no error: some containers refuse them all, and the others hold. */
int sandbox_begin(pid_t parent, const int *fds, size_t fd_cnt, unsigned int cpu_seconds)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || prctl(PR_SET_DUMPABLE, 0))
		return -errno;
	if (getppid() != parent) /* it ended before */
		return -ESRCH;
	limit(RLIMIT_CPU, cpu_seconds);
	limit(RLIMIT_CORE, 0);
	return close_others(fds, fd_cnt);
}

int sandbox_enter(uint64_t memory_bytes)
{
	int err;

	if (!SANITIZED)
		limit(RLIMIT_AS, used_bytes() + memory_bytes);
	err = drop_capabilities();
	return err ? err : allow_calls();
}
