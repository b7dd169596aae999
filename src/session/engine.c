// SPDX-License-Identifier: Apache-2.0
#include "session/engine.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "ebprof.skel.h"
#include "process/process.h"
#include "session/iterate.h"
#include "session/wanted.h"
#include "symbolize/cache.h"
#include "unwind/unwind.h"

/* Descriptors for programs, maps, events and mapped files. */
#define FILES_NEEDED 256

/* Some 400 walks with all of their 64 KiB, several thousand usual ones. */
#define CHECK_RING_BYTES (32 << 20)

/* Slots of the map sent: 512 KiB of stack ids whose bodies were sent. */
#define STACK_SLOTS 65536

/* Some 400,000 addresses with their functions, lines and paths. */
#define NAMES_BYTES_MAX (64 << 20)

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

uint64_t boot_ns(void)
{
	return clock_ns(CLOCK_BOOTTIME);
}

uint64_t mono_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

/* libbpf's own words: only with -v, and the reason of a refused load is ours to tell. */
static int on_libbpf(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	char line[1024];

	if (log_get_level() < LOG_DEBUG || level > LIBBPF_WARN)
		return 0;
	vsnprintf(line, sizeof(line), fmt, ap);
	line[strcspn(line, "\n")] = 0;
	log_debug("%s", line);
	return 0;
}

static uint32_t read_number(const char *path, uint32_t otherwise)
{
	FILE *f = fopen(path, "re");
	unsigned int n;

	if (!f)
		return otherwise;
	if (fscanf(f, "%u", &n) != 1)
		n = otherwise;
	fclose(f);
	return n;
}

/* Our PID namespace, 0 for the initial one, whose inode number is fixed (PROC_PID_INIT_INO). */
static uint32_t pidns_inum(void)
{
	struct stat st;

	return stat("/proc/self/ns/pid", &st) || st.st_ino == 0xEFFFFFFCu ? 0 : (uint32_t)st.st_ino;
}

static void fill_config(struct engine *en)
{
	struct abi_config *c = &en->skel->rodata->config;
	const struct engine_options *o = &en->options;
	uint32_t kern = read_number("/proc/sys/kernel/perf_event_max_stack", 127);

	if (getrandom(&c->seed, sizeof(c->seed), 0) != sizeof(c->seed))
		c->seed = boot_ns() * 0x9e3779b97f4a7c15ull;
	c->keep = o->keep;
	c->slice_ns = o->slice_ns ? o->slice_ns : 1;
	c->self_tgid = (uint32_t)getpid();
	c->user_frames = o->user_frames;
	c->kern_frames = kern < ABI_KERN_FRAMES ? kern : ABI_KERN_FRAMES;
	c->counts_high =
		o->counts_entries / 4; /* the rest is for the time a drain takes to start */
	c->ring_high = o->ring_bytes / 8;
	c->stack_mask = STACK_SLOTS - 1;
	c->unwind = o->unwind;
	c->pidns_inum = pidns_inum();
}

static int size_maps(struct engine *en)
{
	struct ebprof_bpf *s = en->skel;
	int cpus = libbpf_num_possible_cpus();
	bool has_storage;

	if (cpus < 0)
		return cpus;
	if (en->options.unwind == UNWIND_NATIVE)
		bpf_map__set_max_entries(s->maps.unmet_ring, ABI_UNMET_RING);
	if (en->options.unwind == UNWIND_CHECK) {
		bpf_map__set_max_entries(s->maps.check_ring, CHECK_RING_BYTES);
		bpf_map__set_max_entries(s->maps.check_bufs, (uint32_t)cpus * CTX_CNT);
	}
	/* Kernels before 5.11 have no such maps. */
	has_storage = libbpf_probe_bpf_map_type(BPF_MAP_TYPE_TASK_STORAGE, NULL) == 1;
	bpf_map__set_autocreate(s->maps.waits, has_storage);
	bpf_map__set_autocreate(s->maps.walls, has_storage);
	return bpf_map__set_max_entries(s->maps.ring, en->options.ring_bytes) ?:
	       bpf_map__set_max_entries(s->maps.sent, STACK_SLOTS) ?:
	       bpf_map__set_max_entries(s->maps.scratches, (uint32_t)cpus * CTX_CNT) ?:
	       bpf_map__set_max_entries(s->maps.counters, (uint32_t)cpus * CTX_CNT);
}

static bool follows(const struct engine *en)
{
	return en->options.targets.pid_cnt || en->options.targets.tid_cnt;
}

/* What a kind wants of its source. */
static void kind_adds(struct collect_options *o, const struct kind *kind)
{
	o->reasons |= kind->reasons;
	o->owners |= kind->owners;
}

static void enable_programs(struct engine *en)
{
	int i;

	for (i = 0; i < KIND_CNT; i++)
		if (en->options.kinds & 1u << i)
			kind_adds(&en->options.collect, kind_at(i));
	for (i = 0; i < KIND_CNT; i++)
		if (kinds_needed(en->options.kinds) & 1u << i)
			kind_at(i)->source->enable(en->skel, &en->options.collect);
	bpf_program__set_autoload(en->skel->progs.tasks, true);
	bpf_program__set_autoload(en->skel->progs.follow_fork, follows(en));
	bpf_program__set_autoload(en->skel->progs.follow_exec, follows(en));
}

static int load_refused(int err, struct err *e)
{
	struct rlimit files;

	if (access("/sys/kernel/btf/vmlinux", R_OK))
		return err_set(e, err,
		               "the kernel has no BTF (/sys/kernel/btf/vmlinux); ebprof needs "
		               "CONFIG_DEBUG_INFO_BTF");
	if (err == -EPERM || err == -EACCES)
		return err_set(e, err,
		               "the kernel refused to load BPF programs: %s; run as root or with "
		               "CAP_BPF, CAP_PERFMON and CAP_SYS_PTRACE (kernels before "
		               "5.11: ulimit -l unlimited)",
		               strerror(-err));
	if (!getrlimit(RLIMIT_NOFILE, &files) && files.rlim_cur < FILES_NEEDED)
		return err_set(
			e, err,
			"only %llu files may be open, too few to load the BPF programs; raise "
			"ulimit -n to %d or more",
			(unsigned long long)files.rlim_cur, FILES_NEEDED);
	if (err == -ENOMEM)
		return err_set(e, err,
		               "no memory for the BPF maps; try smaller --ring-size and "
		               "--counts-size");
	return err_set(e, err, "cannot load the BPF programs: %s; -v shows the kernel's words",
	               strerror(-err));
}

static int load(struct engine *en, struct err *e)
{
	int err;

	libbpf_set_print(on_libbpf);
	/* libbpf raises RLIMIT_MEMLOCK where the kernel needs it (before 5.11); a refusal is no error. */
	en->skel = ebprof_bpf__open();
	if (!en->skel)
		return load_refused(-errno, e);
	fill_config(en);
	enable_programs(en);
	err = size_maps(en);
	if (!err)
		err = ebprof_bpf__load(en->skel);
	return err ? load_refused(err, e) : 0;
}

struct identify_walk {
	int (*each)(void *arg, const struct task_identity *t);
	void *arg;
	bool over; /* 'each' wants no more */
};

static size_t identify_some(void *arg, const char *bytes, size_t cnt)
{
	struct identify_walk *w = arg;
	struct task_identity t = { 0 };
	struct abi_task task;
	size_t used;

	for (used = 0; cnt - used >= sizeof(task); used += sizeof(task)) {
		memcpy(&task, bytes + used, sizeof(task));
		t.tgid = t.tid = task.tgid;
		t.ppid = task.ppid;
		t.exec_id = task.exec_id;
		t.start = task.start;
		memcpy(t.comm, task.comm, sizeof(t.comm));
		if (t.tgid && !w->over)
			w->over = w->each(w->arg, &t);
	}
	return used;
}

/* processes.identify: runs the BPF task iterator once. */
static int identify(void *arg, int (*each)(void *arg, const struct task_identity *t),
                    void *each_arg)
{
	const struct engine *en = arg;
	struct identify_walk w = { .each = each, .arg = each_arg };
	int err = iterate(en->skel->progs.tasks, 0, identify_some, &w);

	return w.over ? -ECANCELED : err;
}

static int open_processes(struct engine *en, struct err *e)
{
	struct processes_options o = {
		.identify = identify,
		.identify_arg = en,
		/* A waker may be anyone. */
		.all = !en->options.targets.pid_cnt || en->options.targets.tid_cnt ||
		       en->options.collect.sched.wakers,
	};

	en->processes = processes_new(&o, e);
	return en->processes ? 0 : -ENOMEM;
}

struct engine *engine_new(const struct engine_options *o, struct err *e)
{
	struct engine *en = calloc(1, sizeof(*en));

	if (!en) {
		err_set(e, -ENOMEM, "out of memory");
		return NULL;
	}
	en->options = *o;
	en->stats_fd = -1;
	ledger_init(&en->ledger);
	jits_init(&en->jits);
	owners_init(&en->owners);
	en->names = cache_new(NAMES_BYTES_MAX);
	if (load(en, e) || drain_open(en, e) || open_processes(en, e) || unmet_open(en, e) ||
	    check_open(en, e)) {
		engine_free(en);
		return NULL;
	}
	return en;
}

void engine_free(struct engine *en)
{
	if (!en)
		return;
	engine_detach(en);
	drain_close(en);
	check_close(en);
	unmet_close(en);
	processes_free(en->processes);
	ebprof_bpf__destroy(en->skel);
	ledger_release(&en->ledger);
	jits_release(&en->jits);
	owners_release(&en->owners);
	cache_free(en->names);
	free(en);
}

static bool brings_source(const struct engine *en, int kind)
{
	return kind_brings_source(en->options.kinds, kind);
}

static int attach_sources(struct engine *en, struct err *e)
{
	int i, err = 0;

	for (i = 0; !err && i < KIND_CNT; i++)
		if (brings_source(en, i))
			err = kind_at(i)->source->attach(en->skel, &en->options.collect, &en->links,
			                                 e);
	return err;
}

/* Children are followed from before the targets are set, so that none is missed. */
static int attach_follow(struct engine *en, struct err *e)
{
	int err;

	if (!follows(en))
		return 0;
	err = attach_raw_tracepoint(&en->links, en->skel->progs.follow_fork);
	if (!err)
		err = attach_raw_tracepoint(&en->links, en->skel->progs.follow_exec);
	return err ? err_set(e, err, "cannot follow children: %s", strerror(-err)) : 0;
}

int engine_attach(struct engine *en, struct err *e)
{
	int err;

	if (en->options.stats)
		en->stats_fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
	err = attach_follow(en, e);
	if (!err)
		err = wanted_load(en, e);
	if (!err)
		err = processes_start(en->processes, e);
	if (!err)
		err = attach_sources(en, e);
	return err ? err : engine_follow(en, e);
}

static bool is_target(void *arg, uint32_t tgid)
{
	const struct targets *t = &((const struct engine *)arg)->options.targets;
	size_t i;

	for (i = 0; i < t->pid_cnt; i++)
		if (t->pids[i] == tgid)
			return true;
	return false;
}

static void add_settled(void *arg, const struct sample_key *key, const struct sample_value *value)
{
	struct engine *en = arg;

	if (ledger_add(&en->ledger, key, value, NULL) < 0)
		en->out_of_memory++;
}

void engine_settle(struct engine *en)
{
	int i;

	for (i = 0; i < KIND_CNT; i++)
		if (brings_source(en, i) && kind_at(i)->source->settle)
			kind_at(i)->source->settle(en->skel, is_target, add_settled, en);
}

int engine_follow(struct engine *en, struct err *e)
{
	const struct source *s;
	int i, err = 0, one;

	for (i = 0; i < KIND_CNT; i++) {
		s = kind_at(i)->source;
		if (!brings_source(en, i) || !s->follow)
			continue;
		one = s->follow(en->skel, &en->options.collect, en->processes, e);
		err = err ? err : one;
	}
	return err;
}

void engine_detach(struct engine *en)
{
	int i;

	for (i = 0; i < KIND_CNT; i++)
		if (brings_source(en, i) && kind_at(i)->source->detach)
			kind_at(i)->source->detach();
	links_release(&en->links);
	if (en->processes)
		processes_stop(en->processes);
}

static uint64_t programs_ns(const struct engine *en)
{
	struct bpf_program *p;
	uint64_t ns = 0;

	bpf_object__for_each_program(p, en->skel->obj)
	{
		struct bpf_prog_info info = { 0 };
		__u32 len = sizeof(info);

		if (bpf_program__fd(p) >= 0 &&
		    !bpf_obj_get_info_by_fd(bpf_program__fd(p), &info, &len))
			ns += info.run_time_ns;
	}
	return ns;
}

static uint64_t tables_refused(const struct unwind *u)
{
	const struct unwind_stats *st = u ? unwind_stats(u) : NULL;

	return st ? st->over_cap + st->segments_full + st->segments_cut + st->map_errors : 0;
}

void engine_stats(const struct engine *en, struct engine_stats *st)
{
	int fd = bpf_map__fd(en->skel->maps.counters);
	uint32_t slot, cnt = bpf_map__max_entries(en->skel->maps.counters);
	uint64_t *sum = (uint64_t *)&st->counters;
	uint64_t words[sizeof(struct abi_counters) / sizeof(uint64_t)];
	size_t i;

	memset(st, 0, sizeof(*st));
	for (slot = 0; slot < cnt; slot++)
		if (!bpf_map_lookup_elem(fd, &slot, words))
			for (i = 0; i < sizeof(words) / sizeof(*words); i++)
				sum[i] += words[i];
	st->drains = en->drains;
	st->out_of_memory = en->out_of_memory;
	st->bpf_ns = programs_ns(en);
	st->no_table = tables_refused(en->unwind);
	st->unmet = en->unmet; /* the kernel side counted them as samples, but not how they ended */
	for (i = 0; i < END_CNT; i++)
		st->counters.ends[i] += en->unmet_ends[i];
}
