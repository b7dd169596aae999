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

/* The last segment of the process that starts at or before pc, if it holds it. */
static __always_inline bool step_segment(struct step *s, __u64 pc)
{
	struct walk *w = walk_of(s);
	const struct unwind_segment *seg;
	struct segments_value *all;
	__u64 pos = 0, mid, first = w->segments;
	__u32 zero = 0;
	int i;

	if (pc - s->seg.start < s->seg.end - s->seg.start)
		return true;
	all = bpf_map_lookup_elem(&segments, &zero);
	if (!all)
		return false;
#pragma unroll
	for (i = SEGMENT_STEPS - 1; i >= 0; i--) {
		mid = pos + (1ull << i);
		seg = &all->items[(first + mid) & (SEGMENTS_MAX - 1)];
		pos += (1ull << i) & step_less(mid, w->segment_cnt) & step_less(seg->start, pc + 1);
	}
	seg = &all->items[(first + pos) & (SEGMENTS_MAX - 1)];
	if (pc - seg->start >= seg->end - seg->start)
		return false;
	s->seg = *seg;
	return true;
}

static __always_inline __u32 step_row(struct step *s, __u64 offset)
{
	__u32 zero = 0, shard, *desc, *words;
	struct blocks_value *all = bpf_map_lookup_elem(&blocks, &zero);
	void *map;

	if (!all)
		return 0;
	desc = &all->items[(s->seg.block + (offset >> BLOCK_SHIFT)) & (BLOCKS_MAX - 1)];
	shard = *desc / SHARD_WORDS;
	map = bpf_map_lookup_elem(&shards, &shard);
	words = map && *desc ? bpf_map_lookup_elem(map, &zero) : NULL;
	return words ? step_search(words, *desc & (SHARD_WORDS - 1), offset & 0xffff) : 0;
}

static __always_inline void step_rule(struct step *s, __u32 n, struct unwind_rule *r)
{
	__u32 zero = 0;
	struct rules_value *all = bpf_map_lookup_elem(&rules, &zero);

	if (all)
		*r = all->items[n & (RULES_MAX - 1)];
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
