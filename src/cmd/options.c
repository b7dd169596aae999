// SPDX-License-Identifier: Apache-2.0
#include "cmd/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cmd/cmd.h"
#include "cmd/numbers.h"
#include "cmd/option_diff.h"
#include "cmd/option_doctor.h"
#include "cmd/option_report.h"
#include "cmd/option_rows.h"
#include "collect/alloc.h"
#include "collect/growth.h"
#include "elf/debug_file.h"

static const char *const group_titles[] = {
	[WHO] = "Targets (all conditions must hold; pids and tids are one condition)",
	[WHAT] = "What is sampled",
	[WAITS] = "Which waits are kept",
	[HEAP] = "Heap (all four types are in the file)",
	[HOW] = "How samples are told apart",
	[OUT] = "Results",
	[EXPERT] = "Sizes",
	[VIEW] = "What is shown (one of them)",
	[ROWS] = "What a row is, and which are shown",
	[FILTER] = "Which samples, frames and labels count (RE: Go's regular expressions)",
	[VALUES] = "Values",
};

const char *option_group_title(enum option_group group)
{
	return group_titles[group];
}

bool option_is_optional(const struct option_row *r)
{
	return r->arg && r->arg[0] == '[';
}

static void help_row(const struct option_row *r)
{
	char left[64];
	int n = r->letter ? snprintf(left, sizeof(left), "  -%c, --%s", r->letter, r->name)
	                  : snprintf(left, sizeof(left), "      --%s", r->name);

	if (r->arg)
		snprintf(left + n, sizeof(left) - (size_t)n, "%s%s",
		         option_is_optional(r) ? "" : " ", r->arg);
	printf("%-28s %s\n", left, r->help);
}

void options_help(const struct kind *kind)
{
	int group;
	size_t i;

	printf("ebprof %s: %s\n\n  ebprof %s [OPTIONS] [SECONDS]      30 seconds when none are given; "
	       "Ctrl-C ends early\n  ebprof %s [OPTIONS] -- CMD ARGS    for the life of the command\n",
	       kind->name, kind->help, kind->name, kind->name);
	if (kind->example)
		printf("\nExample: %s\n", kind->example);
	for (group = 0; group < CAPTURE_GROUPS; group++) {
		printf("\n%s:\n", group_titles[group]);
		for (i = 0; i < option_row_cnt; i++)
			if (option_rows[i].group == (enum option_group)group)
				help_row(&option_rows[i]);
	}
	printf("\nEvents:");
	for (i = 0; tick_event_name((unsigned int)i); i++)
		printf("%s %s", i % 6 ? "" : "\n ", tick_event_name((unsigned int)i));
	printf(" rNNN (raw, hex)\n");
}

static bool is_listed(const char *const *names, const char *name)
{
	size_t i;

	for (i = 0; names && names[i]; i++)
		if (!strcmp(names[i], name))
			return true;
	return !names;
}

const struct option_row *option_listed(const char *const *names, size_t i)
{
	size_t at;

	for (at = 0; at < option_row_cnt; at++)
		if (is_listed(names, option_rows[at].name) && !i--)
			return &option_rows[at];
	return NULL;
}

/* The command, what it is for, and its usage. */
static void help_head(const struct command *cmd)
{
	printf("ebprof %s: %s\n\n  ebprof %s [OPTIONS]%s%s\n", cmd->name, cmd->help, cmd->name,
	       cmd->words ? " " : "", cmd->words ? cmd->words : "");
}

void options_help_list(const struct command *cmd)
{
	const struct option_row *row;
	size_t i;

	help_head(cmd);
	printf("\n");
	for (i = 0; (row = cmd->option(i)); i++)
		help_row(row);
	printf("\n%s", cmd->more);
}

/* Those of a group under its title, if there are any. */
static void help_group(const struct command *cmd, enum option_group group)
{
	const struct option_row *row;
	size_t i, begun = 0;

	for (i = 0; (row = cmd->option(i)); i++) {
		if (row->group != group)
			continue;
		if (!begun++)
			printf("\n%s:\n", group_titles[group]);
		help_row(row);
	}
}

void options_help_groups(const struct command *cmd)
{
	int group;

	help_head(cmd);
	for (group = CAPTURE_GROUPS; group <= GROUP_CNT; group++)
		help_group(cmd, group < GROUP_CNT ? (enum option_group)group : OUT);
	printf("\n%s", cmd->more);
}

static bool has_name(const struct option_row *r, const char *name, size_t len)
{
	return strlen(r->name) == len && !strncmp(r->name, name, len);
}

static const struct option_row *row_find(const struct options *o, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < o->own_cnt; i++)
		if (has_name(&o->own[i].row, name, len))
			return &o->own[i].row;
	for (i = 0; i < option_row_cnt; i++)
		if (has_name(&option_rows[i], name, len) &&
		    is_listed(o->names, option_rows[i].name))
			return &option_rows[i];
	for (i = 0; o->report && i < report_option_cnt; i++)
		if (has_name(&report_options[i].row, name, len) &&
		    is_listed(o->names, report_options[i].row.name))
			return &report_options[i].row;
	return NULL;
}

static const struct option_row *row_letter(const struct options *o, char letter)
{
	size_t i;

	for (i = 0; i < option_row_cnt; i++)
		if (option_rows[i].letter == letter && is_listed(o->names, option_rows[i].name))
			return &option_rows[i];
	return NULL;
}

static int no_option(const char *arg)
{
	log_error("there is no option '%s'; try --help", arg);
	return EXIT_USAGE;
}

/* The row of an option that has all of its name, behind its dashes. */
static const struct option_row *row_long(const struct options *o, const char *name)
{
	return row_find(o, name, strcspn(name, "="));
}

static int put(struct options *o, const struct option_row *r, const char *text)
{
	return r->parse ? r->parse(o, text) : report_option_put(o, r, text);
}

/* --name, --name=VALUE or --name VALUE. */
static int parse_long(struct options *o, char **argv, int *i)
{
	const char *name = argv[*i] + 1 + (argv[*i][1] == '-'), *value = strchr(name, '=');
	const struct option_row *r = row_long(o, name);

	if (!r)
		return no_option(argv[*i]);
	if (!r->arg && value && r->parse)
		return option_bad(argv[*i], value + 1, "it takes none");
	if (r->arg && !value && !option_is_optional(r)) {
		if (!argv[*i + 1]) {
			log_error("--%s needs %s", r->name, r->arg);
			return EXIT_USAGE;
		}
		return put(o, r, argv[++*i]);
	}
	return put(o, r, value ? value + 1 : NULL);
}

/* -abc, -pVALUE or -p VALUE. */
static int parse_short(struct options *o, char **argv, int *i)
{
	const char *p = argv[*i] + 1;
	int err = 0;

	for (; !err && *p; p++) {
		const struct option_row *r = row_letter(o, *p);

		if (!r)
			return no_option(argv[*i]);
		if (!r->arg) {
			err = put(o, r, NULL);
			continue;
		}
		if (p[1])
			return put(o, r, p + 1);
		if (!argv[*i + 1]) {
			log_error("-%c needs %s", r->letter, r->arg);
			return EXIT_USAGE;
		}
		return put(o, r, argv[++*i]);
	}
	return err;
}

static int parse_duration(struct options *o, const char *text)
{
	if (o->has_duration || seconds_parse(text, &o->duration_ns)) {
		log_error("'%s' is no duration: give seconds once, such as 30 or 0.5; a command "
		          "comes after --",
		          text);
		return EXIT_USAGE;
	}
	o->has_duration = true;
	return 0;
}

static int parse_file(struct options *o, const char *text)
{
	if (o->file) {
		log_error("'%s' is one file too many: give one profile", text);
		return EXIT_USAGE;
	}
	o->file = text;
	return 0;
}

static int usage(const char *why)
{
	log_error("%s", why);
	return EXIT_USAGE;
}

static bool has_target(const struct options *o)
{
	const struct targets *t = &o->engine.targets;

	return t->all || t->pid_cnt || t->tid_cnt || t->has_uid || t->comm || t->cgroup_cnt ||
	       t->exclude || o->engine.collect.cpus || o->command;
}

#define LOCK_KINDS (1u << KIND_mutex | 1u << KIND_waiters)

/* Is one of the kinds made of waits, the wakes of which can be asked for? */
static bool have_waits(uint32_t kinds)
{
	int i;

	kinds = kinds_needed(kinds);
	for (i = 0; i < KIND_CNT; i++)
		if (kinds & 1u << i && kind_at(i)->recorded == KIND_offcpu)
			return true;
	return false;
}

/* What single options cannot see. */
static int check(struct options *o)
{
	const struct sched_options *s = &o->engine.collect.sched;
	const struct targets *t = &o->engine.targets;

	if (!has_target(o))
		return usage(
			"no target: give -a, -p PID, -t TID, -u USER, --comm GLOB, --cgroup PATH "
			"or -- CMD");
	if (t->all && (t->pid_cnt || t->tid_cnt || o->command))
		return usage("-a is every process: it cannot go with -p, -t or a command");
	if (o->command && (t->pid_cnt || t->tid_cnt))
		return usage("give -p and -t, or a command, not both");
	if (t->tree && !t->pid_cnt)
		return usage("--tree needs -p");
	if (o->has_as && !o->command)
		return usage("--as needs a command");
	if (!(kinds_needed(o->engine.kinds) & 1u << KIND_cpu) &&
	    (o->has_freq || o->has_period || o->has_event))
		return usage("-F, -c and -e are for cpu: nothing else is sampled by a timer");
	if (o->engine.kinds & ~(1u << KIND_cpu) && o->engine.collect.cpus)
		return usage("-C is for cpu alone: neither a wait nor a block has a CPU");
	if (o->waiters && !(o->engine.kinds & 1u << KIND_waiters))
		return usage("--waiters is for mutex");
	if ((o->no_names || o->kernel_only) && o->engine.kinds & LOCK_KINDS)
		return usage("--symbolize none and --kernel-only cannot go with mutex: names of "
		             "user frames tell what is a lock");
	if (o->engine.kinds & 1u << KIND_wall &&
	    (!o->event.is_time || o->kernel_only || s->min_ns || s->max_ns || s->reasons))
		return usage(
			"wall is all of the threads' time: -e other than cpu-clock, --kernel-only, "
			"--min, --max and --reason are not for it");
	if (o->engine.kinds & 1u << KIND_heap && ((!t->pid_cnt && !o->command) || t->tid_cnt))
		return usage("heap needs -p PID or -- CMD: probes are put into one process each");
	if (o->growth && (!(o->engine.kinds & 1u << KIND_growth) || o->engine.collect.alloc_type))
		return usage("--growth is for heap, and has types of its own");
	if (o->engine.kinds & 1u << KIND_growth && (t->tid_cnt || o->kernel_only))
		return usage("heap --growth is of processes and their own code: -t and "
		             "--kernel-only are not for it");
	if (o->engine.collect.sched.wakers && !have_waits(o->engine.kinds))
		return usage("--wakers is for waits: offcpu, block, waiters or wall");
	if (o->has_freq && o->has_period)
		return usage("give -F or -c, not both");
	if (o->user_only && o->kernel_only)
		return usage("give --user-only or --kernel-only, not both");
	return 0;
}

static void fill_defaults(struct options *o)
{
	o->engine.keep |= o->kernel_only ? KEEP_KERN | KEEP_KERN_ONLY
	                  : o->user_only ? KEEP_USER | KEEP_USER_TASK
	                                 : KEEP_USER | KEEP_KERN;
	if (o->waiters && o->first->id == KIND_mutex)
		o->first = kind_at(KIND_waiters);
	if (o->growth && o->first->id == KIND_heap)
		o->first = kind_at(KIND_growth);
	o->engine.kinds |= 1u << o->first->id;
	o->engine.collect.event = &o->event;
	o->debug_dirs[o->debug_dir_cnt] = ELF_DEBUG_DIR;
	o->engine.debug_dirs = o->debug_dirs;
	if (!o->engine.collect.growth_rate)
		o->engine.collect.growth_rate =
			GROWTH_PAGES_DEFAULT * (uint64_t)sysconf(_SC_PAGESIZE);
	if (!o->has_threshold)
		o->engine.collect.sched.threshold_ns =
			o->engine.targets.pid_cnt || o->engine.targets.tid_cnt || o->command
				? 100000
				: 1000000;
	if (!o->has_duration)
		o->duration_ns = o->command ? 0 : 30000000000ull;
}

/* Everything up to "--": its place, or argc. 'parse_word' takes what is no option. */
static int parse_words(struct options *o, int argc, char **argv, int *end,
                       int (*parse_word)(struct options *o, const char *text))
{
	int i, err = 0;

	for (i = 1; !err && !o->help && i < argc && strcmp(argv[i], "--"); i++) {
		if (!strncmp(argv[i], "--", 2) ||
		    (o->one_dash && argv[i][0] == '-' && row_long(o, argv[i] + 1)))
			err = parse_long(o, argv, &i);
		else if (argv[i][0] == '-' && argv[i][1])
			err = parse_short(o, argv, &i);
		else
			err = parse_word(o, argv[i]);
	}
	*end = i;
	return err;
}

int options_parse(struct options *o, int argc, char **argv)
{
	int end, err;

	memset(o, 0, sizeof(*o));
	o->first = kind_find(argv[0]);
	o->engine.user_frames = ABI_USER_FRAMES;
	o->engine.counts_entries = 16384;
	o->engine.ring_bytes = 4 << 20;
	o->engine.table_bytes = 256 << 20;
	o->idle = CLASSIFY_IDLE_FOLD;
	o->engine.collect.freq_hz = 99;
	o->engine.collect.alloc_rate = ALLOC_RATE_DEFAULT;
	tick_event_find("cpu-clock", &o->event);
	err = parse_words(o, argc, argv, &end, parse_duration);
	if (err || o->help)
		return err;
	if (end < argc) {
		o->command = argv[end + 1] ? argv + end + 1 : NULL;
		if (!o->command)
			return usage("there is no command after --");
	}
	fill_defaults(o);
	return check(o);
}

int options_parse_file(struct options *o, const char *const *names, int argc, char **argv)
{
	int end, err;

	memset(o, 0, sizeof(*o));
	o->names = names;
	err = parse_words(o, argc, argv, &end, parse_file);
	for (end++; !err && end < argc; end++)
		err = parse_file(o, argv[end]);
	if (err || o->help)
		return err;
	o->debug_dirs[o->debug_dir_cnt] = ELF_DEBUG_DIR;
	return o->file ? 0 : usage("no file: give a profile, such as ebprof.cpu.pb.gz");
}

static int refuse_word(struct options *o, const char *text)
{
	log_error("'%s' is no option; a process is given with -p", text);
	return EXIT_USAGE;
}

int options_parse_doctor(struct options *o, int argc, char **argv)
{
	int end, err;

	memset(o, 0, sizeof(*o));
	o->names = doctor_option_names;
	o->own = doctor_options;
	o->own_cnt = doctor_option_cnt;
	err = parse_words(o, argc, argv, &end, refuse_word);
	return err || o->help || end == argc ? err : refuse_word(o, argv[end]);
}

static int parse_report_file(struct options *o, const char *text)
{
	o->report->files[o->report->file_cnt++] = text;
	return 0;
}

static int parse_own(struct options *o, struct report_line *line, const struct report_option *own,
                     size_t own_cnt, int argc, char **argv)
{
	int end, err;

	o->one_dash = true;
	o->own = own;
	o->own_cnt = own_cnt;
	o->report = line;
	line->files = calloc((size_t)argc, sizeof(*line->files));
	if (!line->files)
		return usage("out of memory for the command line");
	err = parse_words(o, argc, argv, &end, parse_report_file);
	for (end++; !err && end < argc; end++)
		err = parse_report_file(o, argv[end]);
	return err;
}

int options_parse_report(struct options *o, struct report_line *line, const char *const *names,
                         int argc, char **argv)
{
	int err;

	memset(o, 0, sizeof(*o));
	o->names = names;
	err = parse_own(o, line, report_options, report_option_cnt, argc, argv);
	if (err || o->help)
		return err;
	return line->file_cnt ? report_line_check(line)
	                      : usage("no file: give a profile, such as ebprof.cpu.pb.gz");
}

int options_parse_diff(struct options *o, struct report_line *line, int argc, char **argv)
{
	int err;

	memset(o, 0, sizeof(*o));
	o->names = diff_option_names;
	err = parse_own(o, line, diff_options, diff_option_cnt, argc, argv);
	if (err || o->help || line->file_cnt == 2)
		return err;
	return usage("give two sides, such as 'ebprof diff old.pb.gz new.pb.gz', several files of "
	             "one with commas between them");
}

void options_release(struct options *o)
{
	free(o->engine.targets.pids);
	free(o->engine.targets.tids);
	free((void *)o->engine.collect.cpus);
	free(o->comm);
	free(o->exclude);
	free(o->debuginfod);
}
