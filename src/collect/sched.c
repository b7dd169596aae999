// SPDX-License-Identifier: Apache-2.0
#include "collect/sched.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <inttypes.h>
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

/*
 * Where the kernel's code for interrupts' entries lies: between these symbols, the first one alone
 * reaching to the next symbol. x86: arch/x86/include/asm/idtentry.h has exceptions before
 * asm_common_interrupt (5.8 to 7.1), arch/x86/entry/entry_fred.c is what processors with FRED have
 * (6.9); arm64: arch/arm64/kernel/entry.S.
 */
static const struct {
	const char *from, *to;
} interrupts[] = {
	{ "asm_common_interrupt", "__irqentry_text_end" },
	{ "fred_extint", NULL },
	{ "el1h_64_irq", NULL },
	{ "el0t_64_irq", NULL },
};

struct symbol {
	uint64_t address;
	char name[128];
};

/* The next symbol of kallsyms' text; false: there is none. */
static bool next_text(FILE *f, struct symbol *s)
{
	char line[512], type;

	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%" SCNx64 " %c %127s", &s->address, &type, s->name) == 3 &&
		    (type == 't' || type == 'T') && s->address)
			return true;
	return false;
}

/* Takes what the symbol says of a range that begins or ends with it. */
static void note_symbol(struct abi_range *ranges, const struct symbol *s)
{
	size_t i;

	for (i = 0; i < sizeof(interrupts) / sizeof(*interrupts); i++) {
		struct abi_range *r = &ranges[i];

		if (!strcmp(s->name, interrupts[i].from))
			r->start = s->address;
		else if (interrupts[i].to && !strcmp(s->name, interrupts[i].to))
			r->end = s->address;
		else if (!interrupts[i].to && r->start && s->address > r->start &&
		         (!r->end || s->address < r->end))
			r->end = s->address;
	}
}

/* A range that is not found stays empty: kallsyms is not sorted where modules begin. */
static void find_interrupts(struct abi_range ranges[ABI_IRQ_RANGES])
{
	FILE *f = fopen("/proc/kallsyms", "re");
	struct symbol s;
	size_t i;

	while (f && next_text(f, &s))
		note_symbol(ranges, &s);
	if (f)
		fclose(f);
	for (i = 0; i < ABI_IRQ_RANGES; i++)
		if (ranges[i].end <= ranges[i].start || !ranges[i].start)
			ranges[i] = (struct abi_range){ 0 };
}

_Static_assert(sizeof(interrupts) / sizeof(*interrupts) <= ABI_IRQ_RANGES, "ABI_IRQ_RANGES");

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
	bpf_program__set_autoload(skel->progs.wait_again, true);
	bpf_program__set_autoload(skel->progs.waker, o->sched.wakers);
	s->wakers = o->sched.wakers;
	if (o->sched.wakers)
		find_interrupts(s->irq);
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

static void hook(const struct collect_options *o, char *text, size_t size)
{
	char name[256] = FINISH;
	bool fentry;

	switch (hook_of(&o->sched, &fentry)) {
	case SCHED_HOOK_EXIT:
		snprintf(text, size, "tracepoints sched_switch and sched_exit_tp");
		break;
	case SCHED_HOOK_OUT:
		snprintf(text, size, "tracepoint sched_switch, stacks as threads leave");
		break;
	default:
		if (!fentry)
			finish_symbol(name, sizeof(name));
		snprintf(text, size, "tracepoint sched_switch, %s on %s",
		         fentry ? "fentry" : "kprobe", name);
	}
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
		skel->progs.sched_out,    skel->progs.sched_both, skel->progs.sched_exit,
		skel->progs.sched_finish, skel->progs.waker,
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
	.hook = hook,
	.enable = enable,
	.attach = attach,
};
