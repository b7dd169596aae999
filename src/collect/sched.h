/* SPDX-License-Identifier: Apache-2.0 */
/* Source sched: what threads wait for while they are off their CPUs. */
#ifndef EBPROF_COLLECT_SCHED_H
#define EBPROF_COLLECT_SCHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kind_label;
struct sample_key;
struct source;

/* Where a thread that is back on a CPU is met. */
enum sched_hook {
	SCHED_HOOK_BEST = 0,   /* the first of these that the kernel has */
	SCHED_HOOK_EXIT = 1,   /* tracepoint sched_exit_tp */
	SCHED_HOOK_FINISH = 2, /* fentry, else a kprobe, on finish_task_switch() */
	SCHED_HOOK_OUT = 3,    /* nowhere: the stack is taken as it leaves */
};

struct sched_options {
	enum sched_hook hook;
	uint64_t threshold_ns;   /* waits of this length and more are all kept; below 2^32 */
	uint64_t min_ns, max_ns; /* others are left out; max 0 = no limit */
	uint32_t reasons;        /* bit 1 << enum wait_reason, 0 = all */
	bool wakers;             /* who ended each wait, too */
};

extern const struct source source_sched;

/* The labels of a wait: reason, and the syscall that it blocked in. Returns their number. */
size_t sched_labels(const struct sample_key *key, struct kind_label *to);
/* The hook of that name; 0 or -ENOENT. */
int sched_hook_find(const char *name, enum sched_hook *hook);

#endif
