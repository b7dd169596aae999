// SPDX-License-Identifier: Apache-2.0
/*
 * The walk in user space: the kernel's step (include/step.h) over a copy of the stack, the mappings as
 * the process room knows them, and the same tables.
 */
#include <stdbool.h>
#include <string.h>

#include "abi.h"
#include "process/process.h"
#include "unwind/state.h"

struct step;
static long step_read(struct step *s, __u64 at, __u64 *word);
static bool step_segment(struct step *s, __u64 pc);
static long step_copy(struct step *s, __u64 at, __u64 *words, __u32 cnt);
static void step_rule(struct step *s, __u64 offset, struct unwind_rule *r);
static void step_emit(struct step *s, __u64 frame);

#include "step.h"

struct walk {
	struct step step; /* first: the accessors get it */
	struct unwind *u;
	const struct image *im;
	const struct unwind_input *in;
	uint64_t *frames;
	uint32_t cnt;
};

static struct walk *walk_of(struct step *s)
{
	return (struct walk *)s;
}

static long step_read(struct step *s, __u64 at, __u64 *word)
{
	const struct unwind_input *in = walk_of(s)->in;
	uint64_t first = in->sp - in->below, off = at - first;

	if (at < first || in->stack_sz < sizeof(*word) || off > in->stack_sz - sizeof(*word))
		return -1;
	memcpy(word, in->stack + off, sizeof(*word));
	return 0;
}

static long step_copy(struct step *s, __u64 at, __u64 *words, __u32 cnt)
{
	while (cnt--)
		if (step_read(s, at + cnt * sizeof(*words), &words[cnt]))
			return -1;
	return 0;
}

static bool step_segment(struct step *s, __u64 pc)
{
	const struct walk *w = walk_of(s);
	const struct mapping *m;

	if (pc - s->seg.start < s->seg.end - s->seg.start)
		return true;
	m = image_mapping(w->im, pc);
	if (m)
		s->seg = cache_segment(w->u, m);
	return m;
}

static void step_rule(struct step *s, __u64 offset, struct unwind_rule *r)
{
	const struct shared *shared = &walk_of(s)->u->shared;
	uint32_t at = shared->blocks[s->seg.block + (offset >> BLOCK_SHIFT)];

	if (at)
		*r = shared->rules[step_search(shared->shards[at / SHARD_WORDS], at % SHARD_WORDS,
		                               offset & ((1 << BLOCK_SHIFT) - 1)) %
		                   RULES_MAX];
}

static void step_emit(struct step *s, __u64 frame)
{
	struct walk *w = walk_of(s);

	w->frames[w->cnt++] = frame;
}

uint32_t unwind_walk(struct unwind *u, const struct image *im, const struct unwind_input *in,
                     uint64_t *frames, uint32_t max, uint32_t *end)
{
	struct walk w = {
		.step = { .pc = in->pc, .sp = in->sp, .fp = in->fp, .exact = STEP_LEAF },
		.u = u,
		.im = im,
		.in = in,
		.frames = frames,
	};

	memcpy(w.step.regs, in->regs, sizeof(w.step.regs));
	w.step.regs[STEP_REG_SP] = in->sp;
	w.step.regs[STEP_REG_BP] = in->fp;
	if (max > ABI_USER_FRAMES)
		max = ABI_USER_FRAMES;
	while (w.cnt < max) {
		if (!step_once(&w.step))
			continue;
		*end = w.step.end;
		return w.cnt;
	}
	*end = END_TRUNCATED;
	return w.cnt;
}
