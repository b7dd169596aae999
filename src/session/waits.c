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

static void add_waiting(struct engine *en, const struct abi_waiting *w)
{
	static uint64_t stack[STACK_PAGES * PAGE / sizeof(uint64_t)];
	struct record_unmet r = w->wait;
	uint64_t frames[ABI_USER_FRAMES + 1];
	uint32_t end = END_NONE, tid = r.key.tid;

	if (!(en->options.keep & KEEP_TID))
		r.key.tid = 0;
	if (ledger_add_stack(&en->ledger, r.key.kern, (const uint64_t *)(w + 1), w->frames))
		en->out_of_memory++;
	if (!r.pc || !(en->options.keep & KEEP_USER)) {
		if (ledger_add(&en->ledger, &r.key, &r.value, NULL) < 0)
			en->out_of_memory++;
		return;
	}
	r.stack_at = (r.regs[STEP_REG_SP] - ABI_RED_ZONE) & ~(uint64_t)(PAGE - 1);
	r.stack_sz = copy_stack(r.key.tgid, r.stack_at, stack);
	if (turns_of(r.key.tgid, tid) != w->turns)
		end = END_MOVED;
	unmet_add(en, &r, stack, frames, &end);
}

/* Whole records; returns the bytes that were used. */
static size_t take_waiting(void *arg, const char *bytes, size_t cnt)
{
	struct engine *en = arg;
	struct abi_waiting w;
	size_t used = 0, size;
	char *copy;

	while (cnt - used >= sizeof(w)) {
		memcpy(&w, bytes + used, sizeof(w));
		size = sizeof(w) + w.frames * sizeof(uint64_t);
		if (w.frames > ABI_KERN_FRAMES || cnt - used < size)
			break;
		copy = malloc(size);
		if (copy) {
			memcpy(copy, bytes + used, size);
			add_waiting(en, (const struct abi_waiting *)copy);
			free(copy);
		} else {
			en->out_of_memory++;
		}
		used += size;
	}
	return used;
}

int waits_begin(struct engine *en)
{
	int err = 0;

	if (uses(en->skel->progs.lock_begin) || uses(en->skel->progs.sched_begin))
		processes_poll(en->processes);
	if (uses(en->skel->progs.lock_begin))
		err = iterate(en->skel->progs.lock_begin, take_waiting, en);
	if (!err && uses(en->skel->progs.sched_begin))
		err = iterate(en->skel->progs.sched_begin, take_waiting, en);
	return err;
}

int waits_end(struct engine *en)
{
	if (!uses(en->skel->progs.sched_waiting))
		return 0;
	processes_poll(en->processes);
	return iterate(en->skel->progs.sched_waiting, take_waiting, en);
}
