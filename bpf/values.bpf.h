/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a wait comes to: how long, for what, and whether that is asked for. */
#ifndef EBPROF_BPF_VALUES_H
#define EBPROF_BPF_VALUES_H

#include "sample.bpf.h"
#include "wait.bpf.h"

extern const volatile struct abi_sched sched;

/* task_run_delay() of current_task(), for which old kernels do not vouch. */
static __always_inline __u64 run_delay_of(struct task_struct *task)
{
	return bpf_core_field_exists(task->sched_info.run_delay)
	               ? BPF_CORE_READ(task, sched_info.run_delay)
	               : 0;
}

static __always_inline __u32 throttled(struct task_struct *task)
{
	struct cfs_rq *rq = NULL;

	if (!bpf_core_field_exists(rq->throttle_count))
		return 0;
	rq = task->se.cfs_rq;
	return rq && rq->throttle_count > 0;
}

/* How much of a wait that is over now lies between the capture's start and its end (0 = not yet), ns. */
static __always_inline __u64 wait_length(__u64 since, __u64 start, __u64 end, __u64 now)
{
	__u64 from = since > start ? since : start;

	if (end && now > end)
		now = end;
	return from < now ? now - from : 0;
}

/*
 * How long both parts of it were; the part that it waited for a CPU is at most all of it. 'run_delay':
 * all that the task has waited for a CPU until now.
 */
static __always_inline void wait_values(const struct wait_start *w, __u64 run_delay, __u64 d,
                                        struct sample_value *v)
{
	__u64 runnable = d;

	if (w->state) {
		runnable = run_delay - w->run_delay;
		if (runnable > d)
			runnable = d;
	}
	v->v[WAIT_CNT] = w->state != 0;
	v->v[WAIT_BLOCKED] = d - runnable;
	v->v[WAIT_RUNNABLE] = runnable;
}

/* Is this of what the capture's kinds show? */
static __always_inline bool shown(__u32 reason)
{
	return sched.shown & 1u << reason;
}

static __always_inline bool is_other(__u32 reason)
{
	return sched.reasons && !(sched.reasons & 1u << reason);
}

static __always_inline bool left_out(__u64 d, __u32 reason)
{
	return d < sched.min_ns || (sched.max_ns && d > sched.max_ns) || is_other(reason);
}

/* Who ended the wait that began at that time, as far as that was asked for and kept. */
static __always_inline __u64 related_of(const struct wait *w, __u64 since)
{
	if (!sched.wakers || !w->start.state)
		return RELATED_NONE;
	return w->wake.since == since && w->wake.related ? w->wake.related : RELATED_UNKNOWN;
}

#endif
