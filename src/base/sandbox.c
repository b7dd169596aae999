// SPDX-License-Identifier: Apache-2.0
#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/landlock.h"

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
	SCMP_SYS(recvmsg),     /* a file that was asked for: symbolize/opener.h */
};

/* What another program takes beside: the dynamic loader, and names of files that are only read. */
static const int allowed_to_program[] = {
	SCMP_SYS(execve),          SCMP_SYS(faccessat),       SCMP_SYS(faccessat2),
	SCMP_SYS(readlinkat),      SCMP_SYS(statx),           SCMP_SYS(getcwd),
	SCMP_SYS(fcntl),           SCMP_SYS(rt_sigaction),    SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(set_tid_address), SCMP_SYS(set_robust_list), SCMP_SYS(rseq),
	SCMP_SYS(getuid),          SCMP_SYS(geteuid),         SCMP_SYS(getgid),
	SCMP_SYS(getegid),         SCMP_SYS(getrusage),       SCMP_SYS(uname),
#ifdef __x86_64__ /* others have only the calls with "at" */
	SCMP_SYS(access),          SCMP_SYS(readlink),        SCMP_SYS(arch_prctl),
#endif
};

#define NOBODY      65534 /* Documentation/admin-guide/sysctl/kernel.rst: overflowuid */
#define PROGRAM_FDS 64

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

static int allow(scmp_filter_ctx filter, const int *calls, size_t cnt)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < cnt; i++)
		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
	return err;
}

/* A program may live without a call that it was not known to make: that one is as if the kernel had none. */
static int allow_calls(bool is_program)
{
	scmp_filter_ctx filter =
		seccomp_init(is_program ? SCMP_ACT_ERRNO(ENOSYS) : SCMP_ACT_KILL_PROCESS);
	int err = filter ? allow(filter, allowed, sizeof(allowed) / sizeof(*allowed)) : -ENOMEM;

	if (!err && is_program)
		err = allow(filter, allowed_to_program,
		            sizeof(allowed_to_program) / sizeof(*allowed_to_program));
	if (!err && is_program)
		err = seccomp_rule_add(
			filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
			SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY));
	if (!err)
		err = seccomp_load(filter); /* sets no_new_privs too */
	if (filter)
		seccomp_release(filter);
	return err;
}

pid_t sandbox_fork(int *from, int *to)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	pid = fork();
	*from = ends[0];
	*to = ends[1];
	if (!pid)
		return 0;
	if (pid < 0)
		pid = -errno;
	close(ends[1]);
	if (pid < 0)
		close(ends[0]);
	return pid;
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
	return err ? err : allow_calls(false);
}

int sandbox_be_nobody(void)
{
	int err;

	if (!geteuid() && (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
	                   setresuid(NOBODY, NOBODY, NOBODY)))
		return -errno;
	err = drop_capabilities();
	if (!err && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		err = -errno;
	return err;
}

int sandbox_be_user(void)
{
	uid_t uid = getuid();
	gid_t gid = getgid();

	if (!uid)
		return 0;
	if (setresgid(gid, gid, gid) || setresuid(uid, uid, uid))
		return -errno;
	return drop_capabilities();
}

int sandbox_become(const char *const *argv, int fd, uint64_t memory_bytes)
{
	char *environment[] = { (char *)"LC_ALL=C", NULL };
	int err;

	if (!SANITIZED)
		limit(RLIMIT_DATA, memory_bytes);
	limit(RLIMIT_FSIZE, 0);
	limit(RLIMIT_NOFILE, PROGRAM_FDS);
	if (setenv("PATH", "/usr/local/bin:/usr/bin:/bin", 1))
		return -errno;
	err = landlock_to_system(fd);
	if (!err)
		err = allow_calls(true);
	if (err)
		return err;
	execvpe(argv[0], (char *const *)argv, environment);
	return -errno;
}
