// SPDX-License-Identifier: Apache-2.0
#include "collect/lock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/err.h"
#include "collect/attach.h"
#include "collect/collect.h"
#include "ebprof.skel.h"
#include "profile/profile.h"

static void hook(const struct collect_options *o, char *text, size_t size)
{
	snprintf(text, size, "tracepoints sched_waking and sched_switch");
}

static void enable(struct ebprof_bpf *skel, const struct collect_options *o)
{
	struct abi_lock *l = &skel->rodata->lock;

	l->threshold_ns = o->sched.threshold_ns;
	l->min_ns = o->sched.min_ns;
	l->max_ns = o->sched.max_ns;
	l->futex = SYS_futex;
	bpf_program__set_autoload(skel->progs.lock_wake, true);
	bpf_program__set_autoload(skel->progs.lock_switch, true);
	bpf_program__set_autoload(skel->progs.lock_begin, true);
	bpf_program__set_autoload(skel->progs.wait_again, true);
	bpf_map__set_max_entries(skel->maps.locks, ABI_LOCKS);
	bpf_map__set_max_entries(skel->maps.lock_waits, ABI_LOCK_WAITS);
}

static int attach(struct ebprof_bpf *skel, const struct collect_options *o, struct links *links,
                  struct err *e)
{
	int err = attach_raw_tracepoint(links, skel->progs.lock_wake);

	if (!err)
		err = attach_raw_tracepoint(links, skel->progs.lock_switch);
	return err ? err_set(e, err, "cannot watch the scheduler for locks: %s", strerror(-err))
	           : 0;
}

void lock_describe(const struct collect_options *o, struct profile *p)
{
	profile_add_type(p, "contentions", "count");
	profile_add_type(p, "delay", "nanoseconds");
	profile_set_period(p, "contentions", "count", 1);
}

void lock_values(const struct sample_value *in, int64_t *out)
{
	out[0] = in->v[WAIT_CNT];
	out[1] = in->v[WAIT_BLOCKED];
}

size_t lock_label(int operation, struct kind_label *to)
{
	*to = (struct kind_label){ .key = "futex", .num = operation, .unit = "operation" };
	return 1;
}

bool lock_waits(const struct sample_key *key)
{
	return key->reason == REASON_LOCK;
}

size_t lock_wait_labels(const struct sample_key *key, struct kind_label *to)
{
	size_t n = sched_labels(key, to);

	return WAIT_FUTEX(key->tag) < 0 ? n : n + lock_label(WAIT_FUTEX(key->tag), to + n);
}

const struct source source_lock = {
	.name = "lock",
	.ctx = CTX_TP,
	.in_scheduler = true,
	.hook = hook,
	.enable = enable,
	.attach = attach,
};
