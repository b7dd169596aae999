// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Native code by the tables that user space made of each file's .eh_frame: the accessors of
 * include/step.h over maps. The stack is read in windows of 1 KiB and then by plain loads.
 */
#include "unwind.bpf.h"

struct segments_value {
	struct unwind_segment items[SEGMENTS_MAX];
};

struct blocks_value {
	__u32 items[BLOCKS_MAX];
};

struct rules_value {
	struct unwind_rule items[RULES_MAX];
};

/* key: tgid; written by src/unwind */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, struct unwind_process);
} processes SEC(".maps");

/* key: 0; sorted runs, one a process; written by src/unwind through its mapping */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct segments_value);
} segments SEC(".maps");

/* key: 0; descriptors, a run for each file */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct blocks_value);
} blocks SEC(".maps");

/* key: 0; shared by all files */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct rules_value);
} rules SEC(".maps");

struct shard_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, SHARD_WORDS * sizeof(__u32));
};

/* key: shard; inner maps are made by src/unwind when they are needed */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, SHARDS_MAX);
	__uint(key_size, sizeof(__u32));
	__array(values, struct shard_map);
} shards SEC(".maps");

static __always_inline struct walk *walk_of(struct step *s)
{
	return (struct walk *)s; /* its first member */
}

static __always_inline long step_read(struct step *s, __u64 at, __u64 *word)
{
	struct walk *w = walk_of(s);
	__u64 off = at - w->window_at;

	if (at & 7) /* the window holds whole words */
		return bpf_probe_read_user(word, sizeof(*word), (const void *)at);
	if (off + 8 > w->window_sz || off > sizeof(w->window)) {
		if (window_load(w, at, 8))
			return -1;
		off = 0;
	}
	*word = w->window[(off >> 3) & (WINDOW_WORDS - 1)];
	return 0;
}

static __always_inline void step_emit(struct step *s, __u64 frame)
{
	walk_emit(walk_of(s), frame);
}

static __always_inline long step_copy(struct step *s, __u64 at, __u64 *words, __u32 cnt)
{
	return bpf_probe_read_user(words, cnt * sizeof(*words), (const void *)at);
}

/* 2^bit when segment pos + 2^bit of the process is one of its own and starts at or before pc, else 0. */
static __always_inline __u64 segment_half(const struct walk *w, const struct segments_value *all,
                                          __u64 pc, __u64 pos, int bit)
{
	__u64 mid = pos + (1ull << bit);
	const struct unwind_segment *seg = &all->items[(w->segments + mid) & (SEGMENTS_MAX - 1)];

	return (1ull << bit) & step_less(mid, w->segment_cnt) & step_less(seg->start, pc + 1);
}

/* The last segment of the process that starts at or before pc, if it holds it. */
static __always_inline bool step_segment(struct step *s, __u64 pc)
{
	struct walk *w = walk_of(s);
	const struct unwind_segment *seg;
	struct segments_value *all;
	__u32 zero = 0;
	__u64 pos = 0;
	int i;

	if (pc - s->seg.start < s->seg.end - s->seg.start)
		return true;
	all = bpf_map_lookup_elem(&segments, &zero);
	if (!all)
		return false;
	if (w->segment_cnt > 1u << SEGMENT_STEPS_SHORT)
#pragma unroll
		for (i = SEGMENT_STEPS - 1; i >= SEGMENT_STEPS_SHORT; i--)
			pos += segment_half(w, all, pc, pos, i);
#pragma unroll
	for (i = SEGMENT_STEPS_SHORT - 1; i >= 0; i--)
		pos += segment_half(w, all, pc, pos, i);
	seg = &all->items[(w->segments + pos) & (SEGMENTS_MAX - 1)];
	if (pc - seg->start >= seg->end - seg->start)
		return false;
	s->seg = *seg;
	return true;
}

/* The number of the rule at a file offset by the tables; -1: they have no rows there. */
static __always_inline long row_find(struct step *s, __u64 offset)
{
	__u32 zero = 0, shard, *desc, *words;
	struct blocks_value *all = bpf_map_lookup_elem(&blocks, &zero);
	void *map;

	if (!all)
		return -1;
	desc = &all->items[(s->seg.block + (offset >> BLOCK_SHIFT)) & (BLOCKS_MAX - 1)];
	shard = *desc / SHARD_WORDS;
	map = bpf_map_lookup_elem(&shards, &shard);
	words = map && *desc ? bpf_map_lookup_elem(map, &zero) : NULL;
	if (!words)
		return -1;
	return step_search(words, *desc & (SHARD_WORDS - 1), offset & 0xffff);
}

static __always_inline void step_rule(struct step *s, __u64 offset, struct unwind_rule *r)
{
	__u64 frame = FRAME_FILE(s->seg.file, offset & (FILE_OFFSET_MAX - 1));
	__u64 at = (offset ^ offset >> 10 ^ s->seg.file * 0x9e37u) & (RULE_SLOTS - 1);
	struct rule_slot *slot = &walk_of(s)->rules[at];
	struct rules_value *all;
	__u32 zero = 0;
	long n;

	if (slot->frame == frame) {
		*r = slot->rule;
		return;
	}
	n = row_find(s, offset);
	all = bpf_map_lookup_elem(&rules, &zero);
	if (n < 0 || !all)
		return;
	*r = all->items[n & (RULES_MAX - 1)];
	if (!s->seg.file)
		return;
	slot->frame = frame;
	slot->rule = *r;
}

#include "step.h"

int unwind_native(__u32 slot)
{
	struct scratch *s = scratch_get(slot);
	struct walk *w;

	if (!s)
		return 1;
	w = &s->user;
	if (w->head.cnt >= config.user_frames) {
		w->end = END_TRUNCATED;
		return 1;
	}
	if (!step_once(&w->step))
		return 0;
	w->end = w->step.end;
	return 1;
}

__hidden bool unwind_met(struct walk *w, const struct sample_key *key)
{
	struct unwind_process *p = bpf_map_lookup_elem(&processes, &key->tgid);

	if (!p || p->start != key->start || p->exec_id != key->exec_id || !p->cnt)
		return false;
	w->segments = p->first;
	w->segment_cnt = p->cnt;
	return true;
}
