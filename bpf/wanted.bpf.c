// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Which tasks are wanted, decided before anything costs: ebprof itself never, then the conditions of
 * the window. Children of a followed process become targets when they are made.
 */
#include "sample.bpf.h"

/* key: 0; the window's conditions, written by engine.c */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct abi_wanted);
} wanted SEC(".maps");

/* key: tgid or tid; written by engine.c and, for children, here */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, __u32);
	__type(value, struct abi_target);
} targets SEC(".maps");

/* key: 0 to ABI_CGROUPS - 1; the cgroups of --cgroup */
struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
	__uint(max_entries, ABI_CGROUPS);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} cgroups SEC(".maps");

/* A cgroup's depth at most; the kernel has no limit of its own (cgroup.max.depth), systemd's trees have 10. */
#define CGROUP_LEVELS 64

static __always_inline bool glob_match(const struct abi_glob *g, const char *comm)
{
	__u64 state = g->start;
	int i;

#pragma unroll
	for (i = 0; i < ABI_COMM_LEN; i++) {
		__u8 c = comm[i];

		if (!c)
			break;
		state = (state & g->step[c]) << 1 | (state & g->loop);
	}
	return state & g->accept;
}

static __always_inline bool comm_wanted(const struct abi_wanted *w, struct task_struct *task)
{
	char comm[ABI_COMM_LEN];

	if (task ? bpf_probe_read_kernel_str(comm, sizeof(comm), task->comm) < 0
	         : bpf_get_current_comm(comm, sizeof(comm)))
		return false;
	comm[ABI_COMM_LEN - 1] = 0;
	if (w->bits & WANT_COMM && !glob_match(&w->include, comm))
		return false;
	return !(w->bits & WANT_NOT_COMM) || !glob_match(&w->exclude, comm);
}

static __always_inline bool cgroup_wanted(const struct abi_wanted *w)
{
	int i;

#pragma clang loop unroll(disable)
	for (i = 0; i < ABI_CGROUPS; i++) {
		if (i >= (int)w->cgroup_cnt)
			return false;
		if (bpf_current_task_under_cgroup(&cgroups, i) == 1)
			return true;
	}
	return false;
}

static __always_inline bool cgroup_is(const struct abi_wanted *w, __u64 id)
{
	__u32 i;

#pragma clang loop unroll(disable)
	for (i = 0; i < ABI_CGROUPS; i++) {
		if (i >= w->cgroup_cnt)
			return false;
		if (w->cgroup_ids[i] == id)
			return true;
	}
	return false;
}

/* Is that cgroup one of those? */
__noinline int cgroup_named(__u64 id)
{
	__u32 zero = 0;
	struct abi_wanted *w = bpf_map_lookup_elem(&wanted, &zero);

	return w && cgroup_is(w, id);
}

/*
 * Is it, or one above it? The address of a struct cgroup. Global functions, verified once: the loop over
 * those is not followed for each level, nor both for each way that a program comes here.
 */
__noinline int cgroup_below(__u64 address)
{
	struct cgroup *cgroup = (void *)address;
	struct cgroup_subsys_state *parent;
	int i;

#pragma clang loop unroll(disable)
	for (i = 0; i < CGROUP_LEVELS && cgroup; i++) {
		if (cgroup_named(BPF_CORE_READ(cgroup, kn, id)))
			return 1;
		parent = BPF_CORE_READ(cgroup, self.parent);
		cgroup = parent ? BPF_CORE_READ(parent, cgroup) : NULL;
	}
	return 0;
}

static __always_inline bool target_has(__u32 nr, __u32 bit, __u64 start)
{
	struct abi_target *t = bpf_map_lookup_elem(&targets, &nr);

	return t && t->bits & bit && (!t->start || t->start == start);
}

static __always_inline bool task_wanted(const struct abi_wanted *w, const struct current_task *t)
{
	if (w->bits & (WANT_PROCESS | WANT_THREAD) &&
	    !target_has(t->tgid, TARGET_PROCESS, t->start) &&
	    !target_has(t->tid, TARGET_THREAD, t->start))
		return false;
	if (w->bits & WANT_UID && (__u32)bpf_get_current_uid_gid() != w->uid)
		return false;
	if (w->bits & (WANT_COMM | WANT_NOT_COMM) && !comm_wanted(w, NULL))
		return false;
	return !(w->bits & WANT_CGROUP) || cgroup_wanted(w);
}

__hidden void task_nrs(struct task_struct *task, struct current_task *to)
{
	if (config.pidns_inum) {
		to->tid = task_nr(task);
		to->tgid = task_nr(BPF_CORE_READ(task, group_leader));
		return;
	}
	to->tid = BPF_CORE_READ(task, pid);
	to->tgid = BPF_CORE_READ(task, tgid);
}

__hidden bool sample_wanted_task(struct task_struct *task)
{
	struct current_task t = {};
	__u32 zero = 0;
	struct abi_wanted *w = bpf_map_lookup_elem(&wanted, &zero);

	if (!w)
		return false;
	task_nrs(task, &t);
	task_read(&t, task);
	if (!t.tid || t.tgid == config.self_tgid || (config.keep & KEEP_USER_TASK && t.kthread))
		return false;
	if (w->bits & (WANT_PROCESS | WANT_THREAD) &&
	    !target_has(t.tgid, TARGET_PROCESS, t.start) &&
	    !target_has(t.tid, TARGET_THREAD, t.start))
		return false;
	if (w->bits & WANT_UID && BPF_CORE_READ(task, cred, uid.val) != w->uid)
		return false;
	if (w->bits & (WANT_COMM | WANT_NOT_COMM) && !comm_wanted(w, task))
		return false;
	return !(w->bits & WANT_CGROUP) ||
	       cgroup_below((__u64)BPF_CORE_READ(task, cgroups, dfl_cgrp));
}

/* The numbers of the current task in ebprof's PID namespace. */
static __always_inline void current_nr(struct current_task *t)
{
	__u64 id = bpf_get_current_pid_tgid();
	struct task_struct *task;

	if (!config.pidns_inum) {
		t->tgid = id >> 32;
		t->tid = (__u32)id;
		return;
	}
	task = (void *)bpf_get_current_task();
	t->tid = task_nr(task);
	t->tgid = task_nr(BPF_CORE_READ(task, group_leader));
}

__hidden void sample_current(struct current_task *task)
{
	current_nr(task);
	current_read(task);
}

__hidden __u64 sample_wanted(__u32 ctx, bool in_user, struct current_task *task)
{
	__u32 zero = 0;
	struct abi_wanted *w = bpf_map_lookup_elem(&wanted, &zero);

	if (!w || !w->start_ns || !(bpf_get_current_pid_tgid() >> 32))
		return 0;
	current_nr(task);
	if (task->tgid == config.self_tgid) {
		sample_stat(ctx, STAT_SELF);
		return 0;
	}
	if (config.keep & KEEP_KERN_ONLY && in_user)
		return 0;
	current_read(task);
	if (config.keep & KEEP_USER_TASK && task->kthread)
		return 0;
	return task_wanted(w, task) ? w->start_ns : 0;
}

__hidden __u64 sample_start(void)
{
	__u32 zero = 0;
	struct abi_wanted *w = bpf_map_lookup_elem(&wanted, &zero);

	return w ? w->start_ns : 0;
}

__hidden __u64 sample_start_mono(void)
{
	__u32 zero = 0;
	struct abi_wanted *w = bpf_map_lookup_elem(&wanted, &zero);

	return w ? w->mono_ns : 0;
}

__hidden __u64 sample_window(__u64 *end)
{
	__u32 zero = 0;
	struct abi_wanted *w = bpf_map_lookup_elem(&wanted, &zero);

	*end = w ? w->until_ns : 0;
	return w ? w->mono_ns : 0;
}

__hidden bool sample_perhaps(void)
{
	__u64 id = bpf_get_current_pid_tgid();
	__u32 zero = 0, tgid = id >> 32, tid = (__u32)id;
	struct abi_wanted *w;

	if (!tgid) /* idle */
		return false;
	w = bpf_map_lookup_elem(&wanted, &zero);
	if (config.pidns_inum)
		return w;
	if (!w || tgid == config.self_tgid)
		return false;
	if (!(w->bits & (WANT_PROCESS | WANT_THREAD)))
		return true;
	return (w->bits & WANT_PROCESS && bpf_map_lookup_elem(&targets, &tgid)) ||
	       (w->bits & WANT_THREAD && bpf_map_lookup_elem(&targets, &tid));
}

static __always_inline __u32 nr_of(struct task_struct *task)
{
	return config.pidns_inum ? task_nr(task) : (__u32)task->tgid;
}

/* A followed process made another one (a new thread needs nothing). */
SEC("?tp_btf/sched_process_fork")
int BPF_PROG(follow_fork, struct task_struct *parent, struct task_struct *child)
{
	struct abi_target t = { .start = child->start_boottime,
		                .bits = TARGET_PROCESS | TARGET_FOLLOW | TARGET_CHILD };
	__u32 nr = nr_of(parent->group_leader);
	struct abi_target *from;

	if (child->pid != child->tgid)
		return 0;
	from = bpf_map_lookup_elem(&targets, &nr);
	if (!from || !(from->bits & TARGET_FOLLOW) ||
	    (from->start && from->start != parent->group_leader->start_boottime))
		return 0;
	nr = nr_of(child);
	if (bpf_map_update_elem(&targets, &nr, &t, BPF_ANY))
		sample_lose(CTX_TP, LOSS_TARGETS_FULL);
	return 0;
}

/* A thread that execs takes its leader's number (fs/exec.c de_thread()): a -t target follows it. */
SEC("?tp_btf/sched_process_exec")
int BPF_PROG(follow_exec, struct task_struct *task, int old_pid)
{
	__u32 nr = old_pid, now = task->pid;
	struct abi_target *from, t;

	if (config.pidns_inum || nr == now)
		return 0;
	from = bpf_map_lookup_elem(&targets, &nr);
	if (!from || !(from->bits & TARGET_THREAD))
		return 0;
	t = *from;
	if (bpf_map_update_elem(&targets, &now, &t, BPF_ANY))
		sample_lose(CTX_TP, LOSS_TARGETS_FULL);
	return 0;
}
