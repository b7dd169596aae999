// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The loop over a user stack: each turn gives the walk to the unwinder of the segment that the
 * program counter is in. A step is a global function: the verifier checks it once, not 128 times.
 */
#include "unwind.bpf.h"

int unwind_user(__u32 slot)
{
	int i;

#pragma clang loop unroll(disable)
	for (i = 0; i < STEPS; i++)
		if (unwind_native(slot))
			return 0;
	return 0;
}
