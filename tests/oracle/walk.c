// SPDX-License-Identifier: Apache-2.0
#include "walk.h"

#include <string.h>

#include "check_read.h"
#include "popped.h"

enum {
	REG_FP = 6, /* DWARF's numbers of x86-64 */
	REG_SP = 7,
	REG_PC = 16,
	COPY_MAX = 1 << 16,  /* of a stack */
	COPY_PAGE = 1 << 12, /* it is copied by pages: a last one that may not fit is left out */
	FRAME_MAX = 1 << 20, /* no frame is larger */
};

uint64_t walk_look(const uint64_t *frames, size_t i)
{
	return frames[i] - (i != 0);
}

static pid_t next_thread(Dwfl *dwfl, void *arg, void **thread_arg)
{
	if (*thread_arg)
		return 0;
	*thread_arg = arg;
	return 1;
}

static bool get_thread(Dwfl *dwfl, pid_t tid, void *arg, void **thread_arg)
{
	*thread_arg = arg;
	return true;
}

static bool set_registers(Dwfl_Thread *thread, void *arg)
{
	const struct walk *w = arg;

	/* As a register too: the CFA of a PLT entry depends on it. */
	dwfl_thread_state_register_pc(thread, w->sample->pc);
	return dwfl_thread_state_registers(thread, 0, REG_PC, w->sample->regs) &&
	       dwfl_thread_state_registers(thread, REG_PC, 1, &w->sample->pc);
}

static bool read_word(const struct walk *w, uint64_t at, uint64_t *word)
{
	uint64_t into = at - w->sample->regs[REG_SP];

	if (w->sample->stack_sz >= 8 && into <= w->sample->stack_sz - 8) {
		memcpy(word, check_stack(w->sample) + into, sizeof(*word));
		return true;
	}
	return (w->cnt == 1 && popped_read(w->image, w->sample, at, word)) ||
	       image_read(w->image, at, word);
}

static bool memory_read(Dwfl *dwfl, Dwarf_Addr at, Dwarf_Word *result, void *arg)
{
	struct walk *w = arg;

	w->read = true;
	w->read_at = at;
	w->read_ok = read_word(w, at, &w->read_word);
	if (w->read_ok)
		*result = w->read_word;
	return w->read_ok;
}

const Dwfl_Thread_Callbacks walk_callbacks = {
	.next_thread = next_thread,
	.get_thread = get_thread,
	.memory_read = memory_read,
	.set_initial_registers = set_registers,
};

static int on_frame(Dwfl_Frame *state, void *arg)
{
	struct walk *w = arg;
	bool interrupted = w->cnt && w->facts[w->cnt - 1] & FACT_SIGNAL;
	Dwarf_Addr pc;

	if (!dwfl_frame_pc(state, &pc, NULL))
		return DWARF_CB_ABORT;
	if (w->cnt && !pc) {
		w->end = WALK_ZERO; /* by frame pointer: libdwfl would go on */
		return DWARF_CB_ABORT;
	}
	if (w->cnt == WALK_FRAMES_MAX) {
		w->end = WALK_LONG;
		return DWARF_CB_ABORT;
	}
	w->frames[w->cnt] = pc + interrupted;
	w->facts[w->cnt] = (uint8_t)image_fact(w->image, walk_look(w->frames, w->cnt))->bits;
	w->cnt++;
	if (dwfl_frame_reg(state, REG_FP, &w->fp))
		w->fp = 1; /* unknown: no root */
	w->read = false;
	dwfl_errno(); /* what follows is of the next step */
	return DWARF_CB_OK;
}

/* Where the stack goes on, when it could not be read there. */
static enum walk_end failed_read(const struct walk *w)
{
	const struct check_sample *s = w->sample;
	uint64_t end = s->regs[REG_SP] + s->stack_sz;

	if (w->read_at + 8 <= end || w->read_at >= end + FRAME_MAX)
		return WALK_ELSEWHERE;
	return s->stack_sz > COPY_MAX - COPY_PAGE ? WALK_CUT : WALK_UNREADABLE;
}

/* libdwfl says 0 not only at a root: also where the return address or the CFA is not known. */
static enum walk_end end_of(struct walk *w, int result)
{
	bool cfi = w->cnt && w->facts[w->cnt - 1] & FACT_CFI;

	w->error = dwfl_errmsg(dwfl_errno());
	if (result == 0 && w->cnt && w->facts[w->cnt - 1] & FACT_ROOT)
		return WALK_ROOT;
	if (w->cnt && !cfi && !w->fp)
		return WALK_FP_ZERO;
	if (w->read && !w->read_ok)
		return failed_read(w);
	if (result == 0 && w->read && !w->read_word)
		return WALK_ZERO;
	if (!w->error)
		w->error = cfi ? "the CFA is not known" : "the frame pointer leads nowhere";
	return WALK_ERROR;
}

void walk_sample(struct walk *w, struct image *image, const struct check_sample *s)
{
	int result;

	w->image = image;
	w->sample = s;
	w->cnt = 0;
	w->read = false;
	w->end = WALK_ERROR;
	w->error = NULL;
	dwfl_errno();
	result = dwfl_getthread_frames(image->dwfl, 1, on_frame, w);
	if (result != DWARF_CB_ABORT || w->end == WALK_ERROR)
		w->end = end_of(w, result);
}
