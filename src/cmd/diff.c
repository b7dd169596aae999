// SPDX-License-Identifier: Apache-2.0
/*
 * ebprof diff: read the profiles of each side, one after the other → their differences → a table or JSON →
 * is one of them what --fail-if is about?
 */
#include "report/diff.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "cmd/cmd.h"
#include "cmd/diff_print.h"
#include "cmd/option_report.h"
#include "cmd/options.h"
#include "cmd/report_read.h"
#include "cmd/terminal.h"
#include "format/format.h"
#include "profile/profile.h"

const char diff_more[] =
	"A and B are pprof files of what is compared, - is standard input. A function's p is the probability\n"
	"that chance alone makes one of all functions change as much: * marks those below 0.05. One file a side\n"
	"tells of the chance of sampling; how much one run differs from the next only several files a side tell,\n"
	"three or more, with commas between them. Samples that depend on each other (a phase of the program that\n"
	"one run had and the other not) look like a change otherwise.\n";

struct comparing {
	struct options options;
	struct report_line line;
	struct diff diff;
	struct rlimit memory; /* as it was */
};

static int add_file(struct comparing *c, enum diff_side side, const char *path)
{
	struct err e, in;
	struct profile *p = format_read_file(path, &e);
	int status = 0;

	if (!p)
		return report_read_failed(&e, c->line.memory_bytes);
	if (report_prepare(p, c->options.demangle, &e) || diff_add(&c->diff, side, p, &e)) {
		err_set(&in, -EINVAL, "%.300s, in '%.200s'", e.msg, path);
		status = report_read_failed(&in, c->line.memory_bytes);
	}
	profile_free(p);
	return status;
}

/* "a,b,c", unless a file has this name. */
static int add_side(struct comparing *c, enum diff_side side, const char *paths)
{
	char *copy, *rest, *path;
	int status = 0;

	if (!access(paths, F_OK))
		return add_file(c, side, paths);
	rest = copy = strdup(paths);
	if (!copy) {
		log_error("out of memory for names");
		return EXIT_FAILED;
	}
	while (!status && (path = strsep(&rest, ",")))
		status = add_file(c, side, path);
	free(copy);
	return status;
}

static double mean_duration(const struct diff *d, enum diff_side side)
{
	return (double)d->duration_ns[side] / 1e9 / (double)d->side_files[side];
}

static void warn_of_durations(const struct diff *d)
{
	double a = mean_duration(d, DIFF_A), b = mean_duration(d, DIFF_B);

	if (d->absolute && a > 0 && b > 0 && fabs(a - b) > 0.02 * fmax(a, b))
		log_warn(
			"the files are of %.1f s and of %.1f s: values are of as long as each lasts, "
			"shares (without --absolute) are not",
			a, b);
}

static int print_table(struct comparing *c)
{
	struct terminal *t = terminal_open(!c->line.no_pager, &c->memory);

	if (!t)
		return -1;
	diff_print(&c->diff, terminal_file(t));
	return terminal_close(t);
}

static int print(struct comparing *c)
{
	int err;

	if (c->line.json) {
		diff_print_json(&c->diff, stdout);
		err = fflush(stdout);
	} else {
		err = print_table(c);
	}
	if (!err)
		return 0;
	log_error("cannot write to standard output: %s", strerror(errno));
	return EXIT_FAILED;
}

/* What is a change by as much is so in spite of rounding. */
static bool is_beyond(const struct diff_row *row, const struct report_limit *l)
{
	double relative = diff_relative(row), least = l->part * (1 - 1e-9);

	if (row->change == 0 || !(row->p < l->p))
		return false;
	return row->change > 0 ? l->direction >= 0 && relative >= least
	                       : l->direction <= 0 && -relative >= least;
}

/* The changes that may not be: how many, and the largest. */
static int judge(const struct comparing *c)
{
	const struct report_limit *l = &c->line.limit;
	const struct diff_row *row, *first = NULL;
	char relative[DIFF_RELATIVE_MAX];
	size_t cnt = 0, i;

	for (i = 0; l->text && i < c->diff.row_cnt; i++) {
		row = &c->diff.rows[i];
		if (!is_beyond(row, l))
			continue;
		first = first ? first : row;
		cnt++;
	}
	if (!cnt)
		return 0;
	diff_relative_text(first, relative);
	log_error("%zu function%s changed by '%s', most '%.200s': %s, p %.2g", cnt,
	          cnt > 1 ? "s" : "", l->text, first->name, relative, first->p);
	return EXIT_FAILED;
}

static int compare(struct comparing *c)
{
	int side, status = report_confine(&c->line, &c->memory);
	struct err e;

	/* A reader that goes away is an error of the write. */
	signal(SIGPIPE, SIG_IGN);
	if (status)
		return status;
	if (diff_init(&c->diff, &c->line.view, c->line.absolute)) {
		log_error("out of memory for a report");
		return EXIT_FAILED;
	}
	for (side = 0; !status && side < DIFF_SIDES; side++)
		status = add_side(c, (enum diff_side)side, c->line.files[side]);
	if (status)
		return status;
	if (diff_finish(&c->diff, &e))
		return report_read_failed(&e, c->line.memory_bytes);
	warn_of_durations(&c->diff);
	status = print(c);
	return status ? status : judge(c);
}

int diff_run(const struct command *cmd, int argc, char **argv)
{
	struct comparing c = { 0 };
	int status;

	report_line_init(&c.line);
	status = options_parse_diff(&c.options, &c.line, argc, argv);
	if (!status && c.options.help) {
		options_help_groups(cmd);
		status = fflush(stdout) ? EXIT_FAILED : EXIT_DONE;
	} else if (!status) {
		status = compare(&c);
	}
	diff_release(&c.diff);
	report_line_release(&c.line);
	options_release(&c.options);
	return status;
}
