// SPDX-License-Identifier: Apache-2.0
/* The walk by frame pointer in user space: what bpf/unwind/fp.bpf.c does, over a copy of the stack. */
#include <string.h>

#include "abi.h"
#include "tables.h"
#include "unwind/unwind.h"

/* bpf/arch.h */
#define USER_ADDRESS_END (1ull << 56)

/* The 'word' bytes at an address of the stack; false: they were not copied. */
static bool word_read(const struct unwind_input *in, uint64_t at, uint32_t word, uint64_t *to)
{
	uint64_t first = in->sp - in->below, off = at - first;

	if (at < first || in->stack_sz < word || off > in->stack_sz - word)
		return false;
	*to = 0;
	memcpy(to, in->stack + off, word); /* both architectures are little-endian */
	return true;
}

struct frame {
	uint64_t pc, sp, fp;
};

/* On to the caller; false: the walk is done, '*end' says why. */
static bool frame_step(const struct unwind_input *in, uint32_t word, struct frame *f, uint32_t *end)
{
	uint64_t pc, fp = f->fp;

	*end = END_NONE;
	if (!fp)
		return false;
	*end = END_NO_FP;
	if (fp < f->sp || fp - f->sp > STEP_FRAME_MAX || fp & (word - 1))
		return false;
	*end = END_FAULT;
	if (!word_read(in, fp, word, &f->fp) || !word_read(in, fp + word, word, &pc))
		return false;
	*end = pc ? END_BAD_PC : END_ZERO_PC;
	if (!pc || pc >= USER_ADDRESS_END)
		return false;
	f->pc = pc;
	f->sp = fp + 2 * word;
	return true;
}

uint32_t unwind_walk_fp(const struct unwind_input *in, uint32_t word, uint64_t *frames,
                        uint32_t max, uint32_t *end)
{
	struct frame f = { in->pc, in->sp, in->fp };
	uint32_t cnt = 0;

	if (max > ABI_USER_FRAMES)
		max = ABI_USER_FRAMES;
	while (cnt < max) {
		frames[cnt++] = f.pc;
		if (frame_step(in, word, &f, end)) {
			*end = END_TRUNCATED;
			continue;
		}
		if (word == 4 && *end != END_NONE)
			*end = END_COMPAT; /* it has no other way than this one */
		break;
	}
	return cnt;
}
