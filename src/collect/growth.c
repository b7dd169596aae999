// SPDX-License-Identifier: Apache-2.0
/*
 * Source growth: pages that become resident in the wanted processes. Kind growth: the stacks that made them
 * so. Pages are counted exactly for each process; a change of n pages is sampled with probability
 * 1 - e^(-n / rate), weighted as the kind heap weighs blocks, and gets its part of what was counted.
 */
#include "collect/growth.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "collect/attach.h"
#include "collect/collect.h"
#include "ebprof.skel.h"
#include "profile/profile.h"

/* Processes that a CPU tells apart at a time, or threads of the machine: powers of two. */
#define SLOTS_OF_CPU     512
#define SLOTS_OF_THREADS 16384

/* Processes whose counters are remembered. */
#define COUNTS_ENTRIES 16384

static int64_t page_bytes(void)
{
	return sysconf(_SC_PAGESIZE);
}

/* Pages between two samples; 1 = every change is sampled. */
static uint64_t rate_of(const struct collect_options *o)
{
	uint64_t pages = o->growth_rate / (uint64_t)page_bytes();

	return pages ? pages : 1;
}

/* Do threads hold back what they add to counters (before 6.2), not CPUs? */
static bool is_split(void)
{
	struct btf *btf = btf__load_vmlinux_btf();
	bool split;

	if (libbpf_get_error(btf))
		return false;
	split = btf__find_by_name_kind(btf, "task_rss_stat", BTF_KIND_STRUCT) > 0;
	btf__free(btf);
	return split;
}

static void hook(const struct collect_options *o, char *text, size_t size)
{
	snprintf(text, size, "tracepoint rss_stat%s",
	         is_split() ? ", perf events page-faults of each CPU" : "");
}

static void enable(struct ebprof_bpf *skel, const struct collect_options *o)
{
	struct abi_growth *g = &skel->rodata->growth;
	int cpus = libbpf_num_possible_cpus();
	bool split = is_split();

	g->rate = rate_of(o);
	g->chance = g->rate > 1 ? (uint64_t)llround(ldexp(-expm1(-1 / (double)g->rate), 32))
	                        : 1ull << 32;
	g->mask = (split ? SLOTS_OF_THREADS : SLOTS_OF_CPU) - 1;
	g->stride = split ? 0 : SLOTS_OF_CPU;
	bpf_program__set_autoload(skel->progs.growth_counter, true);
	bpf_program__set_autoload(skel->progs.growth_fault, split);
	bpf_map__set_max_entries(skel->maps.growth_slots,
	                         split ? SLOTS_OF_THREADS
	                               : SLOTS_OF_CPU * (cpus > 0 ? (uint32_t)cpus : 1));
	bpf_map__set_max_entries(skel->maps.growth_counts, COUNTS_ENTRIES);
}

/* Faults that were handled, those that read a disk for it too. */
static int attach_faults(struct ebprof_bpf *skel, const struct collect_options *o,
                         struct links *links)
{
	static const uint64_t kinds[] = { PERF_COUNT_SW_PAGE_FAULTS_MIN,
		                          PERF_COUNT_SW_PAGE_FAULTS_MAJ };
	size_t cpu, i;
	int err = 0;

	for (cpu = 0; !err && cpu < o->cpu_cnt; cpu++)
		for (i = 0; !err && o->cpus[cpu] && i < sizeof(kinds) / sizeof(*kinds); i++) {
			struct perf_event_attr attr = {
				.size = sizeof(attr),
				.type = PERF_TYPE_SOFTWARE,
				.config = kinds[i],
				.sample_period = 1,
				.disabled = 1,
			};

			err = attach_perf_event(links, skel->progs.growth_fault, &attr, (int)cpu);
		}
	return err;
}

static int attach(struct ebprof_bpf *skel, const struct collect_options *o, struct links *links,
                  struct err *e)
{
	int err = attach_raw_tracepoint(links, skel->progs.growth_counter);

	if (!err && bpf_program__fd(skel->progs.growth_fault) >= 0) {
		log_debug("threads hold back their counts: every fault is looked at");
		err = attach_faults(skel, o, links);
	}
	return err ? err_set(e, err, "cannot watch page faults: %s", strerror(-err)) : 0;
}

/* What a slot has not told yet, which then is forgotten. */
static void settle_slot(const struct abi_growth_slot *s,
                        void (*add)(void *arg, const struct sample_key *key,
                                    const struct sample_value *value),
                        void *arg)
{
	struct sample_key key = {
		.kind = KIND_growth, .start = s->start, .tgid = s->tgid, .exec_id = s->exec_id
	};
	struct sample_value value = { 0 };
	uint16_t i;

	for (i = 0; i < ABI_GROWTH_REASONS; i++) {
		if (!s->faults[i])
			continue;
		key.reason = i;
		value.v[GROWTH_FAULTS] = (int64_t)s->faults[i];
		value.v[GROWTH_PAGES] = (int64_t)s->pages[i];
		add(arg, &key, &value);
	}
}

static void settle(struct ebprof_bpf *skel, bool (*kept)(void *arg, uint32_t tgid),
                   void (*add)(void *arg, const struct sample_key *key,
                               const struct sample_value *value),
                   void *arg)
{
	static const struct abi_growth_slot nobody = { 0 };
	int fd = bpf_map__fd(skel->maps.growth_slots);
	uint32_t i, cnt = bpf_map__max_entries(skel->maps.growth_slots);
	struct abi_growth_slot s;

	for (i = 0; i < cnt; i++) {
		if (bpf_map_lookup_elem(fd, &i, &s) || !s.mm)
			continue;
		settle_slot(&s, add, arg);
		bpf_map_update_elem(fd, &i, &nobody, BPF_ANY);
	}
}

static const struct source source_growth = {
	.name = "growth",
	.ctx = CTX_TP,
	.hook = hook,
	.enable = enable,
	.attach = attach,
	.settle = settle,
};

static void describe(const struct collect_options *o, struct profile *p)
{
	profile_add_type(p, "faults", "count");
	profile_add_type(p, "growth_space", "bytes");
	profile_set_period(p, "space", "bytes", (int64_t)rate_of(o) * page_bytes());
}

static bool is_total(const struct sample_key *key)
{
	return !key->tag;
}

/* Of a sample only how many such there were: scale() knows the rest. */
static void values(const struct sample_value *in, int64_t *out)
{
	out[0] = in->v[GROWTH_FAULTS];
	out[1] = in->v[GROWTH_PAGES] * page_bytes();
}

static void scale(const struct collect_options *o, const struct sample_key *key, int64_t *values)
{
	double pages = (double)key->tag, rate = (double)rate_of(o), factor = 1;

	if (is_total(key))
		return;
	if (rate > 1)
		factor = -1 / expm1(-pages / rate);
	values[1] = llround((double)values[0] * factor * pages) * page_bytes();
	values[0] = llround((double)values[0] * factor);
}

static const char *const types[ABI_GROWTH_TYPES] = {
	[GROWTH_FILE] = "file",
	[GROWTH_ANON] = "anon",
	[GROWTH_SHMEM] = "shmem",
};

static size_t labels(const struct sample_key *key, struct kind_label *to)
{
	size_t n = 0;

	if (types[GROWTH_TYPE(key->reason)])
		to[n++] = (struct kind_label){ .key = "pages",
			                       .text = types[GROWTH_TYPE(key->reason)] };
	if (key->tag)
		to[n++] = (struct kind_label){ .key = "bytes",
			                       .num = (int64_t)key->tag * page_bytes() };
	return n;
}

const struct kind kind_growth = {
	.name = "growth",
	.help = "what makes resident memory grow (heap --growth)",
	.empty = "brought in no pages",
	.id = KIND_growth,
	.recorded = KIND_growth,
	.source = &source_growth,
	.describe = describe,
	.values = values,
	.scale = scale,
	.is_total = is_total,
	.labels = labels,
};
