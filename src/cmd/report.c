// SPDX-License-Identifier: Apache-2.0
/*
 * ebprof report: read the profiles → one of them (merge, less the bases) → names as pprof has them → filters →
 * a view on the terminal or into a file, or the filtered profile in a format.
 */
#include "report/report.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "cmd/cmd.h"
#include "cmd/option_report.h"
#include "cmd/options.h"
#include "cmd/report_names.h"
#include "cmd/results.h"
#include "cmd/terminal.h"
#include "format/format.h"
#include "format/output.h"
#include "profile/profile.h"

static const char *const option_names[] = { "output", "format",  "demangle", "no-annotations",
	                                    "quiet",  "verbose", "help",     NULL };

static const char help_more[] =
	"FILE is any pprof file; - reads standard input; several become one. Each option that has one dash in\n"
	"`go tool pprof` may have one here. -o FILE writes the profile that the filters leave, in the format\n"
	"that the suffix of FILE tells, or the view when it was asked for by name.\n";

struct reporting {
	struct options options;
	struct report_line line;
	struct profile *profile;
	struct report report;
	struct rlimit memory; /* as it was */
};

/* Said by a signal handler. */
static char too_slow[128];

static void end_slow(int signal)
{
	(void)!write(STDERR_FILENO, too_slow, strlen(too_slow));
	_exit(EXIT_FAILED);
}

static void limit(int what, uint64_t value, struct rlimit *was)
{
	struct rlimit now;

	if (getrlimit(what, was))
		return;
	now = *was;
	if (now.rlim_cur > value)
		now.rlim_cur = value;
	setrlimit(what, &now);
}

/* A profile is anyone's: what reading it may take is bounded, whatever is in it. */
static void limit_all(struct reporting *r)
{
	struct rlimit cpu;

	snprintf(
		too_slow, sizeof(too_slow),
		"ebprof: the report takes more than %llu s of CPU time, --max-cpu SECONDS allows more\n",
		(unsigned long long)r->line.cpu_seconds);
	signal(SIGXCPU, end_slow);
	limit(RLIMIT_CPU, r->line.cpu_seconds, &cpu);
	limit(RLIMIT_DATA, r->line.memory_bytes, &r->memory);
}

/* What is out of memory may be so because of the limit. */
static int failed(const struct reporting *r, const struct err *e)
{
	bool is_memory = strstr(e->msg, "out of memory") || strstr(e->msg, strerror(ENOMEM));

	if (is_memory)
		log_error("%s: more than %llu MiB are needed, --max-memory MIB allows more", e->msg,
		          (unsigned long long)r->line.memory_bytes >> 20);
	else
		log_error("%s", e->msg);
	return EXIT_FAILED;
}

/* One profile of the files; NULL after saying why. */
static struct profile *read_files(struct reporting *r, const char *const *files, size_t cnt)
{
	struct profile **all = calloc(cnt, sizeof(struct profile *)), *p = NULL;
	struct err e = { "out of memory" };
	size_t n = 0;

	for (; all && n < cnt; n++) {
		all[n] = format_read_file(files[n], &e);
		if (!all[n])
			break;
	}
	if (all && n == cnt) {
		p = cnt == 1 ? all[0] : report_merge(all, cnt, &e);
		n = cnt == 1 ? 0 : n;
	}
	while (n)
		profile_free(all[--n]);
	free(all);
	if (!p)
		failed(r, &e);
	return p;
}

static int read_all(struct reporting *r)
{
	const struct report_line *l = &r->line;
	struct profile *p = read_files(r, l->files, l->file_cnt), *base;
	struct err e;

	r->profile = p;
	if (!p || !l->base_cnt)
		return p ? 0 : EXIT_FAILED;
	base = read_files(r, l->bases, l->base_cnt);
	r->profile = base ? report_subtract(p, base, &l->base, &e) : NULL;
	profile_free(p);
	profile_free(base);
	if (base && !r->profile)
		return failed(r, &e);
	return r->profile ? 0 : EXIT_FAILED;
}

static int open_report(struct reporting *r)
{
	struct err e;
	size_t i;
	int err;

	if (report_names(r->profile, r->options.demangle)) {
		err_set(&e, -ENOMEM, "out of memory for names");
		return failed(r, &e);
	}
	err = report_drop_frames(r->profile, &e);
	if (err == -ENOMEM)
		return failed(r, &e);
	if (err)
		log_warn("the profile's own filter is not used: %s", e.msg);
	if (report_open(&r->report, r->profile, &r->line.view, &e))
		return failed(r, &e);
	for (i = 0; i < r->report.warning_cnt; i++)
		log_warn("%s matches nothing", r->report.warnings[i]);
	return 0;
}

static int print(struct reporting *r)
{
	struct terminal *t = terminal_open(!r->line.no_pager, &r->memory);
	struct err e = { "" };
	int status = 0;

	if (!t) {
		log_error("out of memory for a report");
		return EXIT_FAILED;
	}
	if (report_print(&r->report, terminal_file(t), &e))
		status = failed(r, &e);
	if (terminal_close(t) && !status) {
		log_error("cannot write to standard output: %s", strerror(errno));
		status = EXIT_FAILED;
	}
	return status;
}

static int write_text(struct reporting *r, struct output *o, struct err *e)
{
	int err = report_print(&r->report, output_file(o), e);

	if (!err)
		return output_commit(o, e);
	output_abort(o);
	return err;
}

/* A view into a file when one was asked for, else the profile. */
static int write_one(struct reporting *r, const char *path)
{
	struct output *o = NULL;
	const struct format *f = NULL;
	struct format_options fo;
	struct err e = { "" };
	int err;

	if (!r->line.has_view) {
		f = results_format(&r->options, path);
		if (!f)
			return EXIT_USAGE;
		if (f == &format_txt) /* is a view, with the options of one */
			f = NULL;
	}
	o = output_open(path, &e);
	if (!o)
		return failed(r, &e);
	format_options_init(&fo);
	fo.annotations = !r->options.no_annotations;
	fo.sample_type = r->report.type;
	err = f ? format_write_output(f, r->profile, &fo, o, &e) : write_text(r, o, &e);
	if (err)
		return failed(r, &e);
	if (strcmp(path, "-") != 0)
		log_info("report -> %s", path);
	return 0;
}

static int answer(struct reporting *r)
{
	const struct options *o = &r->options;
	int status = 0;
	size_t i;

	if (!o->output_cnt)
		return print(r);
	for (i = 0; !status && i < o->output_cnt; i++)
		status = write_one(r, o->outputs[i]);
	return status;
}

static int run(struct reporting *r)
{
	int status, err = sandbox_be_user();

	/* A reader that goes away is an error of the write. */
	signal(SIGPIPE, SIG_IGN);
	if (err) {
		log_error("cannot give up what the file of ebprof has of rights: %s",
		          strerror(-err));
		return EXIT_FAILED;
	}
	limit_all(r);
	status = read_all(r);
	if (!status)
		status = open_report(r);
	if (!status)
		status = answer(r);
	return status;
}

int report_run(const struct command *cmd, int argc, char **argv)
{
	struct reporting r = { 0 };
	int status;

	report_line_init(&r.line);
	status = options_parse_report(&r.options, &r.line, option_names, argc, argv);
	if (!status && r.options.help) {
		options_help_report(cmd, option_names, help_more);
		status = fflush(stdout) ? EXIT_FAILED : EXIT_DONE;
	} else if (!status) {
		status = run(&r);
	}
	report_close(&r.report);
	profile_free(r.profile);
	report_line_release(&r.line);
	options_release(&r.options);
	return status;
}
