// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The loop over a user stack. A step is a global function: the verifier checks it once, not a
 * thousand times; and so is a batch of steps, for a loop is followed turn by turn.
 */
#include "unwind.bpf.h"

static __always_inline int walk_by_fp(__u32 slot)
{
	int i;

#pragma clang loop unroll(disable)
	for (i = 0; i < ABI_USER_FRAMES / FP_STEP_FRAMES; i++)
		if (unwind_fp(slot))
			return 0;
	return 0;
}

__noinline int unwind_batch(__u32 slot)
{
	int i;

#pragma clang loop unroll(disable)
	for (i = 0; i < BATCH_FRAMES; i++)
		if (unwind_native(slot))
			return 1;
	return 0;
}

int unwind_user(__u32 slot)
{
	struct scratch *s = scratch_get(slot);
	int i;

	if (!s)
		return 0;
	if (s->user.by_fp)
		return walk_by_fp(slot);
#pragma clang loop unroll(disable)
	for (i = 0; i < ABI_USER_FRAMES / BATCH_FRAMES; i++)
		if (unwind_batch(slot))
			return 0;
	return 0;
}
