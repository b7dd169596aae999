// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Source tick: a perf event overflowed on this CPU. One sample of value {1, its period}. */
#include "sample.bpf.h"

SEC("?perf_event")
int tick(struct tick_context *ctx)
{
	struct sample_event ev = {
		.ctx = CTX_PERF,
		.kind = KIND_cpu,
		.value.v = { 1, (__s64)ctx->sample_period },
	};
	__u64 pc = arch_pc(&ctx->regs);

	ev.in_user = (__s64)pc >= 0;
	if (ev.in_user) {
		ev.regs.pc = pc;
		ev.regs.sp = arch_sp(&ctx->regs);
		ev.regs.fp = arch_fp(&ctx->regs);
		ev.regs.word = arch_word(&ctx->regs);
	}
	return sample_record(ctx, &ev);
}
