// SPDX-License-Identifier: Apache-2.0
/*
 * Processes that the kernel's walker has not met: the first sample of a program brings its registers
 * and a piece of its stack; it is walked here by the same step and rows, and the program is shown to
 * the kernel for the samples to come. Only processes that were asked for by number are shown before they are
 * sampled: a burst of first samples, with their stacks, would overflow the ring while tables are built.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "ebprof.skel.h"
#include "process/process.h"
#include "session/engine.h"
#include "tables.h"
#include "unwind/unwind.h"

/* Of records that wait meanwhile. */
#define BACKLOG_BYTES (64 << 20)

/* A program that the kernel knows; the key is its pid. */
struct shown {
	uint32_t pid, exec_id;
	uint64_t start;
};

/* A table is being built, or a file waited for: the rings must not fill up meanwhile. */
static void on_busy(void *arg)
{
	struct engine *en = arg;

	if (!backlog_full(&en->backlog))
		drain_rings(en);
}

int unmet_open(struct engine *en, struct err *e)
{
	const struct ebprof_bpf *s = en->skel;
	struct unwind_maps maps = {
		.processes = bpf_map__fd(s->maps.processes),
		.segments = bpf_map__fd(s->maps.segments),
		.blocks = bpf_map__fd(s->maps.blocks),
		.shards = bpf_map__fd(s->maps.shards),
		.rules = bpf_map__fd(s->maps.rules),
	};
	const struct busy busy = { on_busy, en };

	table_init(&en->shown, sizeof(uint32_t), sizeof(struct shown));
	backlog_init(&en->backlog, BACKLOG_BYTES);
	processes_on_busy(en->processes, busy);
	if (en->options.unwind == UNWIND_FP || !(en->options.keep & KEEP_USER))
		return 0;
	en->unwind = unwind_new(&maps, en->options.table_bytes, e);
	if (!en->unwind)
		return -ENOMEM;
	unwind_on_busy(en->unwind, busy);
	if (en->options.debug_dirs && unwind_debug_dirs(en->unwind, en->options.debug_dirs))
		return err_set(e, -ENOMEM, "out of memory");
	return 0;
}

void unmet_close(struct engine *en)
{
	backlog_release(&en->backlog);
	unwind_free(en->unwind);
	en->unwind = NULL;
	table_release(&en->shown);
}

static void show(struct engine *en, const struct image *im)
{
	struct shown *s;

	if (unwind_process(en->unwind, en->processes, im))
		return;
	s = table_put(&en->shown, &im->pid, NULL);
	if (!s)
		return;
	s->exec_id = im->exec_id;
	s->start = im->start;
}

static void meet(void *arg, const struct image *im)
{
	show(arg, im);
}

void engine_meet(struct engine *en)
{
	if (en->unwind)
		processes_each_wanted(en->processes, meet, en);
}

void unmet_forget(struct engine *en, uint32_t pid)
{
	struct shown *s = en->unwind ? table_get(&en->shown, &pid) : NULL;

	if (!s || !s->start)
		return;
	unwind_forget(en->unwind, pid);
	s->start = 0; /* the number may come back as another process */
}

void unmet_sampled(struct engine *en, const struct sample_key *key, const struct sample_value *v)
{
	uint64_t times = v->v[0] > 1 ? (uint64_t)v->v[0] : 1;
	const struct ledger_related *related;
	const uint64_t *frames;
	uint32_t cnt;

	if (!en->unwind || !unwind_scarce(en->unwind))
		return;
	frames = ledger_stack(&en->ledger, key->user, &cnt);
	unwind_sampled(en->unwind, frames, cnt, times);
	related = ledger_related(&en->ledger, key->related);
	if (!related)
		return;
	frames = ledger_stack(&en->ledger, related->key.user, &cnt);
	unwind_sampled(en->unwind, frames, cnt, times);
}

void unmet_refresh(struct engine *en)
{
	size_t i;

	if (!en->unwind)
		return;
	for (i = 0; i < en->shown.cnt; i++) {
		const struct shown *s = table_at(&en->shown, i);
		const struct image *im =
			s->start ? processes_find(en->processes, s->pid, s->start, s->exec_id)
				 : NULL;

		if (im)
			unwind_process(en->unwind, en->processes, im);
	}
	unwind_tick(en->unwind);
}

static uint64_t stack_id(const struct engine *en, const uint64_t *frames, uint32_t cnt)
{
	uint64_t hash = en->skel->rodata->config.seed;
	uint32_t i;

	for (i = 0; i < cnt; i++)
		hash = hash_frame(hash, frames[i]);
	return hash | !hash;
}

static struct unwind_input input_of(const struct record_unmet *r, const void *stack)
{
	struct unwind_input in = {
		.pc = r->pc,
		.fp = r->regs[STEP_REG_BP],
		.sp = r->regs[STEP_REG_SP],
		.stack = stack,
		.stack_sz = r->stack_sz,
		.below = r->regs[STEP_REG_SP] - r->stack_at,
	};

	memcpy(in.regs, r->regs, sizeof(in.regs));
	return in;
}

/* Walks by what is known of the process now. */
static uint32_t walk_now(struct engine *en, const struct image *im, const struct record_unmet *r,
                         const void *stack, uint64_t *frames, uint32_t *end)
{
	struct unwind_input in = input_of(r, stack);

	show(en, im);
	return unwind_walk(en->unwind, im, &in, frames, en->options.user_frames, end);
}

/*
 * The news of a mapping may have come after the last poll, and before this sample: code that nobody
 * knows is looked for once more, unless there was a poll after the sample.
 */
static uint32_t walk(struct engine *en, const struct record_unmet *r, const void *stack,
                     uint64_t *frames, uint32_t *end)
{
	const struct unwind_input in = input_of(r, stack);
	const struct image *im =
		processes_find(en->processes, r->key.tgid, r->key.start, r->key.exec_id);
	uint32_t cnt;

	if (!en->unwind || r->word == 4)
		return unwind_walk_fp(&in, r->word, frames, en->options.user_frames, end);
	if (!im) {
		frames[0] = r->pc;
		*end = END_NO_CODE;
		return 1;
	}
	cnt = walk_now(en, im, r, stack, frames, end);
	if (*end != END_NO_CODE || r->head.time < en->polled_ns)
		return cnt;
	en->polled_ns = boot_ns();
	return processes_poll(en->processes) ? cnt : walk_now(en, im, r, stack, frames, end);
}

/* The stack of a wait that has begun (bpf/sample.bpf.c sample_hold()). */
static uint32_t held(struct engine *en, const struct record_unmet *r, const uint64_t *frames,
                     uint32_t cnt, uint32_t end)
{
	if (ledger_add_stack(&en->ledger, r->key.user, frames, cnt))
		en->out_of_memory++;
	en->unmet++;
	en->unmet_ends[end]++;
	return cnt;
}

uint32_t unmet_add(struct engine *en, const struct record_unmet *r, const void *stack,
                   uint64_t *frames, uint32_t *end)
{
	uint32_t cnt = *end == END_NONE ? walk(en, r, stack, frames, end) : 0;
	struct sample_key key;
	long entry;

	if (*end != END_NONE)
		frames[cnt++] = FRAME_END_TAG | *end;
	if (r->key.user) /* the values come later, under the number that stands for the stack */
		return held(en, r, frames, cnt, *end);
	key = r->key;
	key.user = stack_id(en, frames, cnt);
	entry = ledger_add(&en->ledger, &key, &r->value, NULL);
	if (entry < 0 || ledger_add_stack(&en->ledger, key.user, frames, cnt) ||
	    (en->options.keep & KEEP_SAMPLES &&
	     ledger_add_event(&en->ledger, r->head.time, (uint32_t)entry, &r->value))) {
		en->out_of_memory++;
		return cnt;
	}
	unmet_sampled(en, &key, &r->value);
	en->unmet++;
	en->unmet_ends[*end]++;
	return cnt;
}

int unmet_take(struct engine *en, const void *record, size_t size)
{
	const struct record_unmet *r = record;

	/* Of the largest record only what was read of the stack is kept. */
	if (r->head.type == REC_UNMET && size >= sizeof(*r) && r->stack_sz <= size - sizeof(*r))
		size = sizeof(*r) + r->stack_sz;
	if (backlog_add(&en->backlog, record, size))
		en->out_of_memory++;
	return backlog_full(&en->backlog) ? -EAGAIN : 0;
}

static void work(struct engine *en, const void *record, size_t size)
{
	const struct record_unmet *r = record;
	uint64_t frames[ABI_USER_FRAMES + 1];
	uint32_t end = END_NONE;

	if (r->head.type == REC_CHECK)
		check_add(en, record, size);
	else if (size >= sizeof(*r) && r->stack_sz <= size - sizeof(*r))
		unmet_add(en, r, r + 1, frames, &end);
}

void unmet_work(struct engine *en)
{
	struct backlog_item *item;

	while ((item = backlog_take(&en->backlog))) {
		work(en, item->bytes, item->size);
		free(item);
	}
}
