// SPDX-License-Identifier: Apache-2.0
/* The one option table and how each row's value is read. */
#include "cmd/option_rows.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cmd/cmd.h"
#include "cmd/numbers.h"
#include "cmd/options.h"
#include "collect/attach.h"
#include "format/format.h"

int option_bad(const char *option, const char *text, const char *want)
{
	log_error("bad value '%s' for %s: %s", text, option, want);
	return EXIT_USAGE;
}

static int parse_all(struct options *o, const char *text)
{
	o->engine.targets.all = true;
	return 0;
}

static int parse_list(const char *option, const char *text, uint32_t **list, size_t *cnt)
{
	if (numbers_parse(text, list, cnt))
		return option_bad(option, text, "give numbers, with commas between them");
	return 0;
}

static int parse_pid(struct options *o, const char *text)
{
	return parse_list("-p", text, &o->engine.targets.pids, &o->engine.targets.pid_cnt);
}

static int parse_tid(struct options *o, const char *text)
{
	return parse_list("-t", text, &o->engine.targets.tids, &o->engine.targets.tid_cnt);
}

static int parse_user(struct options *o, const char *text)
{
	struct user u;

	if (user_find(text, &u))
		return option_bad("-u", text, "there is no such user");
	o->engine.targets.has_uid = true;
	o->engine.targets.uid = u.uid;
	return 0;
}

/* Adds a pattern to those of the same option. */
static int parse_pattern(char **to, const char *text)
{
	size_t len = *to ? strlen(*to) : 0, add = strlen(text);
	char *all;

	if (!add || strchr(text, '\n'))
		return option_bad("--comm and --exclude", text,
		                  "give a name or a pattern such as 'nginx*'");
	all = realloc(*to, len + add + 2);
	if (!all)
		return option_bad("--comm and --exclude", text, "out of memory");
	snprintf(all + len, add + 2, "%s%s", len ? "\n" : "", text);
	*to = all;
	return 0;
}

static int parse_comm(struct options *o, const char *text)
{
	int err = parse_pattern(&o->comm, text);

	o->engine.targets.comm = o->comm;
	return err;
}

static int parse_exclude(struct options *o, const char *text)
{
	int err = parse_pattern(&o->exclude, text);

	o->engine.targets.exclude = o->exclude;
	return err;
}

static int parse_cgroup(struct options *o, const char *text)
{
	if (o->engine.targets.cgroup_cnt == ABI_CGROUPS)
		return option_bad("--cgroup", text, "that is one cgroup too many");
	o->engine.targets.cgroups[o->engine.targets.cgroup_cnt++] = text;
	return 0;
}

static int parse_cpus(struct options *o, const char *text)
{
	bool *cpus = (bool *)o->engine.collect.cpus;

	if (!cpus)
		cpus = calloc(CPUS_MAX, sizeof(*cpus));
	o->engine.collect.cpus = cpus;
	o->engine.collect.cpu_cnt = CPUS_MAX;
	if (!cpus || cpus_parse(text, cpus, CPUS_MAX))
		return option_bad("-C", text, "give CPU numbers such as 0-3,8");
	return 0;
}

static int parse_tree(struct options *o, const char *text)
{
	o->engine.targets.tree = true;
	return 0;
}

static int parse_as(struct options *o, const char *text)
{
	if (user_find(text, &o->as))
		return option_bad("--as", text, "there is no such user");
	o->has_as = true;
	return 0;
}

static int parse_freq(struct options *o, const char *text)
{
	if (number_parse(text, 1, 1000000, &o->engine.collect.freq_hz))
		return option_bad("-F", text, "give samples a second, 1 to 1000000");
	o->has_freq = true;
	return 0;
}

static int parse_period(struct options *o, const char *text)
{
	if (number_parse(text, 1, INT64_MAX, &o->engine.collect.period))
		return option_bad("-c", text, "give the number of events between two samples");
	o->has_period = true;
	return 0;
}

static int parse_event(struct options *o, const char *text)
{
	o->has_event = true;
	if (tick_event_find(text, &o->event))
		return option_bad("-e", text,
		                  "there is no such event; 'ebprof cpu --help' lists them");
	return 0;
}

static int parse_kinds(struct options *o, const char *text)
{
	char name[32];
	size_t n;

	for (; *text; text += n + (text[n] == ',')) {
		const struct kind *kind;

		n = strcspn(text, ",");
		snprintf(name, sizeof(name), "%.*s", (int)(n < 31 ? n : 31), text);
		kind = kind_find(name);
		if (!kind)
			return option_bad("-k", name,
			                  "there is no such kind; 'ebprof help' lists them");
		o->engine.kinds |= 1u << kind->id;
	}
	return 0;
}

static int parse_user_only(struct options *o, const char *text)
{
	o->user_only = true;
	return 0;
}

static int parse_kernel_only(struct options *o, const char *text)
{
	o->kernel_only = true;
	return 0;
}

static int parse_per_thread(struct options *o, const char *text)
{
	o->engine.keep |= KEEP_TID;
	return 0;
}

static int parse_per_cpu(struct options *o, const char *text)
{
	o->engine.keep |= KEEP_CPU;
	return 0;
}

static int parse_slice(struct options *o, const char *text)
{
	uint64_t ms;

	if (number_parse(text, 1, 86400000, &ms))
		return option_bad("--slice", text, "give milliseconds, 1 to 86400000");
	o->engine.keep |= KEEP_SLICE;
	o->engine.slice_ns = ms * 1000000;
	return 0;
}

static int parse_samples(struct options *o, const char *text)
{
	o->engine.keep |= KEEP_SAMPLES;
	return 0;
}

static int parse_output(struct options *o, const char *text)
{
	if (o->output_cnt == OUTPUTS_MAX)
		return option_bad("-o", text, "that is one output too many");
	if (!*text)
		return option_bad("-o", text, "give a file name, or - for standard output");
	o->outputs[o->output_cnt++] = text;
	return 0;
}

static int parse_format(struct options *o, const char *text)
{
	if (!format_find(text))
		return option_bad("--format", text, "there is no such format");
	o->format = text;
	return 0;
}

static int parse_debug_dir(struct options *o, const char *text)
{
	if (o->debug_dir_cnt == DEBUG_DIRS_MAX)
		return option_bad("--debug-dir", text, "that is one directory too many");
	if (!*text)
		return option_bad("--debug-dir", text, "give a directory like /usr/lib/debug");
	o->debug_dirs[o->debug_dir_cnt++] = text;
	return 0;
}

static bool is_url(const char *text)
{
	return !strncmp(text, "http://", 7) || !strncmp(text, "https://", 8) ||
	       !strncmp(text, "file://", 7);
}

/* The variable has spaces between URLs. */
static int parse_debuginfod(struct options *o, const char *text)
{
	const char *urls = text ? text : getenv("DEBUGINFOD_URLS"), *at;
	char *p;

	if (!urls || !*urls) {
		log_error("--debuginfod needs a server: give --debuginfod=URL or set "
		          "DEBUGINFOD_URLS (sudo drops it)");
		return EXIT_USAGE;
	}
	for (at = urls; *at; at += strspn(at, ", ")) {
		if (!is_url(at))
			return option_bad("--debuginfod", at, "give URLs like https://HOST");
		at += strcspn(at, ", ");
	}
	free(o->debuginfod);
	o->debuginfod = strdup(urls);
	if (!o->debuginfod)
		return option_bad("--debuginfod", urls, "out of memory");
	for (p = o->debuginfod; (p = strchr(p, ',')); p++)
		*p = ' ';
	return 0;
}

static int parse_demangle(struct options *o, const char *text)
{
	if (!strcmp(text, "short"))
		o->demangle = DEMANGLE_SHORT;
	else if (!strcmp(text, "full"))
		o->demangle = DEMANGLE_FULL;
	else if (!strcmp(text, "none"))
		o->demangle = DEMANGLE_NONE;
	else
		return option_bad("--demangle", text, "give short, full or none");
	return 0;
}

static int parse_no_annotations(struct options *o, const char *text)
{
	o->no_annotations = true;
	return 0;
}

static int parse_stats(struct options *o, const char *text)
{
	o->stats = text;
	o->engine.stats = true;
	return 0;
}

static int parse_quiet(struct options *o, const char *text)
{
	log_set_level(LOG_QUIET);
	return 0;
}

static int parse_verbose(struct options *o, const char *text)
{
	log_set_level(LOG_DEBUG);
	return 0;
}

static int parse_help(struct options *o, const char *text)
{
	o->help = true;
	return 0;
}

static int parse_max_stack(struct options *o, const char *text)
{
	uint64_t n;

	if (number_parse(text, 1, ABI_USER_FRAMES, &n))
		return option_bad("--max-stack", text, "give user frames, 1 to 1024");
	o->engine.user_frames = (uint32_t)n;
	return 0;
}

static int parse_unwind(struct options *o, const char *text)
{
	if (!strcmp(text, "native"))
		o->engine.unwind = UNWIND_NATIVE;
	else if (!strcmp(text, "fp"))
		o->engine.unwind = UNWIND_FP;
	else if (!strcmp(text, "check"))
		o->engine.unwind = UNWIND_CHECK;
	else
		return option_bad("--unwind", text, "give native, fp or check");
	return 0;
}

static int parse_symbolize(struct options *o, const char *text)
{
	o->no_names = !strcmp(text, "none");
	if (!o->no_names && strcmp(text, "all") != 0)
		return option_bad("--symbolize", text, "give all or none");
	return 0;
}

static int parse_check_file(struct options *o, const char *text)
{
	o->engine.check_file = text;
	return 0;
}

static int parse_table_mem(struct options *o, const char *text)
{
	uint64_t mib;

	if (number_parse(text, 1, 1 << 20, &mib))
		return option_bad("--max-table-mem", text, "give MiB");
	o->engine.table_bytes = mib << 20;
	return 0;
}

static int parse_counts_size(struct options *o, const char *text)
{
	uint64_t n;

	if (number_parse(text, 64, 1u << 24, &n))
		return option_bad("--counts-size", text, "give entries, 64 to 16777216");
	o->engine.counts_entries = (uint32_t)n;
	return 0;
}

static int parse_ring_size(struct options *o, const char *text)
{
	uint64_t n;

	if (number_parse(text, 64 << 10, 1u << 30, &n) || n & (n - 1))
		return option_bad("--ring-size", text, "give bytes, a power of two from 65536 on");
	o->engine.ring_bytes = (uint32_t)n;
	return 0;
}

const struct option_row option_rows[] = {
	{ "all", 'a', NULL, WHO, "every process of this machine", parse_all },
	{ "pid", 'p', "PID[,PID]", WHO, "these processes and the children they make from now on",
	  parse_pid },
	{ "tree", 0, NULL, WHO, "with -p: their living descendants too", parse_tree },
	{ "tid", 't', "TID[,TID]", WHO, "these threads", parse_tid },
	{ "user", 'u', "USER", WHO, "processes of this user (name or number)", parse_user },
	{ "comm", 0, "GLOB", WHO, "tasks whose name matches; more than once: any of them",
	  parse_comm },
	{ "cgroup", 0, "PATH", WHO, "tasks in this cgroup (v2) or below; more than once: any",
	  parse_cgroup },
	{ "cpu", 'C', "CPUS", WHO, "only on these CPUs, such as 0-3,8", parse_cpus },
	{ "exclude", 0, "COMM", WHO, "not the tasks with this name (a glob too)", parse_exclude },
	{ "as", 0, "USER", WHO, "run the command as this user", parse_as },

	{ "freq", 'F', "HZ", WHAT, "samples a second and CPU (99)", parse_freq },
	{ "event", 'e', "EVENT", WHAT, "what is counted, see below (cpu-clock: time)",
	  parse_event },
	{ "count", 'c', "PERIOD", WHAT, "events between two samples, instead of -F", parse_period },
	{ "kinds", 'k', "KIND[,KIND]", WHAT, "these kinds in one capture, a file each",
	  parse_kinds },
	{ "user-only", 0, NULL, WHAT, "user frames only: kernel time counts for its caller",
	  parse_user_only },
	{ "kernel-only", 0, NULL, WHAT, "only what runs in the kernel, kernel frames only",
	  parse_kernel_only },
	{ "max-stack", 0, "FRAMES", WHAT, "user frames of a stack (1024)", parse_max_stack },

	{ "unwind", 0, "native|fp|check", WHAT,
	  "user stacks by each file's unwind tables (native), or by frame pointer", parse_unwind },

	{ "threshold", 0, "TIME", WAITS,
	  "keep every wait of this length, and shorter ones by chance, weighted (1ms with -a, else "
	  "100us)",
	  parse_threshold },
	{ "min", 0, "TIME", WAITS, "leave shorter waits out", parse_min },
	{ "max", 0, "TIME", WAITS, "leave longer waits out", parse_max },
	{ "reason", 0, "R[,R]", WAITS,
	  "only these: lock, disk, network, pipe, poll, sleep, child, 'page fault', throttled, other",
	  parse_reason },
	{ "wakers", 0, NULL, WAITS,
	  "who ended each wait: its stack behind a frame --, labels waker and waker_pid",
	  parse_wakers },
	{ "idle", 0, "show|fold|hide", WAITS,
	  "waits of workers and event loops that have nothing to do: below one frame [idle] (fold)",
	  parse_idle },
	{ "waiters", 0, NULL, WAITS, "mutex: the stacks that wait, not those that release",
	  parse_waiters },
	{ "sched-hook", 0, "exit|finish|out", WAITS,
	  "where a thread that is back is met (the best that the kernel has)", parse_sched_hook },

	{ "growth", 0, NULL, HEAP,
	  "instead: the stacks that make resident memory grow, of any process", parse_growth },
	{ "rate", 0, "BYTES", HEAP,
	  "mean bytes between two samples (524288, with --growth 262144); 1 = every allocation",
	  parse_rate },
	{ "inuse-space", 0, NULL, HEAP, "show the bytes that are in use first (the default)",
	  parse_inuse_space },
	{ "inuse-objects", 0, NULL, HEAP, "show the number of blocks that are in use first",
	  parse_inuse_objects },
	{ "alloc-space", 0, NULL, HEAP, "show the bytes that were allocated first",
	  parse_alloc_space },
	{ "alloc-objects", 0, NULL, HEAP, "show the number of allocations first",
	  parse_alloc_objects },
	{ "no-preload", 0, NULL, HEAP,
	  "-- CMD: probes on its allocator, and no sampler inside of it (LD_PRELOAD)",
	  parse_no_preload },

	{ "per-thread", 0, NULL, HOW, "labels tid and thread_comm", parse_per_thread },
	{ "per-cpu", 0, NULL, HOW, "label cpu", parse_per_cpu },
	{ "slice", 0, "MS", HOW, "label slice: time since the start, in steps of MS", parse_slice },
	{ "samples", 0, NULL, HOW, "each event as its own sample, label time", parse_samples },

	{ "output", 'o', "FILE", OUT, "the result, format by suffix; more than once; - is stdout",
	  parse_output },
	{ "format", 0, "FORMAT", OUT, "pprof, folded, txt, svg or speedscope, for every -o",
	  parse_format },
	{ "demangle", 0, "short|full|none", OUT,
	  "C++, Rust and D names without parameters (short), with them, or as linked",
	  parse_demangle },
	{ "debug-dir", 0, "DIR", OUT,
	  "debug files (names, unwind tables) are there too, as below /usr/lib/debug; more than "
	  "once",
	  parse_debug_dir },
	{ "debuginfod", 0, "[=URL[,URL]]", OUT,
	  "ask there for debug files that are not here (DEBUGINFOD_URLS), for names after the "
	  "capture, not for unwinding",
	  parse_debuginfod },
	{ "no-annotations", 0, NULL, OUT, "folded: no _[k], _[i] and _[w] behind names",
	  parse_no_annotations },
	{ "symbolize", 0, "all|none", OUT,
	  "none: addresses and build IDs alone, for 'ebprof symbolize' later or elsewhere",
	  parse_symbolize },
	{ "stats", 0, "FILE", OUT, "figures of this capture as JSON; - is stdout", parse_stats },
	{ "quiet", 'q', NULL, OUT, "errors only", parse_quiet },
	{ "verbose", 'v', NULL, OUT, "what is tried and what the kernel says", parse_verbose },
	{ "help", 'h', NULL, OUT, "this text", parse_help },

	{ "max-table-mem", 0, "MIB", EXPERT, "unwind tables of all files at most (256)",
	  parse_table_mem },
	{ "check-file", 0, "FILE", EXPERT,
	  "--unwind check is native, and writes what each walk began with there (ebprof.check)",
	  parse_check_file },
	{ "counts-size", 0, "ENTRIES", EXPERT, "distinct samples between two drains (16384)",
	  parse_counts_size },
	{ "ring-size", 0, "BYTES", EXPERT, "ring of stacks and events (4194304)", parse_ring_size },
};

const size_t option_row_cnt = sizeof(option_rows) / sizeof(*option_rows);
