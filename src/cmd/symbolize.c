// SPDX-License-Identifier: Apache-2.0
/*
 * ebprof symbolize: read the profile → open what the result goes to → find its files → name → write.
 * In place the file is replaced as a whole, and only when there is something new in it.
 */
#include "symbolize/symbolize.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/log.h"
#include "cmd/cmd.h"
#include "cmd/option_rows.h"
#include "cmd/options.h"
#include "cmd/results.h"
#include "cmd/unnamed.h"
#include "format/format.h"
#include "format/output.h"
#include "profile/profile.h"
#include "symbolize/fetch.h"
#include "symbolize/nameless.h"
#include "symbolize/recorded.h"
#include "version.h"

static const char *const option_names[] = { "output",    "format",     "demangle",
	                                    "debug-dir", "debuginfod", "no-annotations",
	                                    "quiet",     "verbose",    "help",
	                                    NULL };

const char symbolize_more[] =
	"Without -o the file itself is replaced; - reads standard input. A file of the profile is used\n"
	"when it has the build ID that the profile says, wherever it is: at its path, at its path below\n"
	"a --debug-dir, or as a debug file there or in /usr/lib/debug. One without a build ID is known\n"
	"by path, size and time. Kernel addresses have names on the machine and kernel they come from.\n";

const struct option_row *symbolize_option(size_t i)
{
	return option_listed(option_names, i);
}

struct renaming {
	struct options options;
	struct profile *profile;
	struct recorded recorded;
	struct symbolize_counters counters;
	struct fetch *fetch;            /* NULL: debuginfod is not asked */
	size_t bare_before, bare_after; /* locations without lines */
	struct output *outputs[OUTPUTS_MAX];
	size_t output_cnt;
	char *real; /* in place: the path without symbolic links */
};

static int usage(const char *why)
{
	log_error("%s", why);
	return EXIT_USAGE;
}

static int check(const struct options *o)
{
	size_t i;

	if (!o->output_cnt && !strcmp(o->file, "-"))
		return usage("standard input cannot be replaced: give -o FILE");
	if (!o->output_cnt && o->format)
		return usage("--format needs -o: in place it stays pprof");
	for (i = 0; i < o->output_cnt; i++)
		if (!results_format(o, o->outputs[i]))
			return EXIT_USAGE;
	return 0;
}

static int failed(const struct err *e)
{
	log_error("%s", e->msg);
	return EXIT_FAILED;
}

/* Before anything else: it shares the memory that there is by then. */
static int open_fetch(struct renaming *r)
{
	struct err e;

	if (!r->options.debuginfod)
		return 0;
	r->fetch = fetch_open(r->options.debuginfod, &e);
	return r->fetch ? 0 : failed(&e);
}

static int open_output(struct renaming *r, const char *path)
{
	struct err e;

	r->outputs[r->output_cnt] = output_open(path, &e);
	return r->outputs[r->output_cnt++] ? 0 : failed(&e);
}

/* A link stays one: what it leads to is replaced. */
static int open_in_place(struct renaming *r)
{
	const char *file = r->options.file;
	struct stat st;
	int err;

	r->real = realpath(file, NULL);
	if (!r->real || stat(r->real, &st)) {
		log_error("cannot replace '%s': %s", file, strerror(errno));
		return EXIT_FAILED;
	}
	if (!S_ISREG(st.st_mode)) {
		log_error("cannot replace '%s': it is no regular file, give -o FILE", file);
		return EXIT_FAILED;
	}
	err = open_output(r, r->real);
	if (!err)
		output_keep_owner(r->outputs[0]);
	return err;
}

static int open_outputs(struct renaming *r)
{
	size_t i;
	int err = 0;

	if (!r->options.output_cnt)
		return open_in_place(r);
	for (i = 0; !err && i < r->options.output_cnt; i++)
		err = open_output(r, r->options.outputs[i]);
	return err;
}

static size_t bare_cnt(const struct profile *p)
{
	size_t cnt = 0, i;

	for (i = 1; i <= p->locations.cnt; i++)
		cnt += !profile_location(p, (uint32_t)i)->line_cnt;
	return cnt;
}

static int name_all(struct renaming *r)
{
	const struct symbolize_options so = { .debug_dirs = r->options.debug_dirs,
		                              .demangle = r->options.demangle,
		                              .fetch = r->fetch };
	int err = recorded_open(&r->recorded, r->profile, &so, &r->counters);

	r->bare_before = bare_cnt(r->profile);
	if (!err)
		err = symbolize_profile(r->profile, r->recorded.sources, r->recorded.source_cnt,
		                        r->recorded.ksyms, &so, &r->counters);
	r->bare_after = bare_cnt(r->profile);
	if (!err)
		return 0;
	log_error("out of memory while naming '%s'", r->options.file);
	return EXIT_FAILED;
}

static bool has_changed(const struct renaming *r)
{
	return r->counters.named || r->bare_after != r->bare_before;
}

static struct unnamed unnamed_of(const struct renaming *r)
{
	return (struct unnamed){ r->profile, &r->recorded, &r->counters };
}

static void add_comment(struct renaming *r)
{
	const struct unnamed u = unnamed_of(r);
	char text[1024], lost[512];

	unnamed_text(&u, false, lost, sizeof(lost));
	snprintf(text, sizeof(text),
	         "# symbolized by ebprof %s: named %" PRIu64 " of %" PRIu64 " addresses%s",
	         EBPROF_VERSION, r->counters.named, r->counters.locations, lost);
	profile_add_comment(r->profile, text);
}

static int write_all(struct renaming *r)
{
	const struct options *o = &r->options;
	const struct format *f = format_find("pprof");
	struct format_options fo;
	struct output *out;
	int status = 0;
	struct err e;
	size_t i;

	format_options_init(&fo);
	fo.annotations = !o->no_annotations;
	for (i = 0; i < r->output_cnt; i++) {
		out = r->outputs[i];
		r->outputs[i] = NULL;
		if (o->output_cnt)
			f = results_format(o, o->outputs[i]);
		e.msg[0] = 0;
		if (format_write_output(f, r->profile, &fo, out, &e))
			status = failed(&e);
	}
	return status;
}

/* Where the result is: "", or " -> FILE, FILE". */
static void files_text(const struct renaming *r, bool written, char *text, size_t size)
{
	const struct options *o = &r->options;
	size_t i, n = 0;

	text[0] = 0;
	if (!written)
		return;
	if (!o->output_cnt)
		snprintf(text, size, " -> %s", o->file);
	for (i = 0; i < o->output_cnt && n < size; i++)
		n += (size_t)snprintf(text + n, size - n, "%s%s", i ? ", " : " -> ",
		                      strcmp(o->outputs[i], "-") ? o->outputs[i]
		                                                 : "standard output");
}

static void closing(const struct renaming *r, bool written)
{
	const struct recorded *rec = &r->recorded;
	const struct unnamed u = unnamed_of(r);
	const bool lacks = rec->cnt[RECORDED_MISSING] || rec->cnt[RECORDED_MISMATCHED] ||
	                   rec->cnt[RECORDED_SPLIT];
	char lost[1024], files[1024];

	unnamed_text(&u, true, lost, sizeof(lost));
	files_text(r, written, files, sizeof(files));
	unnamed_log(&u);
	if (!r->bare_before && !r->counters.named)
		log_info("'%s' needs nothing: %" PRIu64 " addresses have names, %" PRIu64
		         " cannot get one%s%s",
		         r->options.file, r->profile->locations.cnt - r->counters.locations,
		         r->counters.locations, lost, files);
	else
		log_info("symbolize: named %" PRIu64 " of %" PRIu64 " addresses%s%s%s",
		         r->counters.named, r->counters.locations, lost,
		         lacks ? "; --debug-dir DIR says where such files or their debug files are"
		               : "",
		         files);
}

/* Does any address of a file have a name by now, if only one from before? */
static bool has_names(const struct profile *p)
{
	const struct profile_location *l;
	size_t i;

	for (i = 1; i <= p->locations.cnt; i++) {
		l = profile_location(p, (uint32_t)i);
		if (l->mapping && *profile_text(p, profile_mapping(p, l->mapping)->file) == '/' &&
		    !nameless_is(p, l))
			return true;
	}
	return false;
}

static int rename_all(struct renaming *r)
{
	bool writes = r->options.output_cnt != 0;
	int status = name_all(r);

	if (status)
		return status;
	if (has_changed(r)) {
		add_comment(r);
		writes = true;
	}
	if (writes)
		status = write_all(r);
	if (status)
		return status;
	closing(r, writes);
	return r->bare_after && !has_names(r->profile) ? EXIT_FAILED : EXIT_DONE;
}

static void renaming_release(struct renaming *r)
{
	size_t i;

	for (i = 0; i < r->output_cnt; i++)
		output_abort(r->outputs[i]);
	recorded_release(&r->recorded);
	fetch_close(r->fetch);
	profile_free(r->profile);
	free(r->real);
	options_release(&r->options);
}

int symbolize_run(const struct command *cmd, int argc, char **argv)
{
	struct renaming r = { 0 };
	int status = options_parse_file(&r.options, option_names, argc, argv);
	struct err e;

	if (!status && r.options.help) {
		options_help_list(cmd);
		return fflush(stdout) ? EXIT_FAILED : EXIT_DONE;
	}
	if (!status)
		status = check(&r.options);
	if (!status) {
		/* A reader that goes away and a file that grows too large are errors of the write. */
		signal(SIGPIPE, SIG_IGN);
		signal(SIGXFSZ, SIG_IGN);
		status = open_fetch(&r);
	}
	if (!status) {
		r.profile = format_read_file(r.options.file, &e);
		if (!r.profile)
			status = failed(&e);
	}
	if (!status)
		status = open_outputs(&r);
	if (!status)
		status = rename_all(&r);
	renaming_release(&r);
	return status;
}
