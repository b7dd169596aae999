// SPDX-License-Identifier: Apache-2.0
/* The options that only report has, under the names that `go tool pprof` gives them. */
#include "cmd/option_report.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cmd/cmd.h"
#include "cmd/numbers.h"
#include "cmd/option_rows.h"
#include "cmd/options.h"

/* A profile of 50,000 stacks takes some 20 MiB and 0.2 s. */
enum { MEMORY_MIB = 128, CPU_SECONDS = 60 };

void report_line_init(struct report_line *l)
{
	memset(l, 0, sizeof(*l));
	report_options_init(&l->view);
	l->memory_bytes = (uint64_t)MEMORY_MIB << 20;
	l->cpu_seconds = CPU_SECONDS;
}

void report_line_release(struct report_line *l)
{
	free(l->files);
}

int report_line_check(const struct report_line *l)
{
	if (l->view.intervals && (l->view.view != REPORT_TOP || l->view.mean || l->base_cnt))
		log_error("--ci is for -top, and for values that are neither means nor differences "
		          "('ebprof diff' has those of differences)");
	else if (l->view.cum && l->flat)
		log_error("give -cum or -flat, not both");
	else if (l->base.normalize && !l->base_cnt)
		log_error("-normalize needs -base or -diff_base");
	else
		return 0;
	return EXIT_USAGE;
}

/* One of several that rule each other out: 'place' is still what it began with, or already 'value'. */
static int choose(int *place, int beginning, int value, const char *all)
{
	if (*place != beginning && *place != value) {
		log_error("give one of %s", all);
		return EXIT_USAGE;
	}
	*place = value;
	return 0;
}

static int choose_view(struct report_line *l, int view, const char *pattern)
{
	int chosen = l->has_view ? (int)l->view.view : -1;
	int err =
		choose(&chosen, -1, view, "-top, -tree, -peek, -traces, -tags, -list and -disasm");

	if (err)
		return err;
	l->has_view = true;
	l->view.view = (enum report_view)view;
	l->view.pattern = pattern;
	return 0;
}

static int choose_rows(struct report_line *l, int granularity)
{
	int chosen = (int)l->view.granularity;
	int err = choose(&chosen, REPORT_BY_VIEW, granularity,
	                 "-functions, -filefunctions, -files, -lines and -addresses");

	l->view.granularity = (enum report_granularity)chosen;
	return err;
}

/* The first that is given counts, as -sample_index does. */
static void choose_type(struct report_line *l, const char *type, bool mean)
{
	if (!l->view.sample_index)
		l->view.sample_index = type;
	l->view.mean |= mean;
}

static int put_real(const struct option_row *r, const char *text, double *to)
{
	char *end;
	double v;

	errno = 0;
	v = strtod(text, &end);
	if (errno || !*text || *end || !isfinite(v))
		return option_bad(r->name, text, "give a number such as 0.005");
	*to = v;
	return 0;
}

/* As Go's flags have it (strconv.ParseBool), true without a text; 0 or -EINVAL. */
static int bool_parse(const char *text, bool *value)
{
	static const char *const words[] = { "0", "f", "F", "false", "FALSE", "False",
		                             "1", "t", "T", "true",  "TRUE",  "True" };
	const size_t cnt = sizeof(words) / sizeof(*words);
	size_t i;

	for (i = 0; text && i < cnt; i++)
		if (!strcmp(words[i], text))
			break;
	if (text && i == cnt)
		return -EINVAL;
	*value = !text || i >= cnt / 2;
	return 0;
}

int report_option_put(struct options *o, const struct option_row *row, const char *text)
{
	const struct report_option *r = (const struct report_option *)row;
	struct report_line *l = o->report;
	char *place = (char *)l + r->place;
	bool on = true;

	if (!row->arg && bool_parse(text, &on))
		return option_bad(row->name, text, "give true or false");
	if (!on && r->kind != OPTION_SWITCH)
		return 0; /* it is not chosen */
	switch (r->kind) {
	case OPTION_VIEW:
		return choose_view(l, r->value, text);
	case OPTION_ROWS:
		return choose_rows(l, r->value);
	case OPTION_TYPE:
		choose_type(l, r->text, r->value);
		return 0;
	case OPTION_SWITCH:
		if (on || r->value)
			*(bool *)place = on && r->value;
		return 0;
	case OPTION_TEXT:
		*(const char **)place = text;
		return 0;
	case OPTION_REAL:
		return put_real(row, text, (double *)place);
	case OPTION_PARSED:
		break;
	}
	return 0;
}

static int parse_trim(struct options *o, const char *text)
{
	bool trim;

	if (bool_parse(text, &trim))
		return option_bad("-trim", text, "give true or false");
	o->report->view.no_trim = !trim;
	return 0;
}

static int parse_nodecount(struct options *o, const char *text)
{
	char *end;
	long long n;

	errno = 0;
	n = strtoll(text, &end, 10);
	if (errno || !*text || *end || n < REPORT_NODES_BY_VIEW)
		return option_bad("-nodecount", text, "give the number of rows, 0 for all");
	o->report->view.node_count = n;
	return 0;
}

static int add_base(struct options *o, const char *text, bool is_diff)
{
	struct report_line *l = o->report;

	if (l->base_cnt && l->base.is_diff != is_diff) {
		log_error("give -base or -diff_base, not both");
		return EXIT_USAGE;
	}
	if (l->base_cnt == REPORT_BASES_MAX)
		return option_bad("-base", text, "that is one base too many");
	l->base.is_diff = is_diff;
	l->bases[l->base_cnt++] = text;
	return 0;
}

static int parse_base(struct options *o, const char *text)
{
	return add_base(o, text, false);
}

static int parse_diff_base(struct options *o, const char *text)
{
	return add_base(o, text, true);
}

static int parse_max_memory(struct options *o, const char *text)
{
	uint64_t mib;

	if (number_parse(text, 16, 1 << 20, &mib))
		return option_bad("--max-memory", text, "give MiB, 16 or more");
	o->report->memory_bytes = mib << 20;
	return 0;
}

static int parse_max_cpu(struct options *o, const char *text)
{
	uint64_t seconds;

	if (number_parse(text, 1, 1 << 20, &seconds))
		return option_bad("--max-cpu", text, "give seconds, 1 or more");
	o->report->cpu_seconds = seconds;
	return 0;
}

/* Where the line has it. */
#define PLACE(field) .place = offsetof(struct report_line, field)

const struct report_option report_options[] = {
	{ { "top", 0, NULL, VIEW, "the heaviest functions (when nothing else is asked for)", NULL },
	  .kind = OPTION_VIEW,
	  .value = REPORT_TOP },
	{ { "tree", 0, NULL, VIEW, "functions with their callers and callees", NULL },
	  .kind = OPTION_VIEW,
	  .value = REPORT_TREE },
	{ { "peek", 0, "RE", VIEW, "the same of the functions that match", NULL },
	  .kind = OPTION_VIEW,
	  .value = REPORT_PEEK },
	{ { "traces", 0, NULL, VIEW, "every sample with its labels", NULL },
	  .kind = OPTION_VIEW,
	  .value = REPORT_TRACES },
	{ { "tags", 0, NULL, VIEW, "what the values of each label weigh", NULL },
	  .kind = OPTION_VIEW,
	  .value = REPORT_TAGS },
	{ { "list", 0, "RE", VIEW, "the source of the functions that match, with its weights",
	    NULL },
	  .kind = OPTION_VIEW,
	  .value = REPORT_LIST },
	{ { "disasm", 0, "RE", VIEW, "the same of their instructions (by objdump)", NULL },
	  .kind = OPTION_VIEW,
	  .value = REPORT_DISASM },

	{ { "cum", 0, NULL, ROWS, "by what the calls from a function weigh too", NULL },
	  .kind = OPTION_SWITCH,
	  .value = true,
	  PLACE(view.cum) },
	{ { "flat", 0, NULL, ROWS, "by what a function itself weighs", NULL },
	  .kind = OPTION_SWITCH,
	  .value = true,
	  PLACE(flat) },
	{ { "functions", 0, NULL, ROWS, "a row a function", NULL },
	  .kind = OPTION_ROWS,
	  .value = REPORT_FUNCTIONS },
	{ { "filefunctions", 0, NULL, ROWS, "a row a function and file", NULL },
	  .kind = OPTION_ROWS,
	  .value = REPORT_FILEFUNCTIONS },
	{ { "files", 0, NULL, ROWS, "a row a file", NULL },
	  .kind = OPTION_ROWS,
	  .value = REPORT_FILES },
	{ { "lines", 0, NULL, ROWS, "a row a line", NULL },
	  .kind = OPTION_ROWS,
	  .value = REPORT_LINES },
	{ { "addresses", 0, NULL, ROWS, "a row an address", NULL },
	  .kind = OPTION_ROWS,
	  .value = REPORT_ADDRESSES },
	{ { "noinlines", 0, NULL, ROWS, "inlined functions count for the one that they are part of",
	    NULL },
	  .kind = OPTION_SWITCH,
	  .value = true,
	  PLACE(view.no_inlines) },
	{ { "showcolumns", 0, NULL, ROWS, "columns of lines too", NULL },
	  .kind = OPTION_SWITCH,
	  .value = true,
	  PLACE(view.columns) },
	{ { "nodecount", 0, "N", ROWS, "rows at most, 0 for all (tree: 80)", parse_nodecount },
	  .kind = OPTION_PARSED },
	{ { "nodefraction", 0, "X", ROWS, "no rows below this part of the total (0.005)", NULL },
	  .kind = OPTION_REAL,
	  PLACE(view.node_fraction) },
	{ { "edgefraction", 0, "X", ROWS, "no callers and callees below it (0.001)", NULL },
	  .kind = OPTION_REAL,
	  PLACE(view.edge_fraction) },
	{ { "trim", 0, "[=false]", ROWS, "-trim=false shows every row", parse_trim },
	  .kind = OPTION_PARSED },
	{ { "drop_negative", 0, NULL, ROWS, "no rows below 0", NULL },
	  .kind = OPTION_SWITCH,
	  .value = true,
	  PLACE(view.drop_negative) },
	{ { "compact_labels", 0, NULL, ROWS, "no lines about the profile", NULL },
	  .kind = OPTION_SWITCH,
	  .value = true,
	  PLACE(view.compact) },
	{ { "source_path", 0, "DIR:DIR", ROWS,
	    "-list: where sources are; all that is below may be shown", NULL },
	  .kind = OPTION_TEXT,
	  PLACE(view.source_path) },
	{ { "trim_path", 0, "DIR:DIR", ROWS, "-list: what is before the paths of sources", NULL },
	  .kind = OPTION_TEXT,
	  PLACE(view.trim_path) },

	{ { "focus", 0, "RE", FILTER,
	    "only samples with a frame that matches (function, file, object)", NULL },
	  .kind = OPTION_TEXT,
	  PLACE(view.focus) },
	{ { "ignore", 0, "RE", FILTER, "no samples with one", NULL },
	  .kind = OPTION_TEXT,
	  PLACE(view.ignore) },
	{ { "show", 0, "RE", FILTER, "only frames that match", NULL },
	  .kind = OPTION_TEXT,
	  PLACE(view.show) },
	{ { "hide", 0, "RE", FILTER, "no frames that match", NULL },
	  .kind = OPTION_TEXT,
	  PLACE(view.hide) },
	{ { "show_from", 0, "RE", FILTER, "stacks from the outermost frame that matches on", NULL },
	  .kind = OPTION_TEXT,
	  PLACE(view.show_from) },
	{ { "prune_from", 0, "RE", FILTER, "stacks up to the innermost function that matches",
	    NULL },
	  .kind = OPTION_TEXT,
	  PLACE(view.prune_from) },
	{ { "tagfocus", 0, "VALUES", FILTER,
	    "only samples with such a label: RE,RE or numbers such as 1kb:4mb, or KEY= and these",
	    NULL },
	  .kind = OPTION_TEXT,
	  PLACE(view.tagfocus) },
	{ { "tagignore", 0, "VALUES", FILTER, "no samples with one", NULL },
	  .kind = OPTION_TEXT,
	  PLACE(view.tagignore) },
	{ { "tagshow", 0, "RE", FILTER, "only labels whose key matches", NULL },
	  .kind = OPTION_TEXT,
	  PLACE(view.tagshow) },
	{ { "taghide", 0, "RE", FILTER, "no labels whose key matches", NULL },
	  .kind = OPTION_TEXT,
	  PLACE(view.taghide) },
	{ { "tagroot", 0, "KEY,KEY", FILTER, "frames of these labels below all others", NULL },
	  .kind = OPTION_TEXT,
	  PLACE(view.tagroot) },
	{ { "tagleaf", 0, "KEY,KEY", FILTER, "frames of these labels on top", NULL },
	  .kind = OPTION_TEXT,
	  PLACE(view.tagleaf) },

	{ { "sample_index", 0, "N|TYPE", VALUES, "which value of a sample (the profile's default)",
	    NULL },
	  .kind = OPTION_TEXT,
	  PLACE(view.sample_index) },
	{ { "mean", 0, NULL, VALUES, "divided by the first value of its sample", NULL },
	  .kind = OPTION_SWITCH,
	  .value = true,
	  PLACE(view.mean) },
	{ { "unit", 0, "UNIT", VALUES, "in which they are shown (minimum: one that fits all)",
	    NULL },
	  .kind = OPTION_TEXT,
	  PLACE(view.unit) },
	{ { "divide_by", 0, "X", VALUES, "divided by this", NULL },
	  .kind = OPTION_REAL,
	  PLACE(view.divide_by) },
	{ { "relative_percentages", 0, NULL, VALUES, "shares of what the filters leave", NULL },
	  .kind = OPTION_SWITCH,
	  .value = true,
	  PLACE(view.relative) },
	{ { "base", 0, "FILE", VALUES, "less those of this profile; more than once: of all of them",
	    parse_base },
	  .kind = OPTION_PARSED },
	{ { "diff_base", 0, "FILE", VALUES, "the same, shares are of the base", parse_diff_base },
	  .kind = OPTION_PARSED },
	{ { "normalize", 0, NULL, VALUES, "with a base: first made as much as that", NULL },
	  .kind = OPTION_SWITCH,
	  .value = true,
	  PLACE(base.normalize) },
	{ { "inuse_space", 0, NULL, VALUES, "-sample_index=inuse_space", NULL },
	  .kind = OPTION_TYPE,
	  .text = "inuse_space" },
	{ { "inuse_objects", 0, NULL, VALUES, "-sample_index=inuse_objects", NULL },
	  .kind = OPTION_TYPE,
	  .text = "inuse_objects" },
	{ { "alloc_space", 0, NULL, VALUES, "-sample_index=alloc_space", NULL },
	  .kind = OPTION_TYPE,
	  .text = "alloc_space" },
	{ { "alloc_objects", 0, NULL, VALUES, "-sample_index=alloc_objects", NULL },
	  .kind = OPTION_TYPE,
	  .text = "alloc_objects" },
	{ { "contentions", 0, NULL, VALUES, "-sample_index=contentions", NULL },
	  .kind = OPTION_TYPE,
	  .text = "contentions" },
	{ { "total_delay", 0, NULL, VALUES, "-sample_index=delay", NULL },
	  .kind = OPTION_TYPE,
	  .text = "delay" },
	{ { "mean_delay", 0, NULL, VALUES, "-mean -sample_index=delay", NULL },
	  .kind = OPTION_TYPE,
	  .text = "delay",
	  .value = true },
	{ { "ci", 0, NULL, VALUES,
	    "-top: within what the shares lie, by the number of samples (95 %)", NULL },
	  .kind = OPTION_SWITCH,
	  .value = true,
	  PLACE(view.intervals) },
	{ { "max-memory", 0, "MIB", VALUES, "for reading, at most (128)", parse_max_memory },
	  .kind = OPTION_PARSED },
	{ { "max-cpu", 0, "SECONDS", VALUES, "of CPU time, at most (60)", parse_max_cpu },
	  .kind = OPTION_PARSED },
	{ { "no-pager", 0, NULL, VALUES, "to the terminal itself, however long", NULL },
	  .kind = OPTION_SWITCH,
	  .value = true,
	  PLACE(no_pager) },
};

const size_t report_option_cnt = sizeof(report_options) / sizeof(*report_options);
