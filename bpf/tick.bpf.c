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
	__u64 end;

	if (sample_window(&end) && end)
		return 0;
	ev.in_user = (__s64)arch_pc(&ctx->regs) >= 0; /* kernel addresses are negative */
	return sample_record(ctx, &ev);
}
