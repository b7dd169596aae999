// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Who ends a wait (--wakers). A thread is woken in the context of who wakes it, with interrupts off. The
 * random number that decides whether the wait is kept is drawn here, by how long it was until now: so a
 * waker's stack is taken for waits that are kept and no others. A wait that is kept at its end because
 * it then had to wait for a CPU has that part alone (wait_weigh_woken()).
 */
#include "sample.bpf.h"
#include "wait.bpf.h"
#include "weigh.bpf.h"

extern const volatile struct abi_sched sched;

/* Is the wait kept, as far as it goes, and shown? */
static __always_inline bool worth(struct task_struct *task, struct wait *w,
                                  const struct wait_start *start)
{
	__u64 tag = 0;

	if (sched.stack_first ? !w->expected
	                      : !wait_kept_by(w->wake.luck, w->wake.woken, sched.threshold_ns))
		return false;
	return wait_shown(wait_reason(task, start, &tag)) && sample_wanted_task(task);
}

SEC("?tp_btf/sched_waking")
int BPF_PROG(waker, struct task_struct *task)
{
	struct wait *w = wait_find(task);
	struct wait_start start;
	__u64 woken;

	if (!sample_start_mono() || !w || !w->start.since || !w->start.state)
		return 0;
	start = w->start;
	woken = bpf_ktime_get_ns() - start.since;
	w->wake.since = start.since;
	w->wake.woken = (__s64)woken < 0 ? 0 : woken;
	w->wake.luck = bpf_get_prandom_u32();
	w->wake.related = RELATED_NONE;
	if (!worth(task, w, &start))
		return 0;
	w->wake.related = related_current(ctx, CTX_WAKE);
	if (sched.stack_first && w->wake.related)
		w->key.related = w->wake.related;
	return 0;
}
