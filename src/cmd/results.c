// SPDX-License-Identifier: Apache-2.0
#include "cmd/results.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/err.h"
#include "base/log.h"
#include "cmd/closing.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "format/format.h"
#include "format/output.h"
#include "profile/profile.h"

static uint64_t cpu_ns_of(int who)
{
	struct rusage u;

	getrusage(who, &u);
	return (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000000 +
	       (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1000;
}

uint64_t results_cpu_ns(bool workers)
{
	return cpu_ns_of(RUSAGE_SELF) + (workers ? cpu_ns_of(RUSAGE_CHILDREN) : 0);
}

static bool several_kinds(const struct options *o)
{
	return o->engine.kinds & (o->engine.kinds - 1);
}

/* X.pb.gz becomes X.cpu.pb.gz when there are several kinds. NULL: out of memory. */
static char *kind_path(const char *path, const struct format *f, const struct kind *kind,
                       bool several)
{
	size_t len = strlen(path), cut = len, i;
	char *s = NULL;

	for (i = 0; i < 4 && f->suffixes[i]; i++) {
		size_t n = strlen(f->suffixes[i]);

		if (cut == len && len > n && !strcmp(path + len - n, f->suffixes[i]))
			cut = len - n;
	}
	if (!several)
		return strdup(path);
	return asprintf(&s, "%.*s.%s%s", (int)cut, path, kind->name, path + cut) < 0 ? NULL : s;
}

/* ebprof.cpu.20261121-103000.pb.gz, with -2, -3… where that is taken. */
static char *default_path(const struct kind *kind)
{
	time_t now = time(NULL);
	char stamp[32], *s = NULL;
	struct tm tm;
	int n;

	localtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &tm);
	for (n = 1; n < 1000; n++) {
		free(s);
		if ((n == 1 ? asprintf(&s, "ebprof.%s.%s.pb.gz", kind->name, stamp)
		            : asprintf(&s, "ebprof.%s.%s-%d.pb.gz", kind->name, stamp, n)) < 0)
			return NULL;
		if (access(s, F_OK))
			break;
	}
	return s;
}

static int add(struct results *r, const struct kind *kind, const struct format *f, char *path)
{
	struct result *items = array_reserve(r->items, &r->cap, r->cnt + 1, sizeof(*items));
	struct err e;

	if (items)
		r->items = items;
	if (!items || !path) {
		free(path);
		log_error("out of memory");
		return EXIT_FAILED;
	}
	items[r->cnt] = (struct result){ .kind = kind, .format = f, .path = path };
	items[r->cnt].output = output_open(path, &e);
	if (!items[r->cnt++].output) {
		log_error("%s", e.msg);
		return EXIT_FAILED;
	}
	return 0;
}

const struct format *results_format(const struct options *o, const char *path)
{
	const struct format *f;

	if (o->format)
		return format_find(o->format);
	f = strcmp(path, "-") && strncmp(path, "/dev/", 5) ? format_for_file(path)
	                                                   : format_find("pprof");
	if (!f)
		log_error("cannot tell the format of '%s': end it in .pb.gz, .folded, .txt, "
		          ".svg or .speedscope.json, or give --format",
		          path);
	return f;
}

static int check_output(const struct options *o, const char *path)
{
	if (!results_format(o, path))
		return EXIT_USAGE;
	if (!strcmp(path, "-") && several_kinds(o)) {
		log_error("several kinds need a file each: -o - takes one");
		return EXIT_USAGE;
	}
	return 0;
}

static int add_kind(struct results *r, const struct kind *kind)
{
	const struct options *o = r->options;
	const struct format *f;
	size_t i;
	int err = 0;

	if (!o->output_cnt)
		return add(r, kind, format_find("pprof"), default_path(kind));
	for (i = 0; !err && i < o->output_cnt; i++) {
		f = results_format(o, o->outputs[i]);
		err = add(r, kind, f, kind_path(o->outputs[i], f, kind, several_kinds(o)));
	}
	return err;
}

static int open_stats(struct results *r)
{
	struct err e;

	if (!r->options->stats)
		return 0;
	r->stats = output_open(r->options->stats, &e);
	if (r->stats)
		return 0;
	log_error("%s", e.msg);
	return EXIT_FAILED;
}

int results_open(struct results *r, const struct options *o)
{
	size_t i;
	int err = 0, k;

	memset(r, 0, sizeof(*r));
	r->options = o;
	for (i = 0; !err && i < o->output_cnt; i++)
		err = check_output(o, o->outputs[i]);
	for (k = 0; !err && k < KIND_CNT; k++)
		if (o->engine.kinds & 1u << k)
			err = add_kind(r, kind_at(k));
	return err ? err : open_stats(r);
}

void results_release(struct results *r)
{
	size_t i;

	for (i = 0; i < r->cnt; i++) {
		output_abort(r->items[i].output);
		free(r->items[i].path);
	}
	output_abort(r->stats);
	free(r->items);
	memset(r, 0, sizeof(*r));
}

/* All files of one kind; 0 or EXIT_FAILED after saying why. */
static int write_files(struct results *r, const struct kind *kind, const struct profile *p)
{
	struct format_options fo;
	int status = 0;
	struct err e;
	size_t i;

	format_options_init(&fo);
	fo.annotations = !r->options->no_annotations;
	for (i = 0; i < r->cnt; i++) {
		struct output *out = r->items[i].output;

		if (r->items[i].kind != kind)
			continue;
		r->items[i].output = NULL;
		e.msg[0] = 0;
		if (format_write_output(r->items[i].format, p, &fo, out, &e)) {
			log_error("%s", e.msg);
			status = EXIT_FAILED;
		}
	}
	return status;
}

static void print_top(const struct profile *p)
{
	size_t type = p->type_cnt - 1, cnt, i;
	int64_t total = profile_total(p, type);
	struct profile_top_row *rows;

	if (!total || profile_top(p, type, &rows, &cnt))
		return;
	printf("%8s %8s  function\n", "flat", "cum");
	for (i = 0; i < cnt && i < 10; i++) {
		char name[256];

		snprintf(name, sizeof(name), "%s", profile_text(p, rows[i].name));
		log_clean(name);
		printf("%7.2f%% %7.2f%%  %s\n", 100.0 * (double)rows[i].flat / (double)total,
		       100.0 * (double)rows[i].cum / (double)total, name);
	}
	free(rows);
}

static int write_kind(struct results *r, const struct window *w, const struct kind *kind,
                      const struct finish_options *fo)
{
	struct finish_stats st;
	struct closing c = { .results = r, .window = w, .kind = kind, .finish = &st };
	struct profile *p;
	int status;
	struct err e;

	p = finish_profile(w, kind, fo, &st, &e);
	if (!p) {
		log_error("%s", e.msg);
		return EXIT_FAILED;
	}
	closing_comments(&c, p);
	status = write_files(r, kind, p);
	if (!r->options->output_cnt && isatty(STDOUT_FILENO))
		print_top(p);
	c.profile = p;
	closing_line(&c, status == 0);
	closing_stats(&c);
	if (!p->sample_cnt && !r->options->command)
		status = EXIT_FAILED;
	profile_free(p);
	return status;
}

int results_write(struct results *r, const struct window *w, const struct finish_options *fo)
{
	int k, status = 0, err;
	struct err e;

	for (k = 0; k < KIND_CNT; k++) {
		if (!(r->options->engine.kinds & 1u << k))
			continue;
		err = write_kind(r, w, kind_at(k), fo);
		status = err ? err : status;
	}
	if (r->stats) {
		err = output_commit(r->stats, &e);
		r->stats = NULL;
		if (err)
			log_error("%s", e.msg);
		status = err ? EXIT_FAILED : status;
	}
	return status;
}
