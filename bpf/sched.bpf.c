// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Source sched: how long threads are off their CPUs, and why. The time is stamped when a thread leaves
 * its CPU; what is measured, and the stack, are taken when it is back and runs itself, and only for
 * the waits that are kept: one of length d with probability d / threshold, so that the sum of what is
 * kept, each with the weight max(d, threshold) / d, is the sum of all. How long it waited for a CPU
 * (and not for what it blocked on) is what the scheduler has counted meanwhile; where it does not count
 * (no CONFIG_SCHED_INFO), that part is taken for blocked.
 *
 * Where nothing can be hooked in the resumed thread, the stack is taken as it leaves, with the
 * probability that its last wait at the same place would be kept with: the weight is that one's, so the
 * sums stay unbiased, and stacks of short waits stay rare.
 */
#include "sample.bpf.h"
#include "values.bpf.h"
#include "weigh.bpf.h"

const volatile struct abi_sched sched = {};

/* written and read here; a thread's goes with it */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct wait);
} waits SEC(".maps");

/* key: tid (of the initial PID namespace); in place of waits where tracing has no task storage */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1); /* collect/sched.c */
	__type(key, __u32);
	__type(value, struct wait);
} waits_by_tid SEC(".maps");

/*
 * The thread that leaves and the one that comes share one look at the clock, unless the one that comes is not
 * next: away from some tasks switches are invisible (and the first exit of a new one is).
 */
struct switch_stamp {
	__u64 now; /* CLOCK_MONOTONIC, ns; 0 = not read */
	__u32 next, pad;
};

/* key: 0; the switch that is under way on this CPU */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct switch_stamp);
} switches SEC(".maps");

/* Task storage came to tracing programs with 5.12 (a10787e6d58c), the helper that is asked for with 5.15. */
#define has_task_storage() has_task_regs()

/* Not on the stack, which old verifiers count closely. */
static const volatile struct wait no_wait = {};

static __always_inline struct wait *wait_by_tid(__u32 tid, bool make)
{
	struct wait *w = bpf_map_lookup_elem(&waits_by_tid, &tid);

	if (w || !make)
		return w;
	bpf_map_update_elem(&waits_by_tid, &tid, (const void *)&no_wait, BPF_NOEXIST);
	return bpf_map_lookup_elem(&waits_by_tid, &tid);
}

/* Of a task that the kernel vouches for. */
static __always_inline struct wait *wait_of(struct task_struct *task, bool make)
{
	if (has_task_storage())
		return bpf_task_storage_get(&waits, task, 0,
		                            make ? BPF_LOCAL_STORAGE_GET_F_CREATE : 0);
	return wait_by_tid(task->pid, make);
}

__hidden struct wait *wait_find(struct task_struct *task)
{
	return wait_of(task, false);
}

__hidden struct wait *wait_make(struct task_struct *task)
{
	return wait_of(task, true);
}

static __always_inline struct wait *wait_current(bool make)
{
	if (has_task_storage())
		return wait_of(current_task(), make);
	return wait_by_tid((__u32)bpf_get_current_pid_tgid(), make);
}

static __always_inline struct switch_stamp *switch_here(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&switches, &zero);
}

/*
 * How long the task that gets the CPU has waited for it: sched_switch fires before that is added to its
 * run_delay (kernel/sched/stats.h sched_info_arrive()). 0 where the clock it is counted by is not to be
 * had (no CONFIG_FAIR_GROUP_SCHED).
 */
static __always_inline __u64 run_delay_now(struct task_struct *next)
{
	struct cfs_rq *rq = NULL;
	__u64 queued;

	if (!bpf_core_field_exists(next->sched_info.last_queued) || !bpf_core_field_exists(rq->rq))
		return 0;
	queued = BPF_CORE_READ(next, sched_info.last_queued);
	rq = BPF_CORE_READ(next, se.cfs_rq);
	return queued && rq ? BPF_CORE_READ(rq, rq, clock) - queued : 0;
}

/* Of the current task, if it is perhaps wanted. */
static __always_inline struct wait *wait_new(void)
{
	struct wait *w;

	if (!sample_perhaps())
		return NULL;
	w = wait_current(true);
	if (!w)
		sample_lose(CTX_TP, LOSS_WAITS_FULL);
	return w;
}

/* The dead wait for nothing. Without task storage nothing else takes their entries away. */
static __always_inline void wait_forget(struct task_struct *task, struct wait *w)
{
	__u32 tid = task->pid;

	w->start.since = 0;
	if (!has_task_storage())
		bpf_map_delete_elem(&waits_by_tid, &tid);
}

/* A task leaves its CPU, and is still the current one; NULL: it is not looked at. */
static __always_inline struct wait *wait_stamp(struct task_struct *prev, bool preempt,
                                               struct task_struct *next)
{
	struct switch_stamp *here = switch_here();
	struct wait *w;

	if (!here)
		return NULL;
	here->now = 0;
	w = wait_of(prev, false);
	if (!w)
		w = wait_new();
	if (!w)
		return NULL;
	w->start.state = preempt ? 0 : task_state(prev);
	if (w->start.state & TASK_DEAD) {
		wait_forget(prev, w);
		return NULL;
	}
	w->start.owner = sched.owners && w->start.state ? futex_owner(prev) : 0;
	w->start.throttled = w->start.state ? 0 : throttled(prev);
	w->start.run_delay = task_run_delay(prev);
	w->start.since = here->now = bpf_ktime_get_ns();
	here->next = next->pid;
	return w;
}

SEC("?tp_btf/sched_switch")
int BPF_PROG(sched_out, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	wait_stamp(prev, preempt, next);
	return 0;
}

__hidden bool wait_shown(__u32 reason)
{
	return shown(reason) && !is_other(reason);
}

/* Was its wake seen? */
static __always_inline bool was_woken(const struct wait *w, __u64 since)
{
	return sched.wakers && w->start.state && w->wake.since == since;
}

/* Weighs a wait of length d that is kept; false when nothing is left of it. */
static __always_inline bool wait_weighed(const struct wait *w, __u64 since, __u64 d,
                                         struct sample_value *v)
{
	if (!was_woken(w, since)) {
		wait_weigh(d, sched.threshold_ns, v);
		return true;
	}
	wait_weigh_woken(w->wake.luck, w->wake.woken, d, sched.threshold_ns, v);
	return v->v[WAIT_BLOCKED] || v->v[WAIT_RUNNABLE];
}

/* A wait of the current task is left out. Apart, for the stack of those that are not has no room for it. */
static __noinline void note_left_out(__u64 ns)
{
	struct current_task task;

	if (sample_wanted(CTX_TP, false, &task))
		sample_stat_add(CTX_TP, STAT_LEFT_OUT_NS, ns);
}

/* A wait of the current task that is over is kept: one of length d, with the probability that this gives. */
static __always_inline void wait_keep(void *ctx, const struct wait *w, __u64 d, __u64 now,
                                      bool is_new)
{
	struct sample_event ev = { .ctx = CTX_TP, .kind = KIND_offcpu, .is_new = is_new };
	__u64 end, start = sample_window(&end);
	__u64 in_window = wait_length(now - d, start, end, now);

	if (!start || !in_window)
		return;
	wait_values(&w->start, run_delay_of(current_task()), in_window, &ev.value);
	if (!wait_weighed(w, now - d, d, &ev.value))
		return;
	ev.related = related_of(w, now - d);
	ev.reason = wait_reason(current_task(), &w->start, &ev.tag);
	if (!shown(ev.reason))
		return;
	if (left_out(in_window, ev.reason))
		note_left_out(ev.value.v[WAIT_BLOCKED] + ev.value.v[WAIT_RUNNABLE]);
	else
		sample_record(ctx, &ev);
}

/* The current task has a CPU again; now = 0: it is to be asked what time it is. */
static __always_inline void wait_over(void *ctx, struct wait *w, __u64 now, bool is_new)
{
	__u64 since = w->start.since, d, luck;

	if (!since)
		return;
	w->start.since = 0;
	if (!now)
		now = bpf_ktime_get_ns();
	d = now - since;
	luck = was_woken(w, since) ? w->wake.luck : bpf_get_prandom_u32();
	if ((__s64)d >= 0 && wait_kept_by(luck, d, sched.threshold_ns))
		wait_keep(ctx, w, d, now, is_new);
}

/* The time of the switch to that thread, which nobody asks for after this; 0 = not read. */
static __always_inline __u64 switch_take(__u32 next)
{
	struct switch_stamp *here = switch_here();
	__u64 now = 0;

	if (here) {
		now = here->next == next ? here->now : 0;
		here->now = 0;
	}
	return now;
}

SEC("?tp_btf/sched_exit_tp")
int BPF_PROG(sched_exit, bool is_switch)
{
	struct wait *w;
	__u64 now;

	if (!is_switch)
		return 0;
	now = switch_take((__u32)bpf_get_current_pid_tgid());
	w = wait_current(false);
	if (w)
		wait_over(ctx, w, now, false);
	return 0;
}

/* A thread's first turn has no leaving before it: it waited for a CPU since it was made. */
static __always_inline struct wait *first_turn(struct task_struct *t)
{
	struct wait *w;

	if (BPF_CORE_READ(t, nvcsw) + BPF_CORE_READ(t, nivcsw))
		return NULL;
	w = wait_new();
	if (w)
		w->start = (struct wait_start){ .since = BPF_CORE_READ(t, start_time) };
	return w;
}

/* finish_task_switch(): the first function that a resumed task runs, and a new one. */
static __always_inline int finish(void *ctx)
{
	__u64 now = switch_take((__u32)bpf_get_current_pid_tgid());
	struct wait *w = wait_current(false);
	bool is_new = !w;

	if (is_new)
		w = first_turn(current_task());
	if (w)
		wait_over(ctx, w, now, is_new);
	return 0;
}

SEC("?fentry/finish_task_switch")
int BPF_PROG(sched_finish)
{
	return finish(ctx);
}

SEC("?kprobe")
int sched_finish_probe(struct pt_regs *ctx)
{
	return finish(ctx);
}

/* Where the current task waits, as far as that predicts for how long; never 0. */
static __noinline __u64 wait_place(struct task_struct *task)
{
	struct arch_regs regs;

	if (task_user_regs(task, &regs))
		return 2;
	return (arch_pc(&regs) ^ (__u64)arch_syscall(&regs) << 56) | 1;
}

/* The shortest wait that is expected: what a long one weighs that nobody expected is bounded by it. */
#define EXPECTED_LEAST(threshold) ((threshold) >> 6)

static __always_inline struct wait_site *site_of(struct wait *w)
{
	return &w->sites[(w->place ^ w->place >> 6) & (WAIT_SITES - 1)];
}

static __always_inline void site_note(struct wait *w, __u64 d)
{
	struct wait_site *site = site_of(w);
	__u64 before = site->place == w->place ? site->length - site->length / 4 : 0;

	site->place = w->place;
	site->length = d > before ? d : before;
}

/* Takes the stack of a wait that begins, if it is likely to be kept. */
static __always_inline void wait_expect(void *ctx, struct task_struct *prev, struct wait *w)
{
	struct sample_event ev = { .ctx = CTX_TP, .kind = KIND_offcpu };
	__u64 least = EXPECTED_LEAST(sched.threshold_ns);
	struct wait_site *site;

	/* Threads that lose their CPUs do so anywhere. */
	w->place = w->start.state ? wait_place(prev) : 1;
	site = site_of(w);
	w->expected = sched.threshold_ns;
	if (site->place == w->place)
		w->expected = site->length > least ? site->length : least;
	if (!sample_start_mono() || !wait_kept(w->expected, sched.threshold_ns)) {
		w->expected = 0;
		return;
	}
	ev.related = related_of(w, w->start.since);
	ev.reason = wait_reason(prev, &w->start, &ev.tag);
	if (!shown(ev.reason) || !sample_hold(ctx, &ev, &w->key))
		w->expected = 0;
	else if (!w->expected)
		w->expected = 1; /* threshold 0: all are kept, and weigh 1 */
}

/* The task that gets the CPU next: its wait is over. */
static __noinline void wait_met(struct task_struct *next)
{
	struct wait *w = wait_of(next, false);
	__u64 end, start = sample_window(&end), now = switch_take(next->pid), d;
	struct sample_value v = {};

	if (!w || !w->start.since)
		return;
	if (!now)
		now = bpf_ktime_get_ns();
	site_note(w, now - w->start.since);
	d = wait_length(w->start.since, start, end, now);
	w->start.since = 0;
	if (!start || !d || !w->expected)
		return;
	wait_values(&w->start, task_run_delay(next) + run_delay_now(next), d, &v);
	wait_weigh(w->expected, sched.threshold_ns, &v);
	if (left_out(d, w->key.reason))
		sample_stat_add(CTX_TP, STAT_LEFT_OUT_NS, v.v[WAIT_BLOCKED] + v.v[WAIT_RUNNABLE]);
	else
		sample_add(CTX_TP, &w->key, &v);
}

/*
 * Both ends of a wait, where only switches can be hooked. One time for both: what is done here the kernel
 * counts as a turn of the next one.
 */
SEC("?tp_btf/sched_switch")
int BPF_PROG(sched_both, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	struct wait *w = wait_stamp(prev, preempt, next);

	if (w)
		wait_expect(ctx, prev, w);
	if (next->pid)
		wait_met(next);
	return 0;
}
