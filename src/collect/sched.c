// SPDX-License-Identifier: Apache-2.0
#include "collect/sched.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "collect/attach.h"
#include "collect/collect.h"
#include "ebprof.skel.h"

/* The first function of a thread that has got a CPU. */
#define FINISH "finish_task_switch"

/* Threads that may be off their CPUs at a time, where the kernel has no task storage. */
#define WAITS_BY_TID 65536

static const char *const hook_names[] = {
	[SCHED_HOOK_EXIT] = "exit",
	[SCHED_HOOK_FINISH] = "finish",
	[SCHED_HOOK_OUT] = "out",
};

int sched_hook_find(const char *name, enum sched_hook *hook)
{
	size_t i;

	for (i = SCHED_HOOK_EXIT; i < sizeof(hook_names) / sizeof(*hook_names); i++)
		if (!strcmp(hook_names[i], name)) {
			*hook = (enum sched_hook)i;
			return 0;
		}
	return -ENOENT;
}

#define CLASS(name, class) [SYS_##name] = SYSCALL_##class

/* Syscalls that block, by what they block on. Numbers are the kernel's own (asm/unistd.h). */
static const uint8_t classes[ABI_SYSCALLS] = {
	CLASS(read, FD),
	CLASS(readv, FD),
	CLASS(pread64, FD),
	CLASS(preadv, FD),
	CLASS(preadv2, FD),
	CLASS(write, FD),
	CLASS(writev, FD),
	CLASS(pwrite64, FD),
	CLASS(pwritev, FD),
	CLASS(pwritev2, FD),
	CLASS(ioctl, FD),
	CLASS(sendfile, FD),
	CLASS(splice, FD),
	CLASS(tee, FD),
	CLASS(vmsplice, FD),
	CLASS(copy_file_range, FD),
	CLASS(futex, FUTEX),
	CLASS(flock, LOCK),
	CLASS(fcntl, LOCK), /* F_SETLKW: nothing else of it waits */
	CLASS(semop, LOCK),
	CLASS(semtimedop, LOCK),
	CLASS(fsync, DISK),
	CLASS(fdatasync, DISK),
	CLASS(sync, DISK),
	CLASS(syncfs, DISK),
	CLASS(sync_file_range, DISK),
	CLASS(msync, DISK),
	CLASS(fallocate, DISK),
	CLASS(truncate, DISK),
	CLASS(ftruncate, DISK),
	CLASS(getdents64, DISK),
	CLASS(readahead, DISK),
	CLASS(io_getevents, DISK),
	CLASS(accept, NETWORK),
	CLASS(accept4, NETWORK),
	CLASS(connect, NETWORK),
	CLASS(recvfrom, NETWORK),
	CLASS(recvmsg, NETWORK),
	CLASS(recvmmsg, NETWORK),
	CLASS(sendto, NETWORK),
	CLASS(sendmsg, NETWORK),
	CLASS(sendmmsg, NETWORK),
	CLASS(mq_timedreceive, PIPE),
	CLASS(mq_timedsend, PIPE),
	CLASS(msgrcv, PIPE),
	CLASS(msgsnd, PIPE),
	CLASS(ppoll, POLL),
	CLASS(pselect6, POLL),
	CLASS(epoll_pwait, POLL),
	CLASS(nanosleep, SLEEP),
	CLASS(clock_nanosleep, SLEEP),
	CLASS(rt_sigtimedwait, SLEEP),
	CLASS(rt_sigsuspend, SLEEP),
	CLASS(wait4, CHILD),
	CLASS(waitid, CHILD),
#ifdef SYS_poll /* not on arm64 */
	CLASS(poll, POLL),
	CLASS(select, POLL),
	CLASS(epoll_wait, POLL),
	CLASS(pause, SLEEP),
	CLASS(vfork, CHILD),
	CLASS(getdents, DISK),
#endif
#ifdef SYS_epoll_pwait2
	CLASS(epoll_pwait2, POLL),
#endif
#ifdef SYS_io_uring_enter
	CLASS(io_uring_enter, POLL),
#endif
#ifdef SYS_futex_waitv
	CLASS(futex_waitv, LOCK),
#endif
	[455] = SYSCALL_LOCK, /* futex_wait, since 6.7 */
};

static bool has_exit_tracepoint(void)
{
	return libbpf_find_vmlinux_btf_id("sched_exit_tp", BPF_TRACE_RAW_TP) > 0;
}

/* The hook, and whether SCHED_HOOK_FINISH is an fentry. */
static enum sched_hook hook_of(const struct sched_options *o, bool *fentry)
{
	enum sched_hook hook = o->hook;

	if (hook == SCHED_HOOK_BEST && has_exit_tracepoint())
		hook = SCHED_HOOK_EXIT;
	*fentry =
		(hook == SCHED_HOOK_BEST || hook == SCHED_HOOK_FINISH) && attach_can_fentry(FINISH);
	if (hook == SCHED_HOOK_BEST)
		hook = *fentry || !access(KPROBE_TYPE, R_OK) ? SCHED_HOOK_FINISH : SCHED_HOOK_OUT;
	return hook;
}

static void enable(struct ebprof_bpf *skel, const struct collect_options *o)
{
	struct abi_sched *s = &skel->rodata->sched;
	bool fentry;
	enum sched_hook hook = hook_of(&o->sched, &fentry);

	s->threshold_ns = o->sched.threshold_ns;
	s->min_ns = o->sched.min_ns;
	s->max_ns = o->sched.max_ns;
	s->reasons = o->sched.reasons;
	s->shown = o->reasons;
	memcpy(s->classes, classes, sizeof(classes));
	s->stack_first = hook == SCHED_HOOK_OUT;
	s->owners = o->owners;
	bpf_program__set_autoload(skel->progs.sched_out, hook != SCHED_HOOK_OUT);
	bpf_program__set_autoload(skel->progs.sched_exit, hook == SCHED_HOOK_EXIT);
	bpf_program__set_autoload(skel->progs.sched_finish, fentry);
	bpf_program__set_autoload(skel->progs.sched_finish_probe,
	                          hook == SCHED_HOOK_FINISH && !fentry);
	bpf_program__set_autoload(skel->progs.sched_both, hook == SCHED_HOOK_OUT);
	bpf_program__set_autoload(skel->progs.sched_begin, true);
	bpf_program__set_autoload(skel->progs.sched_waiting, true);
	bpf_map__set_max_entries(skel->maps.waits_by_tid, WAITS_BY_TID);
}

/*
 * The name of finish_task_switch() in this kernel: compilers cut parameters off (.isra.0). 0 or -errno.
 */
static int finish_symbol(char *name, size_t size)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	char line[512], symbol[256], type;
	int err = -ENOENT;

	if (!f)
		return -errno;
	while (err && fgets(line, sizeof(line), f))
		if (sscanf(line, "%*x %c %255s", &type, symbol) == 2 &&
		    (type == 't' || type == 'T') && !strncmp(symbol, FINISH, strlen(FINISH)) &&
		    (!symbol[strlen(FINISH)] || symbol[strlen(FINISH)] == '.') &&
		    strlen(symbol) < size) {
			memcpy(name, symbol, strlen(symbol) + 1);
			err = 0;
		}
	fclose(f);
	return err;
}

static int attach_finish(struct ebprof_bpf *skel, struct links *links, struct err *e)
{
	char name[256];
	int err = finish_symbol(name, sizeof(name));

	if (!err)
		err = attach_kprobe(links, skel->progs.sched_finish_probe, name);
	if (!err) {
		log_debug("threads that are back are met by a kprobe on %s", name);
		return 0;
	}
	return err_set(e, err,
	               "cannot put a kprobe on " FINISH ": %s; this kernel needs kprobes "
	               "(CONFIG_KPROBE_EVENTS) for this; try --sched-hook out",
	               strerror(-err));
}

static int attach(struct ebprof_bpf *skel, const struct collect_options *o, struct links *links,
                  struct err *e)
{
	struct bpf_program *const tracepoints[] = {
		skel->progs.sched_out,
		skel->progs.sched_both,
		skel->progs.sched_exit,
		skel->progs.sched_finish,
	};
	size_t i;
	int err = 0;

	for (i = 0; !err && i < sizeof(tracepoints) / sizeof(*tracepoints); i++)
		if (bpf_program__fd(tracepoints[i]) >= 0)
			err = attach_raw_tracepoint(links, tracepoints[i]);
	if (err)
		return err_set(e, err, "cannot watch the scheduler: %s", strerror(-err));
	if (bpf_program__fd(skel->progs.sched_finish) >= 0)
		log_debug("threads that are back are met by fentry on " FINISH);
	return bpf_program__fd(skel->progs.sched_finish_probe) >= 0 ? attach_finish(skel, links, e)
	                                                            : 0;
}

#define REASON_NAME(name, text) [REASON_##name] = text,
static const char *const reasons[REASON_CNT] = { REASONS(REASON_NAME) };

/* NULL: it has no name, or there is no memory for it. The text stays. */
static const char *syscall_name(int nr)
{
	static char *names[ABI_SYSCALLS];

	if (nr < 0 || nr >= ABI_SYSCALLS)
		return NULL;
	if (!names[nr])
		names[nr] = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, nr);
	return names[nr];
}

size_t sched_labels(const struct sample_key *key, struct kind_label *to)
{
	const char *name = syscall_name(WAIT_SYSCALL(key->tag));
	size_t n = 0;

	if (key->reason && key->reason < REASON_CNT)
		to[n++] = (struct kind_label){ .key = "reason", .text = reasons[key->reason] };
	if (name)
		to[n++] = (struct kind_label){ .key = "syscall", .text = name };
	return n;
}

const struct source source_sched = {
	.name = "sched",
	.ctx = CTX_TP,
	.in_scheduler = true,
	.enable = enable,
	.attach = attach,
};
