// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Source lock: what the releases of futexes are to blame for. A thread that blocks in a futex wait is a
 * waiter of that address until it is woken; the one that wakes it by FUTEX_WAKE or FUTEX_UNLOCK_PI of the
 * address releases it, and is charged with what all waiters have waited since the release before (Go's
 * mutex profile since 1.22: runtime/sema.go semrelease1()). A waiter that leaves for another reason (its
 * time was up, a signal, a requeue) is no waiter any more; what it has waited is charged to the next
 * release. All of it is seen at the scheduler's tracepoints: no syscall is hooked. What kind of lock it is,
 * user space reads in the stack of one of its waiters: compilers put the code that releases into its callers.
 *
 * A lock has a slot of an array, and its waiters remember the slot: it is anybody's when nobody waits.
 * Nothing is ever cleared, so that no addition can meet a slot that was cleared meanwhile; when two locks
 * take one slot at the same moment they share an account until one of them is waited for no more.
 */
#include <linux/futex.h>

#include "sample.bpf.h"
#include "lock.h"
#include "weigh.bpf.h"

const volatile struct abi_lock lock = {};

/* key: slot; lock_find() */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* collect/lock.c: ABI_LOCKS */
	__type(key, __u32);
	__type(value, struct lock);
} locks SEC(".maps");

struct lock_wait {
	__u64 mm; /* 0: a futex that processes share, which may have another address in each */
	__u64 address;
	__u64 since; /* CLOCK_MONOTONIC, ns */
	__u32 slot;
	__u32 pad;
};

/*
 * key: tid (of the initial PID namespace) of a thread that is a waiter. No task storage: it cannot be
 * taken away exactly once.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1); /* collect/lock.c: ABI_LOCK_WAITS */
	__type(key, __u32);
	__type(value, struct lock_wait);
} lock_waits SEC(".maps");

/* Slots that one lock may have: neighbours, so a few are enough at the load of 0.5 that there is at most. */
#define LOCK_WAYS 8
#define LOCK_NONE (~0u)

/* At most so often is a waiter's stack taken again: the word may be used for something else by now. */
#define SEEN_NS 1000000000ull

/* MurmurHash3's finalizer. */
static __always_inline __u64 mix(__u64 h)
{
	h = (h ^ h >> 33) * 0xff51afd7ed558ccdull;
	h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53ull;
	return h ^ h >> 33;
}

/* Gives a slot to another lock: what its last one is still to be charged with, no release will be. */
static __always_inline void lock_take(struct lock *l, __u64 tag, __u64 now)
{
	l->tag = tag;
	l->releaser = 0;
	l->waiter = 0;
	lock_charge(l, now);
}

/* The slot of a lock, LOCK_NONE = there is no room. */
static __noinline __u32 lock_find(__u64 tag, __u64 now)
{
	__u32 i, at, found = LOCK_NONE;
	struct lock *l;

#pragma clang loop unroll(disable)
	for (i = 0; i < LOCK_WAYS; i++) {
		at = (tag + i) & (ABI_LOCKS - 1);
		l = bpf_map_lookup_elem(&locks, &at);
		if (!l)
			break;
		if (l->tag == tag)
			return at;
		if (found == LOCK_NONE && !lock_is_waited_for(l))
			found = at;
	}
	l = bpf_map_lookup_elem(&locks, &found);
	if (!l)
		return LOCK_NONE;
	lock_take(l, tag, now);
	return found;
}

/* Is a task inside futex(2), with an operation of these (bits 1 << FUTEX_*)? Its registers if so. */
static __noinline bool in_futex(struct task_struct *task, __u64 operations, struct arch_regs *regs)
{
	__u32 op;

	if (BPF_CORE_READ(task, flags) & PF_KTHREAD || task_user_regs(task, regs))
		return false;
	if (arch_syscall(regs) != lock.futex || arch_word(regs) != 8)
		return false;
	op = arch_arg2(regs) & FUTEX_CMD_MASK;
	return op < 64 && operations & 1ull << op;
}

#define WAITS                                                                     \
	(1ull << FUTEX_WAIT | 1ull << FUTEX_WAIT_BITSET | 1ull << FUTEX_LOCK_PI | \
	 1ull << FUTEX_LOCK_PI2)
#define RELEASES (1ull << FUTEX_WAKE | 1ull << FUTEX_WAKE_BITSET | 1ull << FUTEX_UNLOCK_PI)

static __always_inline __u64 mm_of(struct task_struct *task, const struct arch_regs *regs)
{
	return arch_arg2(regs) & FUTEX_PRIVATE_FLAG ? (__u64)BPF_CORE_READ(task, mm) : 0;
}

/* A thread is no waiter any more; false: it was none. */
static __always_inline bool lock_leave(__u32 tid, struct lock_wait *to)
{
	struct lock_wait *w = bpf_map_lookup_elem(&lock_waits, &tid);
	struct lock *l;

	if (!w)
		return false;
	*to = *w;
	l = bpf_map_lookup_elem(&locks, &to->slot);
	/* Of several who find it only one takes it away. */
	if (!l || bpf_map_delete_elem(&lock_waits, &tid))
		return false;
	lock_end(l, bpf_ktime_get_ns());
	return true;
}

/* Some switches are invisible: a thread that blocks again has gone on. */
static __noinline void lock_forget(__u32 tid)
{
	struct lock_wait w;

	lock_leave(tid, &w);
}

/* Does the task wait for a futex, and for which? */
static __noinline bool waits_for(struct task_struct *task, struct lock_wait *w)
{
	struct arch_regs regs;

	if (!in_futex(task, WAITS, &regs))
		return false;
	w->mm = mm_of(task, &regs);
	w->address = arch_arg1(&regs);
	return true;
}

/* A task has blocked: if it waits for a futex, it is a waiter from now on. Its lock's slot, or LOCK_NONE. */
static __noinline __u32 lock_enter(struct task_struct *task, __u64 now)
{
	struct lock_wait w = { .since = now };
	__u32 tid = task->pid;
	struct lock *l;

	if (!waits_for(task, &w))
		return LOCK_NONE;
	lock_forget(tid);
	w.slot = lock_find(mix((__u64)BPF_CORE_READ(task, mm) ^ mix(w.address)) | 1, now);
	l = bpf_map_lookup_elem(&locks, &w.slot);
	if (l) {
		/* Before anybody can end it. */
		lock_start(l, now);
		if (!bpf_map_update_elem(&lock_waits, &tid, &w, BPF_NOEXIST))
			return w.slot;
		lock_end(l, now);
	}
	sample_lose(CTX_TP, LOSS_LOCKS_FULL);
	return LOCK_NONE;
}

/* The current thread is a waiter: its stack says of what. */
static __noinline void waiter_see(void *ctx, __u32 slot, __u64 now)
{
	struct sample_event ev = { .ctx = CTX_TP, .kind = KIND_mutex, .in_user = true };
	struct lock *l = bpf_map_lookup_elem(&locks, &slot);
	struct sample_key key;

	if (!l || (l->waiter && now - l->seen < SEEN_NS))
		return;
	l->seen = now;
	if (sample_hold(ctx, &ev, &key))
		l->waiter = key.user;
}

/*
 * Is the current thread releasing what was waited for there? 'op' is its operation. One that wakes many
 * does it once: those who have waited since before are woken by the same call.
 */
static __noinline bool is_release(const struct lock_wait *w, struct lock *l, __u64 *op)
{
	struct task_struct *task = current_task();
	__u64 me = bpf_get_current_pid_tgid();
	struct arch_regs regs;

	if (!in_futex(task, RELEASES, &regs) || mm_of(task, &regs) != w->mm ||
	    (w->mm && arch_arg1(&regs) != w->address))
		return false;
	*op = arch_arg2(&regs);
	if ((*op & FUTEX_CMD_MASK) == FUTEX_UNLOCK_PI || (__u32)arch_arg3(&regs) <= 1)
		return true;
	if (l->releaser == me && w->since <= l->released)
		return false;
	l->releaser = me;
	l->released = bpf_ktime_get_ns();
	return true;
}

static __always_inline bool left_out(__u64 d)
{
	return d < lock.min_ns || (lock.max_ns && d > lock.max_ns);
}

/* A release by the current thread, which is charged with d. */
static __noinline void release_record(void *ctx, __u64 d, __u64 op, __u64 waiter)
{
	struct sample_event ev = { .ctx = CTX_TP, .kind = KIND_mutex, .tag = waiter };
	struct current_task task;

	if (!wait_kept(d, lock.threshold_ns))
		return;
	/* The kernel's part of a wake is the same for all. */
	ev.in_user = true;
	ev.reason = (__u16)op;
	ev.value.v[WAIT_CNT] = 1;
	ev.value.v[WAIT_BLOCKED] = d;
	wait_weigh(d, lock.threshold_ns, &ev.value);
	if (!left_out(d))
		sample_record(ctx, &ev);
	else if (sample_wanted(CTX_TP, true, &task))
		sample_stat_add(CTX_TP, STAT_LEFT_OUT_NS, ev.value.v[WAIT_BLOCKED]);
}

/* A task is woken, by the current one where it is in a syscall. */
SEC("?tp_btf/sched_waking")
int BPF_PROG(lock_wake, struct task_struct *task)
{
	struct lock_wait w;
	struct lock *l;
	__u64 op, d;

	if (!lock_leave(task->pid, &w))
		return 0;
	l = bpf_map_lookup_elem(&locks, &w.slot);
	if (!l || !is_release(&w, l, &op))
		return 0;
	d = lock_charge(l, bpf_ktime_get_ns());
	if (d)
		release_record(ctx, d, op, l->waiter);
	return 0;
}

SEC("?tp_btf/sched_switch")
int BPF_PROG(lock_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	__u64 now;

	/* It was woken before it had blocked, so to say. */
	lock_forget(next->pid);
	if (preempt || !(task_state(prev) & TASK_INTERRUPTIBLE) || !sample_start_mono() ||
	    !sample_perhaps())
		return 0;
	now = bpf_ktime_get_ns();
	waiter_see(ctx, lock_enter(prev, now), now);
	return 0;
}

/* A capture has begun: who waits since before waits from its start on. */
SEC("?iter/task")
int lock_begin(struct bpf_iter__task *ctx)
{
	struct sample_event ev = { .ctx = CTX_PROBE, .kind = KIND_mutex };
	struct task_struct *task = ctx->task;
	struct sample_key key;
	struct lock *l;
	__u32 slot;

	if (!task || task->on_cpu || !(task_state(task) & TASK_INTERRUPTIBLE) ||
	    !sample_wanted_task(task))
		return 0;
	slot = lock_enter(task, bpf_ktime_get_ns());
	l = bpf_map_lookup_elem(&locks, &slot);
	if (l && !l->waiter && sample_waiting(ctx->meta->seq, task, &ev, task_turns(task), &key))
		l->waiter = key.user;
	return 0;
}
