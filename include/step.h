/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One unwind step, for both walkers: the kernel's (bpf/unwind/native.bpf.c) and the one in user space
 * (src/unwind/walk.c). The includer supplies five accessors before it includes this:
 *
 *   static long step_read(struct step *s, __u64 at, __u64 *word)    a word of the stack; 0 = read
 *   static bool step_segment(struct step *s, __u64 pc)              s->seg = the segment that holds pc
 *   static long step_copy(struct step *s, __u64 at, __u64 *words, __u32 cnt)  several; 0 = all read
 *   static void step_rule(struct step *s, __u64 offset, struct unwind_rule *r)
 *                                       the rule at a file offset of s->seg, r as it is where none is
 *   static void step_emit(struct step *s, __u64 frame)
 *
 * The searches have few branches, none of them in a turn of a loop: a verifier follows them once or
 * twice (with a branch in each turn it followed 64,000 instructions instead of 6,000).
 */
#ifndef EBPROF_STEP_H
#define EBPROF_STEP_H

#include "tables.h"

static inline int step_end(struct step *s, __u32 why)
{
	s->end = why;
	return 1;
}

/* Moves to the caller whose CFA is known and whose frame pointer is 'fp'. */
static inline int step_to(struct step *s, __u64 pc, __u64 cfa, __u64 fp)
{
	if (!pc)
		return step_end(s, END_ZERO_PC);
	if (pc >> 56)
		return step_end(s, END_BAD_PC);
	/* Every frame lies above the one it called: else a hostile table could loop. */
	if (cfa <= s->sp)
		return step_end(s, END_BAD_CFA);
	s->pc = pc;
	s->sp = cfa;
	s->fp = fp;
	s->exact = STEP_RETURN;
	return 0;
}

/* The frame pointer leads nowhere. */
static inline int step_lost(struct step *s)
{
	return step_end(s, s->seg.absent ? END_NO_TABLE : END_NO_FP);
}

static inline int step_by_fp(struct step *s)
{
	__u64 fp, pc;

	/*
	 * Where a thread begins rbp is 0; but where nothing is known of the code, which may use the
	 * register for anything, that proves nothing: code of no file, or of one whose table is away.
	 */
	if (!s->fp)
		return s->seg.file && !s->seg.absent ? step_end(s, END_NONE) : step_lost(s);
	if (s->fp < s->sp || s->fp - s->sp > STEP_FRAME_MAX || s->fp & 7)
		return step_lost(s);
	if (step_read(s, s->fp, &fp) || step_read(s, s->fp + 8, &pc))
		return step_end(s, END_FAULT);
	return step_to(s, pc, s->fp + 16, fp);
}

/*
 * Go runs on another stack than its caller: only the loop's end bounds this. The frame pointer is 0
 * where nothing leads back (runtime.morestack).
 */
static inline int step_by_switch(struct step *s)
{
	__u64 at = s->fp, fp, pc;

	if (!at)
		return step_end(s, END_NONE);
	if (at & 7)
		return step_end(s, END_NO_FP);
	if (step_read(s, at, &fp) || step_read(s, at + 8, &pc))
		return step_end(s, END_FAULT);
	s->sp = at;
	return step_to(s, pc, at + 16, fp);
}

/* struct rt_sigframe: sp is at its ucontext; mcontext has r8…r15, di, si, bp, bx, dx, ax, cx, sp, ip. */
static inline int step_signal(struct step *s)
{
	static const __u8 dwarf[15] = { 8, 9, 10, 11, 12, 13, 14, 15, 5, 4, 6, 3, 1, 0, 2 };
	__u64 pc, sp;
	int i;

	if (step_copy(s, s->sp + STEP_MCONTEXT, s->mcontext, 17))
		return step_end(s, END_FAULT);
	for (i = 0; i < 15; i++)
		s->regs[dwarf[i]] = s->mcontext[i];
	sp = s->mcontext[15];
	pc = s->mcontext[16];
	if (!pc || pc >> 56)
		return step_end(s, END_BAD_PC);
	s->regs[STEP_REG_SP] = sp;
	s->pc = pc;
	s->sp = sp; /* may be below: the handler ran on another stack */
	s->fp = s->regs[STEP_REG_BP];
	s->exact = STEP_SIGNAL;
	return 0;
}

/* Are all registers those of the frame? */
static inline int step_knows_regs(const struct step *s)
{
	return s->exact == STEP_LEAF || s->exact == STEP_SIGNAL;
}

static inline __u64 step_reg(const struct step *s, const struct unwind_rule *r)
{
	return s->regs[RULE_REG_OF(r) & (STEP_REG_CNT - 1)];
}

/* What is the return address, for a frame whose caller was found by 'r'? */
static inline __u32 step_landing(const struct unwind_rule *r)
{
	return r->fp & RULE_LANDING ? STEP_LANDING : STEP_RETURN;
}

/* The CFA of an ordinary rule; 0 or, with s->end set, 1. */
static inline int step_cfa(struct step *s, const struct unwind_rule *r, __u64 pc, __u64 *cfa)
{
	__u64 at;

	switch (r->kind) {
	case RULE_SP:
		*cfa = s->sp + r->cfa;
		return 0;
	case RULE_BP:
		*cfa = s->fp + r->cfa;
		return 0;
	case RULE_PLT10:
	case RULE_PLT11:
		*cfa = s->sp + 8 + 8 * ((pc & 15) >= (r->kind == RULE_PLT10 ? 10 : 11));
		return 0;
	case RULE_INDEX:
	case RULE_DEREF_SP:
	case RULE_DEREF_BP:
		at = (r->kind == RULE_DEREF_BP ? s->fp : s->sp) + RULE_LOW_OF(r);
		if (r->kind == RULE_INDEX) {
			if (!step_knows_regs(s))
				return step_end(s, END_NO_RULE);
			at += 8 * step_reg(s, r);
		}
		if (step_read(s, at, cfa))
			return step_end(s, END_FAULT);
		*cfa += RULE_HIGH_OF(r);
		return 0;
	case RULE_REG:
		if (!step_knows_regs(s))
			return step_end(s, END_NO_RULE);
		*cfa = step_reg(s, r) + r->cfa;
		return 0;
	}
	return step_end(s, END_NO_RULE);
}

/* To the caller by CFA: the return address is just below it. */
static inline int step_by_cfa(struct step *s, const struct unwind_rule *r, __u64 pc)
{
	__u64 cfa, ra, fp = s->fp;

	if (step_cfa(s, r, pc, &cfa))
		return 1;
	/* Poison: odd, so that a frame-pointer step from it ends. */
	if (RULE_FP_OF(r) == RULE_FP_LOST)
		fp = 1;
	else if (RULE_FP_OF(r) != RULE_FP_SAME &&
	         step_read(s, RULE_FP_OF(r) == RULE_FP_CFA ? cfa + r->fp_off : s->fp, &fp))
		return step_end(s, END_FAULT);
	if (step_read(s, cfa - 8, &ra))
		return step_end(s, END_FAULT);
	if (step_to(s, ra, cfa, fp))
		return 1;
	s->exact = step_landing(r);
	return 0;
}

/*
 * libgcc copies what the callee of a handler's frame saved over what it saved itself: the frame pointer,
 * some time later the return address, which is the same word in both places then. A frame pointer above
 * the handler's CFA was copied, one between the two CFAs was not; of any other value who can tell?
 */
static inline int step_by_handler(struct step *s, const struct unwind_rule *r)
{
	__u64 cfa = s->fp + RULE_LOW_OF(r), handler, fp, ra, there;

	if (step_read(s, s->fp + RULE_HIGH_OF(r), &handler) || step_read(s, cfa + r->fp_off, &fp) ||
	    step_read(s, cfa - 8, &ra) || step_read(s, handler - 8, &there))
		return step_end(s, END_FAULT);
	if (ra == there || (fp >= handler && !(fp & 15)))
		return step_to(s, there, handler, fp);
	s->handler_pc = there;
	s->handler_sp = handler;
	if (step_to(s, ra, cfa, fp & 15 ? 1 : fp))
		return 1;
	if (fp < cfa || fp & 15)
		s->exact = STEP_UNSURE;
	return 0;
}

/* Can the frame not be left without its frame pointer, which may be the handler's? Then that is next. */
static inline int step_needs_fp(const struct step *s, const struct unwind_rule *r)
{
	return s->exact == STEP_UNSURE &&
	       (r->kind == RULE_BP || r->kind == RULE_DEREF_BP || r->kind == RULE_FP);
}

/* The return address was popped into a register. */
static inline int step_by_register(struct step *s, const struct unwind_rule *r)
{
	__u64 pc = step_reg(s, r);

	if (!step_knows_regs(s))
		return step_end(s, END_NO_RULE);
	if (!pc || pc >> 56)
		return step_end(s, END_BAD_PC);
	s->pc = pc;
	s->sp += r->cfa;
	s->exact = step_landing(r);
	return 0;
}

/* One frame: emits it, if it is one, and moves to its caller. 1 = the walk is done, s->end says why. */
static inline int step_once(struct step *s)
{
	__u64 look = s->pc - !(s->exact & STEP_EXACT), offset;
	struct unwind_rule r = { 0 };

	if (!step_segment(s, look)) {
		step_emit(s, (look + (s->exact != STEP_LEAF)) & FRAME_ADDRESS_MASK);
		return step_end(s, END_NO_CODE);
	}
	offset = look - s->seg.start + s->seg.offset;
	if (offset >> BLOCK_SHIFT < s->seg.block_cnt)
		step_rule(s, offset, &r);
	if (step_needs_fp(s, &r))
		return step_to(s, s->handler_pc, s->handler_sp, s->fp);
	/* One less of what is emitted lies in the code that was running, but for the leaf. */
	if (s->seg.file)
		step_emit(s, FRAME_FILE(s->seg.file, (offset + (s->exact != STEP_LEAF)) &
		                                             (FILE_OFFSET_MAX - 1)));
	else
		step_emit(s, look + (s->exact != STEP_LEAF));
	switch (r.kind) {
	case RULE_FP:
		return step_by_fp(s);
	case RULE_SIGNAL:
		return step_signal(s);
	case RULE_STOP:
		return step_end(s, END_NONE);
	case RULE_RA_REG:
		return step_by_register(s, &r);
	case RULE_SWITCH:
		return step_by_switch(s);
	case RULE_HANDLER:
		return step_by_handler(s, &r);
	}
	return step_by_cfa(s, &r, look);
}

#endif
