/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's types as far as they are used, relocated at load (CO-RE), and one accessor for each
 * thing that differs between kernels from 5.10 on. No vmlinux.h is generated.
 */
#ifndef EBPROF_BPF_KERNEL_H
#define EBPROF_BPF_KERNEL_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include <stdbool.h>
#include <stddef.h>

#include "arch.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
	unsigned int inum;
};

struct pid_namespace {
	struct ns_common ns;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct percpu_counter {
	__s64 count;     /* without what the CPUs hold back, */
	__s32 *counters; /* each CPU's part */
};

struct mm_struct {
	/* resident pages by type; before 6.2 (f1a7941243c1) it is something else of that name */
	struct percpu_counter rss_stat[4];
};

struct task_rss_stat { /* before 6.2 */
	int count[4];
};

struct bpf_array {
	void *pptrs[1];
};

struct sched_info {
	unsigned long pcount;         /* turns on a CPU */
	unsigned long long run_delay; /* waited for a CPU so far, ns */
	unsigned long long
		last_queued; /* waits for a CPU since then, 0 = does not; struct rq's clock */
};

struct rq {
	__u64 clock; /* ns; right while its CPU is inside of schedule() */
};

struct cfs_rq {
	int throttle_count; /* of its own and of its parents' bandwidth limits: above 0, none runs */
	struct rq *rq;
};

struct sched_entity {
	__u64 sum_exec_runtime; /* ran so far, ns */
	struct cfs_rq *cfs_rq;
};

struct cred {
	struct {
		unsigned int val;
	} uid;
};

struct inode {
	unsigned short i_mode;
};

struct file {
	struct inode *f_inode;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct kernfs_node {
	__u64 id; /* the cgroup's; also its folder's inode number */
};

struct cgroup;

struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys_state *parent;
};

struct cgroup {
	struct cgroup_subsys_state self;
	struct kernfs_node *kn;
};

struct css_set {
	struct cgroup *dfl_cgrp; /* of version 2 */
};

struct task_struct {
	struct css_set *cgroups;
	unsigned int flags;
	unsigned int in_execve : 1;
	unsigned int in_iowait : 1;
	unsigned int __state;
	int exit_state;      /* not 0: it is dead, or about to be */
	unsigned int on_cpu; /* 8 bits in 7.3: only an unsigned one is relocated to that */
	unsigned long nvcsw, nivcsw;
	struct sched_info sched_info; /* empty without CONFIG_SCHED_INFO */
	struct sched_entity se;
	struct files_struct *files;
	const struct cred *cred;
	__u64 start_time; /* CLOCK_MONOTONIC, ns */
	void *stack;
	int pid, tgid;
	struct mm_struct *mm;
	struct task_struct *group_leader, *real_parent;
	struct pid *thread_pid;
	__u64 start_boottime;
	__u64 self_exec_id; /* u32 before 5.7 (d1e7fd6462ca) */
	char comm[16];
};

struct task_struct___old { /* before 5.14, 2f064a59a11f */
	long state;
};

struct task_struct___split { /* before 6.2 */
	struct task_rss_stat rss_stat;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

#pragma clang attribute pop

/* include/linux/sched.h */
#define PF_KTHREAD         0x00200000
#define TASK_INTERRUPTIBLE 0x1
#define TASK_DEAD          0x80 /* its last state, in which it leaves its CPU for ever */

/* task_struct.__state, of a task that the kernel vouches for. */
static __always_inline __u32 task_state(struct task_struct *task)
{
	if (bpf_core_field_exists(task->__state))
		return task->__state;
	return (__u32)((struct task_struct___old *)task)->state;
}

/* What such a task has waited for a CPU so far, ns; 0 where nobody counts it (no CONFIG_SCHED_INFO). */
static __always_inline __u64 task_run_delay(struct task_struct *task)
{
	return bpf_core_field_exists(task->sched_info.run_delay) ? task->sched_info.run_delay : 0;
}

/* A task's turns on a CPU, 0 where nobody counts them (no CONFIG_SCHED_INFO). */
static __always_inline __u64 task_turns(struct task_struct *task)
{
	return bpf_core_field_exists(task->sched_info.pcount)
	               ? BPF_CORE_READ(task, sched_info.pcount)
	               : 0;
}

/* Helpers by number: is this one in the running kernel's enum bpf_func_id? */
enum bpf_func_id___probe {
	BPF_FUNC_get_current_task_btf___probe = 158, /* 5.11, 3ca1032ab7ab */
	BPF_FUNC_task_pt_regs___probe = 175,         /* 5.15, dd6e10fbd9fb */
};
#define has_helper(name) \
	bpf_core_enum_value_exists(enum bpf_func_id___probe, BPF_FUNC_##name##___probe)

/* What the kernel knows of the current task, read once an event. */
struct current_task {
	__u64 start; /* start_boottime of the thread group leader */
	__u32 tgid, tid;
	__u32 exec_id;
	bool kthread;
	bool exiting;  /* a user task without an address space */
	__u32 in_exec; /* somewhere in execve(): perhaps it has its new address space already */
};

static __always_inline void current_flags(struct current_task *c, __u32 flags, const void *mm)
{
	__u64 has_mm = mm != NULL;

	barrier_var(has_mm); /* no arithmetic on the pointer: the verifier refuses it */
	c->kthread = flags & PF_KTHREAD;
	c->exiting = !c->kthread && !has_mm;
}

/* Any task, by probe reads; the numbers are the caller's to fill in. */
static __always_inline void task_read(struct current_task *c, struct task_struct *t)
{
	c->start = BPF_CORE_READ(t, group_leader, start_boottime);
	c->exec_id = (__u32)BPF_CORE_READ(t, self_exec_id);
	current_flags(c, BPF_CORE_READ(t, flags), BPF_CORE_READ(t, mm));
	c->in_exec = (__u32)BPF_CORE_READ_BITFIELD_PROBED(t, in_execve);
}

/* The current task through trusted pointers where the kernel has them, by probe reads else. */
static __always_inline void current_read(struct current_task *c)
{
	if (has_helper(get_current_task_btf)) {
		struct task_struct *t = (void *)bpf_get_current_task_btf();

		c->start = t->group_leader->start_boottime;
		c->exec_id = (__u32)t->self_exec_id;
		current_flags(c, t->flags, t->mm);
		c->in_exec = (__u32)BPF_CORE_READ_BITFIELD_PROBED(t, in_execve);
	} else {
		task_read(c, (void *)bpf_get_current_task());
	}
}

#define has_task_regs() (has_helper(get_current_task_btf) && has_helper(task_pt_regs))

/* The current task, as a pointer that helpers take where there are such helpers. */
static __always_inline struct task_struct *current_task(void)
{
	return has_task_regs() ? (void *)bpf_get_current_task_btf()
	                       : (void *)bpf_get_current_task();
}

/*
 * The registers with which a task (of current_task(), a hook's or an iterator's argument) entered the
 * kernel. Without the helper they are at the top of its kernel stack (task_pt_regs() of both
 * architectures).
 */
static __always_inline long task_user_regs(struct task_struct *t, struct arch_regs *regs)
{
	const void *at;

	if (has_task_regs())
		at = (const void *)bpf_task_pt_regs((void *)t);
	else
		at = (const char *)BPF_CORE_READ(t, stack) + ARCH_THREAD_SIZE -
		     sizeof(struct arch_regs);
	return bpf_probe_read_kernel(regs, sizeof(*regs), at);
}

#endif
