// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Who lives now: one struct abi_task for each process, with the words that the sample key has. */
#include "sample.bpf.h"

SEC("?iter/task")
int tasks(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct abi_task t = {};

	if (!task || task->pid != task->tgid)
		return 0;
	if (config.pidns_inum) {
		t.tgid = task_nr(task);
		t.ppid = task_nr(task->real_parent);
	} else {
		t.tgid = task->tgid;
		t.ppid = task->real_parent->tgid;
	}
	t.start = task->start_boottime;
	t.exec_id = (__u32)task->self_exec_id;
	bpf_probe_read_kernel_str(t.comm, sizeof(t.comm), task->comm);
	bpf_seq_write(ctx->meta->seq, &t, sizeof(t));
	return 0;
}
