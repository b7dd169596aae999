// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Source growth: what makes resident memory grow. The kernel counts the resident pages of each address space
 * by type, and calls tracepoint rss_stat when it has changed a counter, by whatever: a fault of user code, one
 * of its own in read(), MAP_POPULATE, a huge page. It does not say by how much. Since 6.2 (f1a7941243c1) each
 * CPU holds a part of the counter back, up to a batch; before, each thread does, and the tracepoint is called
 * only when a thread gives its part away, so there every fault is looked at too. So what is held back and the
 * counter are remembered here, and their difference to the last look is the change; differences that two CPUs
 * read crosswise are wrong by themselves, not in their sum.
 *
 * Pages that came are counted for each process, exactly; those that went are not taken off. Of the changes
 * some are sampled, by their pages, with their stack: they only divide what was counted.
 */
#include "sample.bpf.h"
#include "chance.bpf.h"

const volatile struct abi_growth growth = {};

/* key: the process's number, behind that of the CPU, or the thread's; slot_get() */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* collect/growth.c */
	__type(key, __u32);
	__type(value, struct abi_growth_slot);
} growth_slots SEC(".maps");

/* Of whom counters are remembered: a process's address space, while one capture lasts. */
struct growth_space {
	__u64 mm, window;
	__u32 tgid, pad;
};

struct growth_counts {
	__s64 count[ABI_GROWTH_TYPES];
	__u32 known, pad; /* bits 1 << enum growth_type */
};

/* the counters, without what is held back, when they were last looked at */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1); /* collect/growth.c */
	__type(key, struct growth_space);
	__type(value, struct growth_counts);
} growth_counts SEC(".maps");

/* More than the kernel puts before an array's values. */
#define MAP_HEAD_WORDS 128

struct growth_here {
	__u64 self;
	__u64 head[MAP_HEAD_WORDS];
};

/* key: 0; where this CPU's variables are, see cpu_offset() */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct growth_here);
} growth_here SEC(".maps");

/* Do threads hold pages back, not CPUs? */
static __always_inline bool is_split(void)
{
	return bpf_core_type_exists(struct task_rss_stat);
}

/*
 * What is to be added to a per-CPU pointer on this CPU: by how much the address of a value of ours differs from
 * such a pointer to it, which the kernel keeps in the map. (__per_cpu_offset is no symbol of every kernel.)
 */
static __noinline __u64 cpu_offset(void)
{
	const __u64 at = bpf_core_field_offset(struct bpf_array, pptrs);
	struct growth_here *here;
	__u32 zero = 0;

	here = bpf_map_lookup_elem(&growth_here, &zero);
	if (!here || at > sizeof(here->head) - sizeof(__u64) ||
	    bpf_probe_read_kernel(here->head, at + sizeof(__u64), &growth_here))
		return 0;
	*(volatile __u64 *)&here->self = (__u64)here; /* read back it is a number */
	return *(volatile __u64 *)&here->self - here->head[at / sizeof(__u64)];
}

/* Tells what has grown, as the total of the process whose slot it was. */
static __noinline int slot_tell(struct abi_growth_slot *s)
{
	struct sample_key key = { .kind = KIND_growth };
	struct sample_value v = {};
	int i;

	key.start = s->start;
	key.tgid = s->tgid;
	key.exec_id = s->exec_id;
#pragma unroll
	for (i = 0; i < ABI_GROWTH_REASONS; i++) {
		if (GROWTH_TYPE(i) == GROWTH_SWAP || !s->faults[i])
			continue;
		key.reason = i;
		v.v[GROWTH_FAULTS] = (__s64)s->faults[i];
		v.v[GROWTH_PAGES] = (__s64)s->pages[i];
		if (!sample_sum(CTX_TP, &key, &v))
			sample_lose(CTX_TP, LOSS_GROWTH_FULL);
		s->faults[i] = s->pages[i] = 0;
	}
	return 0;
}

/* The slot is the current process's (or thread's) from now on; false: nobody wants it. */
static __noinline bool slot_take(struct abi_growth_slot *s, __u32 who, __u64 window)
{
	struct current_task task = {};

	if (!sample_perhaps() || !sample_wanted(CTX_TP, true, &task))
		return false;
	slot_tell(s);
	s->window = window;
	s->start = task.start;
	s->tgid = task.tgid;
	s->exec_id = task.exec_id;
	s->who = who;
	s->known = 0;
	if (!is_split())
		s->offset = cpu_offset();
	return true;
}

/* What is known here of the current task's process, which has that address space; NULL: it is not wanted. */
static __always_inline struct abi_growth_slot *slot_get(__u64 mm)
{
	__u64 id = bpf_get_current_pid_tgid(), window = sample_start();
	__u32 who = is_split() ? (__u32)id : id >> 32;
	__u32 at = (who & growth.mask) + bpf_get_smp_processor_id() * growth.stride;
	struct abi_growth_slot *s;

	if (!window)
		return NULL;
	s = bpf_map_lookup_elem(&growth_slots, &at);
	if (!s || (s->mm == mm && s->who == who && s->window == window))
		return s;
	if (!slot_take(s, who, window))
		return NULL;
	s->mm = mm;
	return s;
}

/* By how much the counter has changed since anybody's last look; 0 at the first one. */
static __noinline __s64 count_change(struct abi_growth_slot *s, __u32 type, __s64 count)
{
	struct growth_space id = { s->mm, s->window, s->tgid, 0 };
	struct growth_counts none = {}, *c;
	__s64 change;

	c = bpf_map_lookup_elem(&growth_counts, &id);
	if (!c) {
		bpf_map_update_elem(&growth_counts, &id, &none, BPF_NOEXIST);
		c = bpf_map_lookup_elem(&growth_counts, &id);
	}
	if (!c) {
		sample_lose(CTX_TP, LOSS_GROWTH_FULL);
		return 0;
	}
	type &= ABI_GROWTH_TYPES - 1;
	if (!(c->known & 1u << type)) {
		c->known |= 1u << type;
		c->count[type] = count;
		return 0;
	}
	change = count - c->count[type];
	/* Two who find the same change take it twice; the next one then finds less. */
	__sync_fetch_and_add(&c->count[type], change);
	return change;
}

/* The whole change, when so much is held back now and the counter has changed by 'change'. */
static __always_inline __s64 held_change(struct abi_growth_slot *s, __u32 type, __s32 held,
                                         __s64 change)
{
	bool first = !(s->known & 1u << type);
	__s32 before = s->held[type];

	s->held[type] = held;
	if (!first)
		return change + held - before;
	s->known |= 1u << type;
	sample_stat(CTX_TP, STAT_GROWTH_FIRST);
	return change > 0 ? change : held > 0;
}

#define READ_COUNTER(n)                                     \
	do {                                                \
		count = mm->rss_stat[n].count;              \
		counters = (__u64)mm->rss_stat[n].counters; \
	} while (0)

/* What a CPU holds back is all given away when it reaches a batch; only then the counter changes. */
static __always_inline __s64 change_of_cpu(struct abi_growth_slot *s, struct mm_struct *mm,
                                           __u32 type)
{
	__u64 counters = 0;
	__s64 count = 0;
	__s32 held = 0;

	if (type == GROWTH_ANON)
		READ_COUNTER(GROWTH_ANON);
	else if (type == GROWTH_FILE)
		READ_COUNTER(GROWTH_FILE);
	else
		READ_COUNTER(GROWTH_SHMEM);
	/* Without the offset it fails: then what is seen comes in batches. */
	bpf_probe_read_kernel(&held, sizeof(held), (const void *)(counters + s->offset));
	if (held && s->known & 1u << type)
		return held_change(s, type, held, 0);
	return held_change(s, type, held, count_change(s, type, count));
}

/* What the current thread holds back. */
static __always_inline __s32 held_by_thread(__u32 type)
{
	__u64 task = bpf_get_current_task();
	__s32 held = 0;

	bpf_probe_read_kernel(
		&held, sizeof(held),
		(const void *)(task +
	                       bpf_core_field_offset(struct task_struct___split, rss_stat.count) +
	                       type * sizeof(held)));
	return held;
}

/*
 * A counter has changed: by a thread that gives away what it holds back, which it forgets after this, or by
 * something else.
 */
static __always_inline __s64 change_of_thread(struct abi_growth_slot *s, __u32 type, __s64 count)
{
	__s64 change = count_change(s, type, count);
	__s32 held = held_by_thread(type);

	if (!held || change != held)
		return held_change(s, type, held, change);
	return held_change(s, type, 0, s->known & 1u << type ? change : 0);
}

static __always_inline bool sampled(__u64 pages)
{
	return bpf_get_prandom_u32() < (pages == 1 ? growth.chance : chance_of(pages, growth.rate));
}

static __always_inline __u32 reason_of(__u32 type, __u64 pages)
{
	__u32 size = pages == 1    ? GROWTH_PAGE
	             : pages < 16  ? GROWTH_FEW
	             : pages < 128 ? GROWTH_MANY
	                           : GROWTH_LARGE;

	return GROWTH_REASON(type, size);
}

/* Counts a change; true: it is sampled. */
static __always_inline bool grow(struct abi_growth_slot *s, __u32 type, __s64 pages)
{
	__u32 reason;

	if (pages <= 0)
		return false;
	reason = reason_of(type, (__u64)pages);
	barrier_var(reason); /* the compiler knows its bounds, the verifier does not */
	reason &= ABI_GROWTH_REASONS - 1;
	s->pages[reason] += (__u64)pages;
	s->faults[reason]++;
	return sampled((__u64)pages);
}

static __always_inline int record(void *ctx, __u32 type, __s64 pages)
{
	struct sample_event ev = { .ctx = CTX_TP,
		                   .kind = KIND_growth,
		                   .in_user = true,
		                   .reason = (__u16)reason_of(type, (__u64)pages),
		                   .tag = (__u64)pages,
		                   .value.v = { [GROWTH_FAULTS] = 1 } };

	return sample_record(ctx, &ev);
}

/* Others' memory (a child's in fork(), a new program's in exec, that of whom reclaim takes it from) is no growth. */
static __always_inline bool is_current(struct mm_struct *mm)
{
	if (has_helper(get_current_task_btf))
		return ((struct task_struct *)bpf_get_current_task_btf())->mm == mm;
	return BPF_CORE_READ((struct task_struct *)bpf_get_current_task(), mm) == mm;
}

/* (mm, type), before 6.2 (mm, type, count): reached by constant branches alone. */
SEC("?tp_btf/rss_stat")
int growth_counter(__u64 *ctx)
{
	struct mm_struct *mm = (void *)ctx[0];
	__u32 type = (__u32)ctx[1];
	struct abi_growth_slot *s;
	__s64 pages;

	if (type >= ABI_GROWTH_TYPES || type == GROWTH_SWAP || !is_current(mm))
		return 0;
	barrier_var(type);
	type &= ABI_GROWTH_TYPES - 1;
	s = slot_get((__u64)mm);
	if (!s)
		return 0;
	if (is_split())
		pages = change_of_thread(s, type, (__s64) * (volatile __u64 *)&ctx[2]);
	else
		pages = change_of_cpu(s, mm, type);
	return grow(s, type, pages) ? record(ctx, type, pages) : 0;
}

/* Before 6.2: a fault has been handled; the thread holds back what it brought in. */
SEC("?perf_event")
int growth_fault(struct tick_context *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct abi_growth_slot *s;
	__s64 pages, came = 0;
	__u32 type = 0, i;
	__u64 mm;

	if (!is_split())
		return 0;
	mm = (__u64)BPF_CORE_READ(task, mm);
	s = mm ? slot_get(mm) : NULL;
	if (!s)
		return 0;
#pragma unroll
	for (i = 0; i < ABI_GROWTH_TYPES; i++) {
		if (i == GROWTH_SWAP)
			continue;
		pages = held_change(s, i, held_by_thread(i), 0);
		if (grow(s, i, pages)) { /* one fault brings in pages of one type */
			came = pages;
			type = i;
		}
	}
	return came ? record(ctx, type, came) : 0;
}
