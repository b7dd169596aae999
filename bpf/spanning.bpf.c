// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Waits that raise no event in the capture, for they began before it or go on after it: iterators over all
 * tasks find them at its start and at its end.
 */
#include "values.bpf.h"

/* The stack of a wait that is under way, where none can be taken at its end. */
static __always_inline void begin_held(struct seq_file *to, struct task_struct *task,
                                       struct wait *w)
{
	struct sample_event ev = { .ctx = CTX_PROBE, .kind = KIND_offcpu };

	ev.related = related_of(w, w->start.since);
	ev.reason = wait_reason(task, &w->start, &ev.tag);
	w->expected = 0;
	w->place = 0;
	if (shown(ev.reason) && sample_waiting(to, task, &ev, task_turns(task), &w->key))
		w->expected = sched.threshold_ns ? sched.threshold_ns : 1;
}

/* A capture has begun: threads that are off their CPUs since before wait from its start on. */
SEC("?iter/task")
int sched_begin(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	__u64 start = sample_start_mono();
	struct wait *w;

	if (!task || task->on_cpu || task->exit_state || !start)
		return 0;
	w = wait_make(task);
	if (!w) {
		sample_lose(CTX_PROBE, LOSS_WAITS_FULL);
		return 0;
	}
	if (!w->start.since) {
		w->start.state = task_state(task);
		w->start.owner = 0;
		w->start.throttled = w->start.state ? 0 : throttled(task);
		w->start.run_delay = task_run_delay(task);
		w->start.since = start;
	}
	if (sched.stack_first && w->start.since <= start)
		begin_held(ctx->meta->seq, task, w);
	return 0;
}

/*
 * It ends: what they have waited until then, however long it takes to look at them all; what comes after
 * is another wait.
 */
SEC("?iter/task")
int sched_waiting(struct bpf_iter__task *ctx)
{
	struct sample_event ev = { .ctx = CTX_PROBE, .kind = KIND_offcpu };
	__u64 end, start = sample_window(&end), d;
	struct task_struct *task = ctx->task;
	struct wait_start copy;
	struct wait *w;

	if (!task || task->on_cpu || !start)
		return 0;
	w = wait_find(task);
	if (!w || !w->start.since)
		return 0;
	copy = w->start;
	d = wait_length(copy.since, start, end, end);
	if (!d)
		return 0;
	wait_values(&copy, task_run_delay(task), d, &ev.value);
	ev.related = related_of(w, copy.since);
	if (ev.related && w->wake.since != copy.since)
		ev.related = RELATED_YET;
	ev.reason = wait_reason(task, &copy, &ev.tag);
	if (!shown(ev.reason) || !sample_wanted_task(task))
		return 0;
	if (left_out(d, ev.reason))
		sample_stat_add(CTX_PROBE, STAT_LEFT_OUT_NS, d);
	else if (!sample_waiting(ctx->meta->seq, task, &ev, task_turns(task), NULL))
		return 0;
	w->start.since = end;
	w->start.run_delay = task_run_delay(task);
	return 0;
}

/* One that user space was too slow for, since it has run meanwhile: where it waits now, if it does. */
SEC("?iter/task")
int wait_again(struct bpf_iter__task *ctx)
{
	struct sample_event ev = { .ctx = CTX_PROBE };
	struct task_struct *task = ctx->task;
	struct sample_key key;

	if (task && !task->on_cpu)
		sample_waiting(ctx->meta->seq, task, &ev, task_turns(task), &key);
	return 0;
}
