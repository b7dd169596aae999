// SPDX-License-Identifier: Apache-2.0
/*
 * Source wall: counters of what each thread did with its time. Kind wall: all of that time, running,
 * waiting for a CPU or blocked. Its samples are those of cpu and offcpu; they only divide what the
 * counters say (session/wall.h).
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "collect/attach.h"
#include "collect/collect.h"
#include "ebprof.skel.h"
#include "profile/profile.h"

/* Threads at a time, where the kernel has no task storage. */
#define WALLS_BY_TID 65536

static void hook(const struct collect_options *o, char *text, size_t size)
{
	snprintf(text, size, "tracepoints sched_switch and sched_process_exit");
}

static void enable(struct ebprof_bpf *skel, const struct collect_options *o)
{
	/* Tracing programs have the storage and this helper, or neither is used (bpf/kernel.h). */
	if (libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_task_pt_regs, NULL) != 1)
		bpf_map__set_max_entries(skel->maps.walls_by_tid, WALLS_BY_TID);
	bpf_program__set_autoload(skel->progs.wall_switch, true);
	bpf_program__set_autoload(skel->progs.wall_exit, true);
	bpf_program__set_autoload(skel->progs.wall_begin, true);
	bpf_program__set_autoload(skel->progs.wall_end, true);
}

static int attach(struct ebprof_bpf *skel, const struct collect_options *o, struct links *links,
                  struct err *e)
{
	int err = attach_raw_tracepoint(links, skel->progs.wall_switch);

	if (!err)
		err = attach_raw_tracepoint(links, skel->progs.wall_exit);
	return err ? err_set(e, err, "cannot count threads' times: %s", strerror(-err)) : 0;
}

static const struct source source_wall = {
	.name = "wall",
	.ctx = CTX_TP,
	.hook = hook,
	.enable = enable,
	.attach = attach,
};

static void describe(const struct collect_options *o, struct profile *p)
{
	profile_add_type(p, "samples", "count");
	profile_add_type(p, "wall", "nanoseconds");
	profile_set_period(p, "wall", "nanoseconds",
	                   (int64_t)(o->period ? o->period : 1000000000 / o->freq_hz));
}

static void values(const struct sample_value *in, int64_t *out)
{
	out[0] = in->v[0];
	out[1] = in->v[1];
}

static const char *const states[] = {
	[WALL_RUNNING] = "running",
	[WALL_RUNNABLE] = "runnable",
	[WALL_BLOCKED] = "blocked",
};

static size_t labels(const struct sample_key *key, struct kind_label *to)
{
	size_t n = key->state == WALL_BLOCKED ? sched_labels(key, to) : 0;

	to[n++] = (struct kind_label){ .key = "state", .text = states[key->state] };
	return n;
}

const struct kind kind_wall = {
	.name = "wall",
	.help = "all of the threads' time: running, waiting for a CPU, blocked and why",
	.empty = "did not live",
	.id = KIND_wall,
	.recorded = KIND_wall,
	.parts = 1u << KIND_cpu | 1u << KIND_offcpu,
	.reasons = ~0u,
	.source = &source_wall,
	.describe = describe,
	.values = values,
	.labels = labels,
};
