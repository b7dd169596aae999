// SPDX-License-Identifier: Apache-2.0
#include "session/waits.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "ebprof.skel.h"
#include "process/process.h"
#include "session/engine.h"
#include "session/iterate.h"
#include "tables.h"
#include "unwind/unwind.h"

#define PAGE        4096
#define STACK_PAGES 16
#define TRIES       3
#define AGAIN_NS    200000000 /* old kernels look at all threads to find one */

static bool uses(const struct bpf_program *prog)
{
	return bpf_program__fd(prog) >= 0;
}

/* Copies the thread's stack, page by page as far as it can be read; returns the bytes. */
static uint32_t copy_stack(uint32_t tgid, uint64_t from, void *to)
{
	struct iovec local = { to, (size_t)STACK_PAGES * PAGE }, remote[STACK_PAGES];
	ssize_t n;
	size_t i;

	for (i = 0; i < STACK_PAGES; i++)
		remote[i] = (struct iovec){ (void *)(uintptr_t)(from + i * PAGE), PAGE };
	n = process_vm_readv((pid_t)tgid, &local, 1, remote, STACK_PAGES, 0);
	return n > 0 ? (uint32_t)n : 0;
}

/* How many turns on a CPU the thread has had (Documentation/scheduler/sched-stats.rst); 0 = it is gone. */
static uint64_t turns_of(uint32_t tgid, uint32_t tid)
{
	char path[64], line[128];
	uint64_t turns = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%u/task/%u/schedstat", tgid, tid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (!fgets(line, sizeof(line), f) || sscanf(line, "%*u %*u %" SCNu64, &turns) != 1)
		turns = 0;
	fclose(f);
	return turns;
}

/* What is done with each record of an iterator. */
struct taken {
	void (*one)(void *arg, const struct abi_waiting *w);
	void *arg;
};

/* Whole records; returns the bytes that were used. */
static size_t take_records(void *arg, const char *bytes, size_t cnt)
{
	const struct taken *to = arg;
	uint64_t record[(sizeof(struct abi_waiting) + ABI_KERN_FRAMES * 8) / 8];
	struct abi_waiting w;
	size_t used = 0, size;

	while (cnt - used >= sizeof(w)) {
		memcpy(&w, bytes + used, sizeof(w));
		size = sizeof(w) + w.frames * sizeof(uint64_t);
		if (w.frames > ABI_KERN_FRAMES || cnt - used < size)
			break;
		memcpy(record, bytes + used, size);
		to->one(to->arg, (const struct abi_waiting *)record);
		used += size;
	}
	return used;
}

/* Threads that wait are taken. */
struct waiting {
	struct engine *en;
	uint64_t until_ns; /* no second looks after that */
};

static void add_kernel_stack(struct engine *en, const struct abi_waiting *w)
{
	if (ledger_add_stack(&en->ledger, w->wait.key.kern, (const uint64_t *)(w + 1), w->frames))
		en->out_of_memory++;
}

/* Where a thread waits, once more. */
struct look {
	struct engine *en;
	struct record_unmet *wait;
	uint32_t tid;
	uint64_t turns; /* 0 = it has not been seen */
};

static void look(void *arg, const struct abi_waiting *w)
{
	struct look *l = arg;

	if (w->wait.key.tid != l->tid || !w->wait.pc)
		return;
	l->turns = w->turns;
	l->wait->pc = w->wait.pc;
	memcpy(l->wait->regs, w->wait.regs, sizeof(w->wait.regs));
	if (l->wait->key.user) /* its kernel stack is in use already */
		return;
	l->wait->key.kern = w->wait.key.kern;
	add_kernel_stack(l->en, w);
}

/* The thread's user stack; END_MOVED: it never stayed where it was seen for as long as that takes. */
static uint32_t take_stack(struct waiting *to, struct record_unmet *r, uint32_t tid, uint64_t turns,
                           void *stack)
{
	struct look l = { .en = to->en, .wait = r, .tid = tid, .turns = turns };
	struct taken taken = { look, &l };
	int tries;

	for (tries = 0; tries < TRIES; tries++) {
		r->stack_at = (r->regs[STEP_REG_SP] - ABI_RED_ZONE) & ~(uint64_t)(PAGE - 1);
		r->stack_sz = copy_stack(r->key.tgid, r->stack_at, stack);
		if (turns_of(r->key.tgid, tid) == l.turns)
			return END_NONE;
		l.turns = 0;
		if (!uses(to->en->skel->progs.wait_again) || mono_ns() > to->until_ns ||
		    iterate(to->en->skel->progs.wait_again, tid, take_records, &taken) || !l.turns)
			break;
	}
	return END_MOVED;
}

static void add_waiting(void *arg, const struct abi_waiting *w)
{
	static uint64_t stack[STACK_PAGES * PAGE / sizeof(uint64_t)];
	struct waiting *to = arg;
	struct engine *en = to->en;
	struct record_unmet r = w->wait;
	uint64_t frames[ABI_USER_FRAMES + 1];
	uint32_t end, tid = r.key.tid;

	if (!(en->options.keep & KEEP_TID))
		r.key.tid = 0;
	add_kernel_stack(en, w);
	if (!r.pc || !(en->options.keep & KEEP_USER)) {
		if (ledger_add(&en->ledger, &r.key, &r.value, NULL) < 0)
			en->out_of_memory++;
		return;
	}
	end = take_stack(to, &r, tid, w->turns, stack);
	unmet_add(en, &r, stack, frames, &end);
}

static int take_waiting(struct engine *en, const struct bpf_program *prog)
{
	struct waiting to = { en, mono_ns() + AGAIN_NS };
	struct taken taken = { add_waiting, &to };

	return iterate(prog, 0, take_records, &taken);
}

int waits_begin(struct engine *en)
{
	int err = 0;

	if (uses(en->skel->progs.lock_begin) || uses(en->skel->progs.sched_begin))
		processes_poll(en->processes);
	if (uses(en->skel->progs.lock_begin))
		err = take_waiting(en, en->skel->progs.lock_begin);
	if (!err && uses(en->skel->progs.sched_begin))
		err = take_waiting(en, en->skel->progs.sched_begin);
	return err;
}

int waits_end(struct engine *en)
{
	if (!uses(en->skel->progs.sched_waiting))
		return 0;
	processes_poll(en->processes);
	return take_waiting(en, en->skel->progs.sched_waiting);
}
