// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A sample of a task that waits, for an iterator's program: user space takes its user stack. */
#include "take.bpf.h"

/* What a record_unmet tells of a task that is not the current one. */
static __always_inline void waiting_fill(struct task_struct *task, struct sample_event *ev,
                                         struct scratch *s, __u32 slot, __u64 start_ns)
{
	struct walk *w = &s->user;
	struct current_task c;

	task_read(&c, task);
	task_nrs(task, &c);
	key_fill(ev, &c, &s->key, start_ns);
	s->key.tid = c.tid; /* user space needs it to look whether the thread ran since */
	if (config.keep & KEEP_KERN)
		kern_close(ev->ctx, s, slot,
		           bpf_get_task_stack(task, s->kern.frames,
		                              config.kern_frames * sizeof(__u64), 0));
	s->unmet.pc = 0;
	if (!c.kthread && !task_user_regs(task, &w->regs)) {
		s->unmet.pc = arch_pc(&w->regs);
		s->unmet.word = arch_word(&w->regs);
		arch_dwarf(&w->regs, s->unmet.regs);
	}
	s->unmet.head.time = bpf_ktime_get_boot_ns();
	s->unmet.key = s->key;
	s->unmet.value = ev->value;
}

__hidden bool sample_waiting(struct seq_file *to, struct task_struct *task, struct sample_event *ev,
                             __u64 turns, struct sample_key *held)
{
	__u32 slot = slot_of(ev->ctx);
	__u64 tail[2] = { turns }, cnt; /* of struct abi_waiting */
	struct scratch *s = sample_wanted_task(task) ? scratch_take(ev->ctx, slot) : NULL;
	bool full;

	if (!s)
		return false;
	s->kern.head.cnt = 0;
	waiting_fill(task, ev, s, slot, sample_start());
	if (held) {
		if (s->unmet.pc && config.keep & KEEP_USER)
			s->unmet.key.user = stack_number(BPF_CORE_READ(task, pid));
		*held = s->unmet.key;
	}
	cnt = s->kern.head.cnt;
	barrier_var(cnt); /* one register for the check and the use */
	if (cnt > ABI_KERN_FRAMES)
		cnt = ABI_KERN_FRAMES;
	tail[1] = cnt;
	full = bpf_seq_write(to, &s->unmet, sizeof(s->unmet)) ||
	       bpf_seq_write(to, tail, sizeof(tail)) ||
	       bpf_seq_write(to, s->kern.frames, cnt * sizeof(__u64));
	s->busy = 0;
	if (!held && !full)
		sample_stat(ev->ctx, STAT_SAMPLES);
	return !full;
}
