// SPDX-License-Identifier: Apache-2.0
#include "cmd/closing.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/log.h"
#include "cmd/options.h"
#include "cmd/results.h"
#include "format/output.h"
#include "process/process.h"
#include "profile/profile.h"
#include "unwind/unwind.h"
#include "version.h"

/* Every way to lose a sample or a part of one, from whatever room counted it. */
struct loss {
	const char *name;
	uint64_t cnt;
	bool whole; /* the sample itself is lost, not a part of its description */
};

#define LOSS_NAME(name, text) text,
static const char *const kernel_losses[] = { LOSSES(LOSS_NAME) };
#define END_NAME(name, text) text,
static const char *const end_names[] = { ENDS(END_NAME) };

#define USER_LOSSES 17
#define LOSSES_MAX  (LOSS_CNT + USER_LOSSES)

static size_t list_losses(const struct closing *c, struct loss *l)
{
	const struct engine_stats *en = &c->results->engine;
	const struct process_counters *pc = processes_counters(c->window->engine->processes);
	const struct finish_stats *f = c->finish;
	const struct loss user[USER_LOSSES] = {
		{ "out_of_memory", en->out_of_memory, true },
		{ "no_stack_body", f->no_body, false },
		{ "unknown_process", f->unknown_process, false },
		{ "unmapped_frame", f->unmapped, false },
		{ "remapped_frame", f->remapped, false },
		{ "sideband_records", pc->sideband_lost, false },
		{ "unreadable_file", f->unreadable_files, false },
		{ "mismatched_file", f->mismatched_files, false },
		{ "failed_worker", f->failed_workers, false },
		{ "missing_dwo", f->missing_dwo, false },
		{ "large_dwarf", f->large_dwarf, false },
		{ "debuginfod_missing", f->fetch_missing, false },
		{ "debuginfod_refused", f->fetch_refused, false },
		{ "debuginfod_silent", f->fetch_silent, false },
		{ "unusable_map", f->unusable_maps, false },
		{ "no_unwind_table", en->no_table, false },
		{ "unknown_waker", f->unknown_wakers, false },
	};
	size_t i;

	for (i = 0; i < LOSS_CNT; i++)
		l[i] = (struct loss){ kernel_losses[i], en->counters.lost[i],
			              i != LOSS_TARGETS_FULL && i != LOSS_RING_CHECK &&
			                      i != LOSS_WALLS_FULL && i != LOSS_RING_RELATED };
	memcpy(l + LOSS_CNT, user, sizeof(user));
	return LOSSES_MAX;
}

/* "name n, name n" of the non-zero ones that are (or are not) whole samples; returns their sum. */
static uint64_t losses_text(const struct loss *l, size_t cnt, bool whole, char *text, size_t size)
{
	uint64_t sum = 0;
	size_t i, n = 0;

	text[0] = 0;
	for (i = 0; i < cnt; i++) {
		if (!l[i].cnt || l[i].whole != whole)
			continue;
		sum += l[i].cnt;
		if (n < size)
			n += (size_t)snprintf(text + n, size - n, "%s%s %" PRIu64, n ? ", " : "",
			                      l[i].name, l[i].cnt);
	}
	return sum;
}

/* The share of user stacks whose walk reached a root, in percent; 100 when there are none. */
static double complete_share(const struct engine_stats *en)
{
	uint64_t all = 0, i;

	for (i = 0; i < END_CNT; i++)
		/* Exiting: no address space is left, nothing to be complete. */
		if (i != END_EXITING && i != END_KERN_TRUNCATED && i != END_KERN_FAULT)
			all += en->counters.ends[i];
	return all ? 100.0 * (double)en->counters.ends[END_NONE] / (double)all : 100.0;
}

static void comment(struct profile *p, const char *fmt, ...)
{
	char text[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_clean(text);
	profile_add_comment(p, text);
}

void closing_comments(const struct closing *c, struct profile *p)
{
	const struct options *o = c->results->options;
	struct loss losses[LOSSES_MAX];
	size_t cnt = list_losses(c, losses), i;
	struct utsname u;

	if (!(kinds_needed(1u << c->kind->id) & 1u << KIND_cpu))
		comment(p, "ebprof %s: %s", EBPROF_VERSION, c->results->line);
	else if (o->has_period)
		comment(p, "ebprof %s: %s -e %s -c %" PRIu64, EBPROF_VERSION, c->results->line,
		        o->event.name, o->engine.collect.period);
	else
		comment(p, "ebprof %s: %s @%" PRIu64 "Hz", EBPROF_VERSION, c->results->line,
		        o->engine.collect.freq_hz);
	if (!uname(&u))
		comment(p, "# host: %s, Linux %s %s", u.nodename, u.release, u.machine);
	comment(p, "# complete user stacks: %.1f %% (walked by %s)",
	        complete_share(&c->results->engine),
	        o->engine.unwind == UNWIND_FP ? "frame pointer" : "unwind tables");
	comment(p, "# ebprof's own: %.3f CPU seconds, %" PRIu64 " events hidden",
	        (double)c->results->cpu_ns / 1e9, c->results->engine.counters.stat[STAT_SELF]);
	for (i = 0; i < cnt; i++)
		if (losses[i].cnt)
			comment(p, "# lost %s: %" PRIu64, losses[i].name, losses[i].cnt);
}

static void list_files(const struct closing *c, char *text, size_t size)
{
	const struct results *r = c->results;
	size_t i, n = 0;

	text[0] = 0;
	for (i = 0; i < r->cnt; i++)
		if (r->items[i].kind == c->kind && n < size)
			n += (size_t)snprintf(text + n, size - n, "%s%s", n ? ", " : "",
			                      strcmp(r->items[i].path, "-") ? r->items[i].path
			                                                    : "standard output");
}

/* An empty profile is a failure, unless a command was run for its own sake. */
static void say_empty(const struct closing *c)
{
	(c->results->options->command ? log_warn : log_error)(
		"no samples: the targets %s in %.1f s, or none of them matched", c->kind->empty,
		(double)c->results->duration_ns / 1e9);
}

/* How much of it had nothing to do, if any. */
static void idle_text(const struct closing *c, char *text, size_t size)
{
	if (c->finish->idle)
		snprintf(text, size, " (%s%.3f s idle)",
		         c->results->options->idle == CLASSIFY_IDLE_HIDE ? "without " : "",
		         (double)c->finish->idle / 1e9);
}

/* One time of a profile with its name, and of a delay how much was idle. */
static size_t sum_text(const struct closing *c, size_t type, char *text, size_t size)
{
	const struct profile *p = c->profile;
	const char *name = profile_text(p, p->types[type].type);
	char idle[64] = "", others[64] = "";

	if (!strcmp(name, "delay"))
		idle_text(c, idle, sizeof(idle));
	if (c->finish->no_lock && !strcmp(name, "delay"))
		snprintf(others, sizeof(others), " (without %.3f s at what is no lock)",
		         (double)c->finish->no_lock / 1e9);
	return (size_t)snprintf(text, size, "%s %.3f s%s%s, ", name,
	                        (double)profile_total(p, type) / 1e9, idle, others);
}

/* What the counters of kind wall say, and how far they are from the time that there was. */
static void wall_text(const struct closing *c, char *text, size_t size)
{
	const struct wall_totals *w = &c->finish->wall;
	char idle[64] = "", unscaled[64] = "";

	if (w->unscaled)
		snprintf(unscaled, sizeof(unscaled), ", and %.3f s of threads without counters",
		         (double)w->unscaled / 1e9);
	idle_text(c, idle, sizeof(idle));
	snprintf(text, size,
	         "running %.3f s, runnable %.3f s, blocked %.3f s%s, of %" PRIu64
	         " threads' %.3f s%s; residual %.4f %%, of one thread at most %.4f %%, ",
	         (double)w->ns[WALL_RUNNING] / 1e9, (double)w->ns[WALL_RUNNABLE] / 1e9,
	         (double)w->ns[WALL_BLOCKED] / 1e9, idle, w->threads, (double)w->time / 1e9,
	         unscaled, w->time ? 100 * (double)w->residual / (double)w->time : 0,
	         100 * w->worst);
}

static bool is_inside(const struct closing *c)
{
	return c->results->options->engine.collect.preload;
}

/* What the sampler inside of the command and the probes have looked at. */
static void heap_text(const struct closing *c, char *text, size_t size)
{
	const uint64_t *stat = c->results->engine.counters.stat;
	char missed[64] = "", probed[96] = "";
	bool inside = is_inside(c);

	if (stat[STAT_FREES_MISSED])
		snprintf(missed, sizeof(missed), " (%" PRIu64 " of sampled blocks were missed)",
		         stat[STAT_FREES_MISSED]);
	if (!inside || stat[STAT_ALLOC_CALLS])
		snprintf(probed, sizeof(probed), "of %" PRIu64 " allocations and %" PRIu64 " frees",
		         stat[STAT_ALLOC_CALLS], stat[STAT_FREE_CALLS]);
	snprintf(text, size, "%s%s%s%s, ", inside ? "sampled inside of the command" : "",
	         inside && *probed ? ", beside it " : "", probed, missed);
}

/* By how much resident memory grew, exactly. */
static void growth_text(const struct closing *c, char *text, size_t size)
{
	snprintf(text, size, "%" PRId64 " faults brought in %.1f MiB, ",
	         profile_total(c->profile, 0), (double)profile_total(c->profile, 1) / (1 << 20));
}

/* "delay 1.5 s, runnable 0.2 s, " of a kind that measures waits, and what was left out. */
static void sums_text(const struct closing *c, char *text, size_t size)
{
	uint64_t left_out = c->results->engine.counters.stat[STAT_LEFT_OUT_NS];
	const struct profile *p = c->profile;
	size_t i, n = 0;

	text[0] = 0;
	if (c->kind->id == KIND_wall)
		wall_text(c, text, size);
	if (c->kind->id == KIND_heap)
		heap_text(c, text, size);
	if (c->kind->id == KIND_growth)
		growth_text(c, text, size);
	if (!c->kind->source->in_scheduler)
		return;
	for (i = 0; i < p->type_cnt && n < size; i++)
		if (!strcmp(profile_text(p, p->types[i].unit), "nanoseconds"))
			n += sum_text(c, i, text + n, size - n);
	if (left_out && n < size)
		snprintf(text + n, size - n, "%.3f s left out by --min, --max or --reason, ",
		         (double)left_out / 1e9);
}

void closing_line(const struct closing *c, bool written)
{
	const struct engine_stats *en = &c->results->engine;
	struct loss losses[LOSSES_MAX];
	size_t cnt = list_losses(c, losses);
	char lost[512], partly[512], files[2048], sums[512];
	uint64_t sum = losses_text(losses, cnt, true, lost, sizeof(lost));

	losses_text(losses, cnt, false, partly, sizeof(partly));
	list_files(c, files, sizeof(files));
	sums_text(c, sums, sizeof(sums));
	if (c->finish->no_ksyms)
		log_warn("kernel frames have no names: %s", c->finish->ksyms_why);
	if (c->finish->large_dwarf)
		log_warn("%" PRIu64 " files have no lines and inlined functions: their compressed "
		         "debug sections take more than 512 MiB; objcopy "
		         "--decompress-debug-sections helps",
		         c->finish->large_dwarf);
	if (c->finish->fetch_silent)
		log_warn("debuginfod did not answer, %" PRIu64
		         " files are named without it; is '%s' right?",
		         c->finish->fetch_silent, c->results->options->debuginfod);
	if (!c->profile->sample_cnt)
		say_empty(c);
	log_info("%s: %" PRIu64 " samples in %.1f s, %s%" PRIu64 " processes, complete user stacks "
	         "%.1f %%, lost %" PRIu64 "%s%s%s%s%s%s%s%s",
	         c->kind->name, en->counters.stat[STAT_SAMPLES],
	         (double)c->results->duration_ns / 1e9, sums, c->finish->processes,
	         complete_share(en), sum, sum ? " (" : "", lost, sum ? ")" : "",
	         *partly ? "; " : "", partly, written ? " -> " : "", written ? files : "", "");
}

static uint64_t target_number(const struct closing *c)
{
	const struct targets *t = &c->results->options->engine.targets;

	return t->pid_cnt + t->tid_cnt;
}

static void stats_ends(FILE *f, const struct engine_stats *en)
{
	const char *comma = "";
	int i;

	for (i = 1; i < END_CNT; i++) {
		if (!en->counters.ends[i])
			continue;
		fprintf(f, "%s\"%s\":%" PRIu64, comma, end_names[i], en->counters.ends[i]);
		comma = ",";
	}
}

static void stats_wall(FILE *f, const struct wall_totals *w)
{
	fprintf(f,
	        ",\"wall\":{\"threads\":%" PRIu64 ",\"time_ns\":%" PRIu64 ",\"running_ns\":%" PRIu64
	        ",\"runnable_ns\":%" PRIu64 ",\"blocked_ns\":%" PRIu64 ",\"residual_ns\":%" PRIu64
	        ",\"worst\":%.9f,\"sampled_running_ns\":%" PRIu64
	        ",\"sampled_runnable_ns\":%" PRIu64 ",\"sampled_blocked_ns\":%" PRIu64
	        ",\"unscaled_ns\":%" PRIu64 "}",
	        w->threads, w->time, w->ns[WALL_RUNNING], w->ns[WALL_RUNNABLE], w->ns[WALL_BLOCKED],
	        w->residual, w->worst, w->sampled[WALL_RUNNING], w->sampled[WALL_RUNNABLE],
	        w->sampled[WALL_BLOCKED], w->unscaled);
}

static void stats_heap(FILE *f, const struct closing *c)
{
	const uint64_t *stat = c->results->engine.counters.stat;

	fprintf(f,
	        ",\"heap\":{\"preload\":%s,\"allocations\":%" PRIu64 ",\"frees\":%" PRIu64
	        ",\"frees_missed\":%" PRIu64 "}",
	        is_inside(c) ? "true" : "false", stat[STAT_ALLOC_CALLS], stat[STAT_FREE_CALLS],
	        stat[STAT_FREES_MISSED]);
}

static void stats_growth(FILE *f, const struct closing *c)
{
	fprintf(f,
	        ",\"growth\":{\"faults\":%" PRId64 ",\"bytes\":%" PRId64 ",\"first\":%" PRIu64 "}",
	        profile_total(c->profile, 0), profile_total(c->profile, 1),
	        c->results->engine.counters.stat[STAT_GROWTH_FIRST]);
}

static void stats_tables(FILE *f, const struct unwind_stats *u)
{
	fprintf(f,
	        ",\"tables\":{\"files\":%" PRIu64 ",\"rows\":%" PRIu64 ",\"bytes\":%" PRIu64
	        ",\"map_bytes\":%" PRIu64 ",\"built\":%" PRIu64 ",\"build_ns\":%" PRIu64
	        ",\"evicted\":%" PRIu64 ",\"evicted_in_use\":%" PRIu64 ",\"over_cap\":%" PRIu64 "}",
	        u->tables, u->rows, u->table_bytes, u->shard_bytes, u->built, u->build_ns,
	        u->evicted, u->evicted_in_use, u->over_cap);
}

void closing_stats(const struct closing *c)
{
	const struct results *r = c->results;
	const struct engine_stats *en = &r->engine;
	struct loss losses[LOSSES_MAX];
	size_t cnt = list_losses(c, losses), i;
	FILE *f;

	if (!r->stats)
		return;
	f = output_file(r->stats);
	fprintf(f,
	        "{\"kind\":\"%s\",\"samples\":%" PRIu64 ",\"duration_ns\":%" PRIu64
	        ",\"targets\":%" PRIu64 ",\"lost\":{",
	        c->kind->name, en->counters.stat[STAT_SAMPLES], r->duration_ns, target_number(c));
	for (i = 0; i < cnt; i++)
		fprintf(f, "%s\"%s\":%" PRIu64, i ? "," : "", losses[i].name, losses[i].cnt);
	fprintf(f, "},\"complete\":{\"share\":%.6f,\"ends\":{", complete_share(en) / 100);
	stats_ends(f, en);
	fprintf(f,
	        "}},\"own\":{\"cpu_ns\":%" PRIu64 ",\"bpf_ns\":%" PRIu64
	        ",\"memory_bytes\":%" PRIu64 ",\"start_ns\":%" PRIu64 ",\"finish_ns\":%" PRIu64
	        ",\"finish_cpu_ns\":%" PRIu64 "},\"hidden\":%" PRIu64 ",\"processes\":%" PRIu64
	        ",\"drains\":%" PRIu64 ",\"stacks\":%" PRIu64 ",\"unmet\":%" PRIu64
	        ",\"locations\":%" PRIu64 ",\"named\":%" PRIu64,
	        r->cpu_ns, en->bpf_ns, r->memory_bytes, r->start_cost_ns,
	        boot_ns() - r->finish_from_ns, results_cpu_ns(true) - r->finish_cpu_from_ns,
	        en->counters.stat[STAT_SELF], c->finish->processes, en->drains,
	        en->counters.stat[STAT_STACKS], en->unmet, c->finish->locations, c->finish->named);
	if (c->kind->id == KIND_wall)
		stats_wall(f, &c->finish->wall);
	if (c->kind->id == KIND_heap)
		stats_heap(f, c);
	if (c->kind->id == KIND_growth)
		stats_growth(f, c);
	if (c->window->engine->unwind)
		stats_tables(f, unwind_stats(c->window->engine->unwind));
	fprintf(f, "}\n");
}
