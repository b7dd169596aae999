// SPDX-License-Identifier: Apache-2.0
/*
 * naming [-d DIR]... IN OUT: what the end of a capture takes. Reads a profile without names, builds it anew
 * from its stacks, names it and writes it, by the functions that finish a capture; prints one line of
 * JSON. CPU time is that of all processes; memory the most that this one and the largest worker had. What
 * reading IN takes is not counted.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "format/format.h"
#include "process/file.h"
#include "profile/profile.h"
#include "symbolize/ksyms.h"
#include "symbolize/symbolize.h"

#define FILES_MAX 64
#define DIRS_MAX  8

static struct file files[FILES_MAX];
static struct symbolize_source sources[FILES_MAX];
static const char *dirs[DIRS_MAX + 1];

static double seconds_of(const struct timeval *t)
{
	return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

static double cpu_s(int who)
{
	struct rusage u;

	getrusage(who, &u);
	return seconds_of(&u.ru_utime) + seconds_of(&u.ru_stime);
}

/* Not ru_maxrss: that has what the process was before its exec. */
static long own_kib(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[256];
	long kib = 0;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "VmHWM: %ld", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib;
}

/* Workers are forked, and never exec. */
static long worker_kib(void)
{
	struct rusage u;

	getrusage(RUSAGE_CHILDREN, &u);
	return u.ru_maxrss;
}

static double wall_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void fail(const char *what, const char *on)
{
	fprintf(stderr, "naming: %s: %s\n", on, what);
	exit(1);
}

static void open_sources(const struct profile *p)
{
	size_t i;

	if (p->mapping_cnt > FILES_MAX)
		fail("too many mappings", "profile");
	for (i = 0; i < p->mapping_cnt; i++) {
		const char *path = profile_text(p, p->mappings[i].file);

		sources[i].what = *path == '[' ? SOURCE_KERNEL : SOURCE_FILE;
		sources[i].file = &files[i];
		files[i] = (struct file){ .path = (char *)path,
			                  .fd = *path == '[' ? -1 : open(path, O_RDONLY | O_CLOEXEC) };
	}
}

/* The same mappings, locations and samples, one by one, as they are made of what was counted. */
static struct profile *build(const struct profile *from)
{
	struct profile *p = profile_new();
	const struct profile_location *l;
	size_t i;

	if (!p)
		fail("out of memory", "profile");
	for (i = 0; i < from->type_cnt; i++)
		profile_add_type(p, profile_text(from, from->types[i].type),
		                 profile_text(from, from->types[i].unit));
	for (i = 0; i < from->mapping_cnt; i++) {
		struct profile_mapping m = from->mappings[i];

		m.file = profile_string(p, profile_text(from, m.file));
		m.build_id = profile_string(p, profile_text(from, m.build_id));
		profile_add_mapping(p, &m);
	}
	for (i = 1; i <= from->locations.cnt; i++) {
		l = profile_location(from, (uint32_t)i);
		profile_add_location(p, l->mapping, l->address);
	}
	for (i = 0; i < from->sample_cnt; i++)
		profile_add_sample(p, from->stacks + from->samples[i].stack_first,
		                   from->samples[i].stack_cnt, NULL, 0,
		                   from->values + from->samples[i].value_first);
	return p;
}

static void finish(const struct profile *from, const char *out, struct symbolize_counters *c)
{
	const struct symbolize_options o = { .debug_dirs = dirs, .demangle = DEMANGLE_SHORT };
	struct format_options fo;
	struct err e = { "" };
	struct ksyms *k;
	struct profile *p = build(from);

	k = ksyms_load(NULL, &e);
	if (!k || symbolize_profile(p, sources, p->mapping_cnt, k, &o, c))
		fail(e.msg, "names");
	format_options_init(&fo);
	if (format_write_file(&format_pprof, p, &fo, out, &e))
		fail(e.msg, out);
	profile_free(p);
	ksyms_free(k);
}

int main(int argc, char **argv)
{
	struct symbolize_counters c = { 0 };
	struct profile *from;
	struct err e = { "" };
	double wall, own, workers;
	size_t dir_cnt = 0;
	int opt;

	while ((opt = getopt(argc, argv, "d:")) != -1) {
		if (opt != 'd' || dir_cnt == DIRS_MAX)
			fail("usage: naming [-d DIR]... IN OUT", "arguments");
		dirs[dir_cnt++] = optarg;
	}
	if (argc - optind != 2)
		fail("usage: naming [-d DIR]... IN OUT", "arguments");
	from = format_read_file(argv[optind], &e);
	if (!from)
		fail(e.msg, argv[optind]);
	open_sources(from);
	wall = wall_s();
	own = cpu_s(RUSAGE_SELF);
	workers = cpu_s(RUSAGE_CHILDREN);
	finish(from, argv[optind + 1], &c);
	wall = wall_s() - wall;
	own = cpu_s(RUSAGE_SELF) - own;
	workers = cpu_s(RUSAGE_CHILDREN) - workers;
	printf("{\"cpu_s\":%.6f,\"workers_s\":%.6f,\"wall_s\":%.6f,\"own_kib\":%ld,\"worker_kib\":%ld,"
	       "\"stacks\":%zu,\"locations\":%" PRIu64 ",\"named\":%" PRIu64 ",\"failed_workers\":%" PRIu64
	       ",\"unreadable_files\":%" PRIu64 ",\"mismatched_files\":%" PRIu64 "}\n",
	       own + workers, workers, wall, own_kib(), worker_kib(),
	       from->sample_cnt, c.locations, c.named, c.failed_workers, c.unreadable_files,
	       c.mismatched_files);
	profile_free(from);
	return 0;
}
