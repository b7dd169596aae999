// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Source wall: how long each thread runs, waits for a CPU and is blocked, by counters of its own that
 * go on at each switch. Whatever is known of a piece of time, all of it is counted as one of the three:
 * a switch that nobody told of makes the counters wrong, never their sum. A thread's counters are told
 * when it ends, and those of the living at the capture's end. How much of a wait was for a CPU is what
 * the scheduler counted meanwhile; it adds that after its tracepoint, so the wait is divided when the
 * thread leaves its CPU the next time.
 */
#include "sample.bpf.h"

struct wall {
	__u64 born;      /* task_struct.start_time: another one = the number is used anew */
	__u64 since;     /* CLOCK_MONOTONIC ns: all that was before is counted */
	__u64 exec;      /* what the scheduler had counted as run at the last switch, ns */
	__u64 run_delay; /* and as waited for a CPU when the last wait was divided, ns */
	__u64 waited;    /* the wait that is not divided, ns */
	__u64 ns[3];     /* enum wall_value */
	__u64 told;      /* of its time in the capture: what wall_tell() has told, ns */
	__u64 start;     /* who it is, known when it ends: as in the key */
	__u32 tgid, tid;
	__u32 seq;    /* odd: it is being changed */
	__u8 running; /* since 'since' */
	__u8 blocked; /* it is when it does not run, or was in the wait that is not divided */
	__u8 dead;    /* it goes on to its last switch */
	__u8 over;    /* nothing is counted any more */
	__u8 pad[4];
};

/* written and read here; a thread's goes with it */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct wall);
} walls SEC(".maps");

/* key: tid (of the initial PID namespace); in place of walls where tracing has no task storage */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1); /* collect/wall.c */
	__type(key, __u32);
	__type(value, struct wall);
} walls_by_tid SEC(".maps");

/* Who makes new ones: each may be interrupted by those before it. */
enum wall_maker { BY_SWITCH, BY_EXIT, BY_ITERATOR, BY_CNT };

/* key: enum wall_maker; what a new one begins with: helpers want it in a map */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, BY_CNT);
	__type(key, __u32);
	__type(value, struct wall);
} walls_new SEC(".maps");

/* Of a task that the kernel vouches for. */
static __always_inline struct wall *wall_of(struct task_struct *t)
{
	__u32 tid = t->pid;
	struct wall *w;

	if (has_task_regs())
		return bpf_task_storage_get(&walls, t, 0, 0);
	w = bpf_map_lookup_elem(&walls_by_tid, &tid);
	if (!w || w->born == t->start_time)
		return w;
	bpf_map_delete_elem(&walls_by_tid, &tid);
	return NULL;
}

/* As it was when the capture began, or when it was made: then it waits for its first turn. */
static __always_inline void wall_begin_with(struct wall *w, struct task_struct *t, __u64 start,
                                            bool running)
{
	__builtin_memset(w, 0, sizeof(*w));
	w->born = w->since = t->start_time;
	if (w->born >= start)
		return;
	w->since = start;
	w->exec = t->se.sum_exec_runtime;
	w->run_delay = task_run_delay(t);
	w->running = running;
	w->blocked = !running && task_state(t);
}

/* One is made only where none is, in one step: the iterator and a switch may be at it at once. */
static __always_inline struct wall *wall_make(__u32 by, struct task_struct *t, __u64 start,
                                              bool running)
{
	struct wall *first = bpf_map_lookup_elem(&walls_new, &by), *w;
	__u32 tid = t->pid;

	if (!first)
		return NULL;
	wall_begin_with(first, t, start, running);
	if (has_task_regs()) {
		w = bpf_task_storage_get(&walls, t, first, BPF_LOCAL_STORAGE_GET_F_CREATE);
	} else {
		bpf_map_update_elem(&walls_by_tid, &tid, first, BPF_NOEXIST);
		w = bpf_map_lookup_elem(&walls_by_tid, &tid);
	}
	if (!w)
		sample_lose(CTX_TP, LOSS_WALLS_FULL);
	else if (w->born != t->start_time) /* 'first' was used again meanwhile */
		wall_begin_with(w, t, start, running);
	return w;
}

/* That of the current task; NULL: it is not wanted, or lost. */
static __always_inline struct wall *wall_current(__u32 by, struct task_struct *t, __u64 start)
{
	struct wall *w = wall_of(t);

	if (!w && sample_perhaps())
		w = wall_make(by, t, start, true);
	return w && !w->over ? w : NULL;
}

/*
 * Counts what was until now, when the thread has its CPU ('ran') or not. Where that is not what was
 * known of it, a switch was missed: the scheduler's own count tells how long it ran.
 */
static __always_inline void wall_count(struct wall *w, __u64 now, bool ran, __u64 exec)
{
	__u64 d = now - w->since, run = ran ? d : 0;

	if ((__s64)d < 0)
		return;
	if (w->running != ran) {
		run = exec - w->exec;
		if (run > d)
			run = d;
		if (!ran)
			w->blocked = 1;
	}
	w->ns[WALL_RUNNING] += run;
	w->waited += d - run;
	w->exec = exec;
	w->since = now;
}

/* Divides the wait that is over, and is at most as long for a CPU as the scheduler says. */
static __always_inline void wall_divide(struct wall *w, __u64 run_delay)
{
	__u64 delay = run_delay - w->run_delay;

	if (!w->blocked || delay > w->waited)
		delay = w->waited;
	w->ns[WALL_RUNNABLE] += delay;
	w->ns[WALL_BLOCKED] += w->waited - delay;
	w->waited = 0;
	w->run_delay = run_delay;
}

static __always_inline void wall_change(struct wall *w)
{
	barrier();
	w->seq++;
	barrier();
}

/* The capture's start, 0 = nothing is recorded, and until when to count: CLOCK_MONOTONIC, ns. */
static __always_inline __u64 wall_window(__u64 *now)
{
	__u64 start = sample_window(now);

	if (!*now)
		*now = bpf_ktime_get_ns();
	return start;
}

/* Of the thread's time in the capture, what was not told yet. */
static __always_inline __u64 wall_time(struct wall *w, __u64 born, __u64 start, __u64 now)
{
	return now - (born > start ? born : start) - w->told;
}

static __always_inline void wall_value(struct wall *w, struct sample_value *v)
{
	v->v[WALL_RUNNING] = w->ns[WALL_RUNNING];
	v->v[WALL_RUNNABLE] = w->ns[WALL_RUNNABLE];
	v->v[WALL_BLOCKED] = w->ns[WALL_BLOCKED];
}

/* Tells the counters of the current task, which ends, and begins new ones. */
static __always_inline void wall_tell(struct task_struct *t, struct wall *w, __u64 start, __u64 now)
{
	struct sample_key key = { .kind = KIND_wall };
	struct sample_value v = {};

	key.start = w->start;
	key.tgid = w->tgid;
	key.tid = w->tid;
	key.exec_id = (__u32)t->self_exec_id;
	wall_value(w, &v);
	v.v[WALL_TIME] = wall_time(w, t->start_time, start, now);
	w->told += v.v[WALL_TIME];
	w->ns[WALL_RUNNING] = w->ns[WALL_RUNNABLE] = w->ns[WALL_BLOCKED] = 0;
	if (!sample_sum(CTX_TP, &key, &v))
		sample_lose(CTX_TP, LOSS_WALLS_FULL);
}

/* Its last switch: what came after sched_process_exit. */
static __always_inline void wall_last(struct task_struct *t, struct wall *w, __u64 start, __u64 now)
{
	__u32 tid = t->pid;

	if (w->dead)
		wall_tell(t, w, start, now);
	w->over = 1;
	if (!has_task_regs())
		bpf_map_delete_elem(&walls_by_tid, &tid);
}

/* The current task leaves its CPU. */
static __always_inline void wall_leaves(struct task_struct *t, __u64 start, __u64 now, bool preempt)
{
	struct wall *w = wall_current(BY_SWITCH, t, start);
	__u32 state = preempt ? 0 : task_state(t);

	if (!w || w->seq & 1) /* the latter: inside wall_exit() */
		return;
	wall_change(w);
	wall_count(w, now, true, t->se.sum_exec_runtime);
	wall_divide(w, task_run_delay(t));
	w->running = 0;
	w->blocked = state != 0;
	wall_change(w);
	if (state & TASK_DEAD)
		wall_last(t, w, start, now);
}

static __always_inline void wall_comes(struct task_struct *t, __u64 now)
{
	struct wall *w = wall_of(t);

	if (!w || w->over || w->seq & 1)
		return;
	wall_change(w);
	wall_count(w, now, false, t->se.sum_exec_runtime);
	w->running = 1;
	wall_change(w);
}

SEC("?tp_btf/sched_switch")
int BPF_PROG(wall_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	__u64 now, start = wall_window(&now);

	if (!start)
		return 0;
	if (prev->pid)
		wall_leaves(prev, start, now, preempt);
	if (next->pid)
		wall_comes(next, now);
	return 0;
}

/*
 * A thread ends. Who it is can be told now: not at its last switch, where it has no number any more. It may
 * lose its CPU in here, where kernels let tracepoints be preempted: no switch counts then.
 */
SEC("?tp_btf/sched_process_exit")
int BPF_PROG(wall_exit, struct task_struct *task)
{
	__u64 now, start = wall_window(&now);
	struct wall *w = start ? wall_current(BY_EXIT, task, start) : NULL;
	struct current_task who = {};

	if (!w)
		return 0;
	/* Asked at the end: a thread counts whole, as what it is by then. */
	if (w->born >= now || !sample_wanted_task(task)) {
		w->over = 1;
		return 0;
	}
	task_nrs(task, &who);
	wall_change(w);
	wall_count(w, now, true, task->se.sum_exec_runtime);
	wall_divide(w, task_run_delay(task));
	w->running = 1;
	w->start = BPF_CORE_READ(task, group_leader, start_boottime);
	w->tgid = who.tgid;
	w->tid = who.tid;
	w->dead = 1;
	wall_tell(task, w, start, now);
	wall_change(w);
	return 0;
}

/* A capture has begun: as the threads are now they are since its start. */
SEC("?iter/task")
int wall_begin(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	__u64 start = sample_start_mono();

	if (task && start && !task->exit_state && sample_wanted_task(task))
		wall_make(BY_ITERATOR, task, start, task->on_cpu);
	return 0;
}

/* False: a switch on another CPU changed it meanwhile. */
static __always_inline bool wall_copy(struct wall *to, struct wall *from)
{
	__u32 seq = *(volatile __u32 *)&from->seq;

	barrier();
	*to = *from;
	barrier();
	return !(seq & 1) && *(volatile __u32 *)&from->seq == seq;
}

/*
 * A copy, after which nothing is counted in 'from'. A change takes less time than a copy; and no loop:
 * old verifiers refuse this one's shape.
 */
static __always_inline void wall_take(struct wall *to, struct wall *from)
{
	if (!wall_copy(to, from) && !wall_copy(to, from) && !wall_copy(to, from))
		wall_copy(to, from);
	from->over = 1;
}

static __always_inline void wall_who(struct task_struct *t, const struct wall *w,
                                     struct sample_key *key)
{
	struct current_task who = {};

	key->kind = KIND_wall;
	key->start = w->start;
	key->tgid = w->tgid;
	key->tid = w->tid;
	key->exec_id = (__u32)t->self_exec_id;
	if (w->dead)
		return;
	task_nrs(t, &who);
	key->start = BPF_CORE_READ(t, group_leader, start_boottime);
	key->tgid = who.tgid;
	key->tid = who.tid;
}

/* It ends: the counters of all that live. */
SEC("?iter/task")
int wall_end(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	__u64 now, start = wall_window(&now);
	struct abi_wall out = {};
	struct wall *at, w = {};

	if (!task || !start)
		return 0;
	at = wall_of(task);
	if ((at ? at->over : task->exit_state) || task->start_time >= now ||
	    !sample_wanted_task(task))
		return 0;
	if (!at)
		at = wall_make(BY_ITERATOR, task, start, task->on_cpu);
	if (at) {
		wall_take(&w, at);
		wall_count(&w, now, task->on_cpu, task->se.sum_exec_runtime);
		wall_divide(&w, task_run_delay(task));
	}
	wall_value(&w, &out.value);
	out.value.v[WALL_TIME] = wall_time(&w, task->start_time, start, now);
	wall_who(task, &w, &out.key);
	bpf_seq_write(ctx->meta->seq, &out, sizeof(out));
	return 0;
}
