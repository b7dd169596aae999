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
	__u32 ctx;    /* enum abi_ctx: where the calling program runs */
	__u32 kind;   /* enum kind_id */
	bool in_user; /* the event hit user mode */
	struct sample_value value;
};

extern const volatile struct abi_config config;

/* Always 0: what is lost is counted. */
int sample_record(void *ctx, struct sample_event *ev);
/* Adds 1 to a counter of this CPU. */
void sample_lose(__u32 ctx, __u32 loss);
void sample_stat(__u32 ctx, __u32 stat);
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

#endif
