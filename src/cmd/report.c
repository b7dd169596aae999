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
#include <sys/stat.h>

#include "base/err.h"
#include "base/log.h"
#include "cmd/cmd.h"
#include "cmd/option_report.h"
#include "cmd/options.h"
#include "cmd/report_read.h"
#include "cmd/results.h"
#include "cmd/terminal.h"
#include "format/format.h"
#include "format/output.h"
#include "profile/profile.h"

static const char *const option_names[] = { "output", "format",  "demangle", "no-annotations",
	                                    "quiet",  "verbose", "help",     NULL };

const char report_more[] =
	"FILE is any pprof file; - reads standard input; several become one. In front of them there may be the\n"
	"program that they are of. Each option that has one dash in `go tool pprof` may have one here, and each\n"
	"that takes no value =true or =false. -o FILE writes the profile that the filters leave, in the format\n"
	"that the suffix of FILE tells, or the view when it was asked for by name.\n";

const struct option_row *report_option(size_t i)
{
	return i < report_option_cnt ? &report_options[i].row
	                             : option_listed(option_names, i - report_option_cnt);
}

struct reporting {
	struct options options;
	struct report_line line;
	struct profile *profile;
	struct report report;
	struct rlimit memory; /* as it was */
};

static int failed(const struct reporting *r, const struct err *e)
{
	return report_read_failed(e, r->line.memory_bytes);
}

static bool is_program(const char *path)
{
	char magic[4] = "";
	struct stat st;
	FILE *f;

	if (stat(path, &st) || !S_ISREG(st.st_mode))
		return false;
	f = fopen(path, "re");
	if (f && fread(magic, 1, sizeof(magic), f) != sizeof(magic))
		magic[0] = 0;
	if (f)
		fclose(f);
	return !memcmp(magic, "\177ELF", sizeof(magic));
}

/* As pprof has it: of several files the first one may be the program. */
static void take_program(struct report_line *l)
{
	if (l->file_cnt < 2 || !is_program(l->files[0]))
		return;
	l->program = l->files[0];
	memmove(l->files, l->files + 1, --l->file_cnt * sizeof(*l->files));
}

/* The first mapping is the program's. */
static void set_program(struct profile *p, const char *program)
{
	if (program && p->mapping_cnt)
		p->mappings[0].file = profile_string(p, program);
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
		set_program(all[n], r->line.program);
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

	if (report_prepare(r->profile, r->options.demangle, &e) ||
	    report_open(&r->report, r->profile, &r->line.view, &e))
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
	int status = report_confine(&r->line, &r->memory);

	/* A reader that goes away is an error of the write. */
	signal(SIGPIPE, SIG_IGN);
	if (status)
		return status;
	take_program(&r->line);
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
		options_help_groups(cmd);
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
