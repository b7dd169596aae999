/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The road of every sample: sample_record() decides whether the task is wanted, takes the stacks,
 * sends each stack's body once, and adds the values under the key. A source fills in what it
 * measured and calls it.
 */
#ifndef EBPROF_BPF_SAMPLE_H
#define EBPROF_BPF_SAMPLE_H

#include "abi.h"
#include "kernel.h"

struct sample_event {
	__u8 ctx;     /* enum abi_ctx: where the calling program runs */
	__u8 kind;    /* enum kind_id */
	bool in_user; /* the event hit user mode */
	bool is_new;  /* the task has not run yet, and has no user stack of its own */
	__u16 reason; /* enum wait_reason */
	__u16 frame; /* bytes of user stack down to the caller's: the leaf is left out; 0 = it is not */
	__u64 tag;
	__u64 related; /* sample_key.related */
	struct sample_value value;
};

extern const volatile struct abi_config config;

/* Always 0: what is lost is counted. */
int sample_record(void *ctx, struct sample_event *ev);
/*
 * Takes the stacks of the current task and sends their bodies; 'to' is the key under which values are
 * added later. False: it is not wanted, or lost.
 */
bool sample_hold(void *ctx, struct sample_event *ev, struct sample_key *to);
void sample_add(__u32 ctx, const struct sample_key *key, const struct sample_value *value);
/* The same of what is no sample: always in the counts. False: there is no room. */
bool sample_sum(__u32 ctx, const struct sample_key *key, const struct sample_value *value);
/*
 * Writes a struct abi_waiting of a task that is not the current one, if it is wanted. Of an iterator's
 * program: ev->ctx is a context that no tracepoint shares. With 'held' the values come later, by
 * sample_add() of that key. False: it is not, or there was no room, and the iterator will come to the task
 * again (kernel/bpf/bpf_iter.c bpf_seq_read()).
 */
bool sample_waiting(struct seq_file *to, struct task_struct *task, struct sample_event *ev,
                    __u64 turns, struct sample_key *held);
struct scratch;
/*
 * Takes the user stack of the current task, whose number stands in the key where user space has to walk
 * it, and sends what is in scratch; enum abi_loss or -1.
 */
int stacks_hold(struct sample_event *ev, struct current_task *task, struct scratch *s, __u32 slot);
/* Sends s->related once; enum abi_loss or -1. */
int related_send(struct scratch *s);
/*
 * related.bpf.c: takes the stacks of the current task, whoever it is (or of the interrupt that stopped
 * it), and sends them with the number under which a key names it as related; 0: it is lost.
 */
__u64 related_current(void *ctx, __u32 where);
/* A context's slot on this CPU, in the maps that have one for each. */
static __always_inline __u32 slot_of(__u32 ctx)
{
	return bpf_get_smp_processor_id() * CTX_CNT + ctx;
}

/* counters.bpf.c: adds to a counter of this CPU, 1 where no number is given. */
void sample_lose(__u32 ctx, __u32 loss);
void sample_stat(__u32 ctx, __u32 stat);
void sample_stat_add(__u32 ctx, __u32 stat, __u64 n);
void sample_end(__u32 ctx, __u32 end);
/*
 * unmet.bpf.c: sends s->unmet of the scratch of that slot with the task's stack; enum abi_loss or -1.
 */
int unmet_send(__u32 slot);
/*
 * check.bpf.c: sends the walk that is in the scratch of that slot with up to 64 KiB of its stack;
 * 0, or 1: there was no room.
 */
int check_send(__u32 slot, __u32 walked);
/*
 * wanted.bpf.c: is the current task wanted? Fills in 'task' and returns the start of the capture
 * (CLOCK_BOOTTIME, ns), 0 = not wanted.
 */
__u64 sample_wanted(__u32 ctx, bool in_user, struct current_task *task);
/* The current task, whether it is wanted or not. */
void sample_current(struct current_task *task);
/* The same for another task, by what can be read of it. */
bool sample_wanted_task(struct task_struct *task);
/*
 * pidns.bpf.c: a number (the address of a task's struct pid) in the PID namespace of ebprof, which is not the
 * initial one; 0 = not seen there.
 */
int pid_nr(__u64 address);
static __always_inline __u32 task_nr(const struct task_struct *task)
{
	return pid_nr((__u64)BPF_CORE_READ(task, thread_pid));
}
/* The numbers of a task in ebprof's PID namespace. */
void task_nrs(struct task_struct *task, struct current_task *to);
/* A cheap first look at the current task: false = it is certainly not wanted. */
bool sample_perhaps(void);
/* The start of the capture, 0 = nothing is recorded: ns of CLOCK_BOOTTIME, and of CLOCK_MONOTONIC. */
__u64 sample_start(void);
__u64 sample_start_mono(void);
/* sample_start_mono(), and when it ended, 0 = it has not. */
__u64 sample_window(__u64 *end);

#endif
