// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Owns the maps of the sample road. Counts have two generations for each context: 'counts' holds the
 * one that programs write; user space puts the other one there with one update, which returns when
 * no program writes the old one any more (kernel: maybe_wait_bpf_programs()), and then reads and
 * clears it alone. Safe in an NMI by construction: preallocated maps, no lock that is waited for in
 * this code, one scratch for each context, so that nothing interrupted is shared.
 */
#include "sample.bpf.h"
#include "take.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile struct abi_config config = {};

struct counts_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1); /* engine.c: the option --counts */
	__uint(key_size, sizeof(struct sample_key));
	__uint(value_size, sizeof(struct sample_value));
};

/* key: enum abi_ctx; the generation of counts that programs write now */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, CTX_CNT);
	__uint(key_size, sizeof(__u32));
	__array(values, struct counts_map);
} counts SEC(".maps");

/* key: 0; new keys of the current generation, reset by drain.c at each switch */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CTX_CNT);
	__type(key, __u32);
	__type(value, __u64);
} counts_new SEC(".maps");

/* stack bodies, events and wake-ups, read by drain.c */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

/* key: stack id & mask; the id whose body was sent last: a collision only sends a body again */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} sent SEC(".maps");

/* key: CPU × CTX_CNT + context */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

__hidden struct scratch *scratch_get(__u32 slot)
{
	return bpf_map_lookup_elem(&scratches, &slot);
}

/* Wakes user space when the ring is filling up, not at each record. */
static __always_inline __u64 ring_flags(void)
{
	return bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) >= config.ring_high ? BPF_RB_FORCE_WAKEUP
	                                                                       : BPF_RB_NO_WAKEUP;
}

/* Sends a stack's body unless it was sent; -1 = no room in the ring (it is tried again next time). */
static __always_inline int stack_send(__u32 ctx, struct record_stack *rec, __u64 id, __u32 cnt,
                                      __u32 max)
{
	__u32 at = id & config.stack_mask;
	__u64 *slot = bpf_map_lookup_elem(&sent, &at);

	if (!slot || *slot == id)
		return slot ? 0 : -1;
	if (cnt > max)
		cnt = max;
	rec->head.type = REC_STACK;
	rec->head.size = sizeof(*rec) + cnt * sizeof(__u64);
	rec->head.time = bpf_ktime_get_boot_ns();
	rec->head.cpu = bpf_get_smp_processor_id();
	rec->id = id;
	rec->cnt = cnt;
	if (bpf_ringbuf_output(&ring, rec, sizeof(*rec) + cnt * sizeof(__u64), ring_flags()))
		return -1;
	*slot = id;
	sample_stat(ctx, STAT_STACKS);
	return 0;
}

static __always_inline int user_send(__u32 ctx, struct scratch *s)
{
	return s->key.user ? stack_send(ctx, &s->user.head, s->key.user, s->user.head.cnt,
	                                ABI_USER_FRAMES + 1)
	                   : 0;
}

static __always_inline int kern_send(__u32 ctx, struct scratch *s)
{
	return s->key.kern ? stack_send(ctx, &s->kern.head, s->key.kern, s->kern.head.cnt,
	                                ABI_KERN_FRAMES + 1)
	                   : 0;
}

static __always_inline void value_add(struct sample_value *to, const struct sample_value *v)
{
	int i;

#pragma unroll
	for (i = 0; i < ABI_VALUES; i++)
		if (v->v[i])
			__sync_fetch_and_add(&to->v[i], v->v[i]);
}

/* A new key: when the generation fills up, user space is told to take it. */
static __always_inline void counts_note(__u32 ctx)
{
	struct record wake = { .type = REC_WAKE, .size = sizeof(wake) };
	__u64 *n = bpf_map_lookup_elem(&counts_new, &ctx);

	if (!n)
		return;
	__sync_fetch_and_add(n, 1);
	if (*n == config.counts_high)
		bpf_ringbuf_output(&ring, &wake, sizeof(wake), BPF_RB_FORCE_WAKEUP);
}

/* Adds to the counts of a key; one is new only after its stacks were sent ('s', NULL: they were). */
static __always_inline int counts_add(__u32 ctx, const struct sample_key *key,
                                      const struct sample_value *value, struct scratch *s)
{
	struct sample_value *v;
	void *map = bpf_map_lookup_elem(&counts, &ctx);

	if (!map)
		return LOSS_NO_MAP;
	v = bpf_map_lookup_elem(map, key);
	if (v) {
		value_add(v, value);
		return -1;
	}
	if (s && (user_send(ctx, s) || kern_send(ctx, s)))
		return LOSS_RING_STACK;
	if (!bpf_map_update_elem(map, key, value, BPF_NOEXIST)) {
		counts_note(ctx);
		return -1;
	}
	v = bpf_map_lookup_elem(map, key); /* another CPU was faster */
	if (!v)
		return LOSS_COUNTS_FULL;
	value_add(v, value);
	return -1;
}

/* --samples: the event itself, whose stacks' bodies were sent. */
static __always_inline int event_send(const struct sample_key *key,
                                      const struct sample_value *value, struct record_sample *rec)
{
	rec->head.type = REC_SAMPLE;
	rec->head.size = sizeof(*rec);
	rec->head.time = bpf_ktime_get_boot_ns();
	rec->head.cpu = bpf_get_smp_processor_id();
	rec->key = *key;
	rec->value = *value;
	if (bpf_ringbuf_output(&ring, rec, sizeof(*rec), ring_flags()))
		return LOSS_RING_SAMPLE;
	return -1;
}

/* Marks a stack's early end by a last frame. */
static __always_inline void walk_close(struct walk *w)
{
	__u64 tag = FRAME_END_TAG | w->end;
	__u64 at = w->head.cnt;

	barrier_var(at); /* one register for the check and the use */
	if (w->end != END_NONE && at <= ABI_USER_FRAMES) {
		w->frames[at] = tag;
		w->hash = hash_frame(w->hash, tag);
		w->head.cnt = at + 1;
	}
	w->hash |= !w->hash;
}

/*
 * Begins with the caller of a function that has not saved anything yet. Inside of the call, that is before
 * the return address, all is as at any other place that the task may be at.
 */
static __always_inline void leave_leaf(struct walk *w, __u32 frame)
{
	__u64 pc;

	if (bpf_probe_read_user(&pc, sizeof(pc), (const void *)(w->step.sp + frame - sizeof(pc))))
		return;
	w->step.pc = pc - 1;
	w->step.sp += frame;
	arch_set_dwarf_sp(w->step.regs, w->step.sp);
}

/*
 * The registers with which the current task left user mode, where an interrupt of user mode put them
 * too. False: there are none (an io_uring worker has an address space and no user code).
 */
static __always_inline bool walk_start(struct walk *w, __u32 frame)
{
	struct arch_regs *regs = &w->regs;

	w->head.cnt = 0;
	w->window_sz = 0;
	w->hash = config.seed;
	w->end = END_TRUNCATED;
	w->step.seg.start = w->step.seg.end = 0;
	if (task_user_regs(current_task(), regs)) {
		w->end = END_FAULT;
		return true;
	}
	w->step.pc = arch_pc(regs);
	w->step.sp = arch_sp(regs);
	w->step.fp = arch_fp(regs);
	w->step.exact = STEP_LEAF;
	w->word = arch_word(regs);
	w->by_fp = config.unwind == UNWIND_FP || w->word == 4;
	arch_dwarf(regs, w->step.regs);
	if (frame)
		leave_leaf(w, frame);
	return w->step.pc;
}

/*
 * Inside execve() the old program's registers are still those of the task when its address space is
 * the new one's (linux: fs/exec.c begin_new_exec()).
 */
static __always_inline bool stack_gone(__u64 sp)
{
	__u64 word;

	return bpf_probe_read_user(&word, sizeof(word), (const void *)sp);
}

/*
 * The user stack into s->user, its id into the key. False: the process is not met yet, or ran into
 * code that its tables do not know; its registers are in s->unmet.
 */
static __always_inline bool user_stack(struct sample_event *ev, struct current_task *task,
                                       struct scratch *s, __u32 slot)
{
	struct walk *w = &s->user;
	bool walked;

	if (!walk_start(w, ev->frame))
		return true;
	if (task->exiting || (task->in_exec && stack_gone(w->step.sp)))
		w->end = END_EXITING;
	walked = w->end == END_TRUNCATED;
	if (walked) {
		s->unmet.pc = w->step.pc;
		__builtin_memcpy(s->unmet.regs, w->step.regs, sizeof(w->step.regs));
		if (!w->by_fp && !unwind_met(w, &s->key))
			return false;
		unwind_user(slot);
		if (w->end == END_NO_CODE)
			return false;
	}
	sample_end(ev->ctx, w->end);
	walk_close(w);
	s->key.user = w->hash;
	if (config.unwind == UNWIND_CHECK && walked && check_send(slot, 1))
		sample_lose(ev->ctx, LOSS_RING_CHECK);
	return true;
}

/* What user space has to walk goes there; enum abi_loss or -1. */
static __always_inline int unmet_sample(struct sample_event *ev, struct scratch *s, __u32 slot)
{
	if (kern_send(ev->ctx, s))
		return LOSS_RING_STACK;
	s->unmet.head.time = bpf_ktime_get_boot_ns();
	s->unmet.head.cpu = bpf_get_smp_processor_id();
	s->unmet.key = s->key;
	s->unmet.value = ev->value;
	if (config.unwind != UNWIND_CHECK)
		return unmet_send(slot);
	return check_send(slot, 0) ? LOSS_RING_UNMET : -1;
}

/* The kernel stack into s->kern, its id into the key. */
static __always_inline void kern_stack(void *ctx, struct sample_event *ev, struct scratch *s,
                                       __u32 slot)
{
	kern_close(ev->ctx, s, slot,
	           bpf_get_stack(ctx, s->kern.frames, config.kern_frames * sizeof(__u64), 0));
}

/* The key and the stacks of the current task. False: user space has to walk, see user_stack(). */
static __always_inline bool stacks_take(void *ctx, struct sample_event *ev,
                                        struct current_task *task, struct scratch *s, __u32 slot,
                                        __u64 start_ns)
{
	key_fill(ev, task, &s->key, start_ns);
	if (config.keep & KEEP_KERN && !ev->in_user)
		kern_stack(ctx, ev, s, slot);
	return !(config.keep & KEEP_USER) || task->kthread || ev->is_new ||
	       user_stack(ev, task, s, slot);
}

static __always_inline void sample_done(__u32 ctx, int loss)
{
	if (loss < 0)
		sample_stat(ctx, STAT_SAMPLES);
	else
		sample_lose(ctx, loss);
}

static __always_inline int stacks_send(struct sample_event *ev, struct scratch *s)
{
	return user_send(ev->ctx, s) || kern_send(ev->ctx, s) ? LOSS_RING_STACK : -1;
}

static __always_inline void record_wanted(void *ctx, struct sample_event *ev,
                                          struct current_task *task, __u64 start_ns)
{
	__u32 slot = slot_of(ev->ctx);
	struct scratch *s = scratch_take(ev->ctx, slot);
	int loss;

	if (!s)
		return;
	if (!stacks_take(ctx, ev, task, s, slot, start_ns)) {
		loss = unmet_sample(ev, s, slot);
	} else if (config.keep & KEEP_SAMPLES) {
		loss = stacks_send(ev, s);
		if (loss < 0)
			loss = event_send(&s->key, &ev->value, &s->event);
	} else {
		loss = counts_add(ev->ctx, &s->key, &ev->value, s);
	}
	s->busy = 0;
	sample_done(ev->ctx, loss);
}

static __always_inline int hold_unmet(struct sample_event *ev, struct scratch *s, __u32 slot)
{
	s->key.user = stack_number((__u32)bpf_get_current_pid_tgid());
	return unmet_sample(ev, s, slot);
}

__hidden int stacks_hold(struct sample_event *ev, struct current_task *task, struct scratch *s,
                         __u32 slot)
{
	if (config.keep & KEEP_USER && !task->kthread && !user_stack(ev, task, s, slot))
		return hold_unmet(ev, s, slot);
	return stacks_send(ev, s);
}

__hidden int related_send(struct scratch *s)
{
	__u32 at = s->related.id & config.stack_mask;
	__u64 *slot = bpf_map_lookup_elem(&sent, &at);

	if (slot && *slot == s->related.id)
		return -1;
	s->related.head.type = REC_RELATED;
	s->related.head.size = sizeof(s->related);
	s->related.head.time = bpf_ktime_get_boot_ns();
	if (!slot || bpf_ringbuf_output(&ring, &s->related, sizeof(s->related), ring_flags()))
		return LOSS_RING_RELATED;
	*slot = s->related.id;
	return -1;
}

__hidden bool sample_hold(void *ctx, struct sample_event *ev, struct sample_key *to)
{
	struct current_task task = {};
	__u32 slot = slot_of(ev->ctx);
	__u64 start_ns = sample_wanted(ev->ctx, ev->in_user, &task);
	struct scratch *s = start_ns ? scratch_take(ev->ctx, slot) : NULL;
	int loss;

	if (!s)
		return false;
	loss = stacks_take(ctx, ev, &task, s, slot, start_ns) ? stacks_send(ev, s)
	                                                      : hold_unmet(ev, s, slot);
	*to = s->key;
	s->busy = 0;
	if (loss >= 0)
		sample_lose(ev->ctx, loss);
	return loss < 0;
}

__hidden void sample_add(__u32 ctx, const struct sample_key *key, const struct sample_value *value)
{
	struct scratch *s;
	int loss;

	if (!(config.keep & KEEP_SAMPLES)) {
		sample_done(ctx, counts_add(ctx, key, value, NULL));
		return;
	}
	s = scratch_take(ctx, slot_of(ctx));
	if (!s)
		return;
	loss = event_send(key, value, &s->event);
	s->busy = 0;
	sample_done(ctx, loss);
}

__hidden bool sample_sum(__u32 ctx, const struct sample_key *key, const struct sample_value *value)
{
	return counts_add(ctx, key, value, NULL) < 0;
}

__hidden int sample_record(void *ctx, struct sample_event *ev)
{
	struct current_task task = {};
	__u64 start_ns;

	start_ns = sample_wanted(ev->ctx, ev->in_user, &task);
	if (start_ns)
		record_wanted(ctx, ev, &task, start_ns);
	return 0;
}
