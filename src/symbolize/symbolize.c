// SPDX-License-Identifier: Apache-2.0
/*
 * The locations are put in order of their mappings; then file by file, whose mappings may be many, a
 * worker opens the file's sources of names and answers for each of its locations.
 */
#include "symbolize/symbolize.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/order.h"
#include "base/table.h"
#include "process/file.h"
#include "profile/profile.h"
#include "symbolize/demangle.h"
#include "symbolize/jit.h"
#include "symbolize/ksyms.h"
#include "symbolize/names.h"
#include "symbolize/worker.h"

/* The first that knows a name is believed; the last one is the most robust. */
static const struct names_source *const sources_of_files[] = {
	&names_go,
	&names_dwarf,
	&names_elf,
};
#define WORKER_SECONDS 10 /* of CPU time, and without an answer */
#define SOURCE_CNT     (sizeof(sources_of_files) / sizeof(sources_of_files[0]))

/* A function is its linkage name, source file and first line; it is demangled once. */
struct function_key {
	uint32_t linkage, path; /* strings */
	uint32_t start_line;
};

struct function_entry {
	struct function_key key;
	uint32_t function;
};

/* What is asked about a file: offsets in their order, and where those of the locations are among them. */
struct asked {
	uint64_t *offsets;
	uint32_t *ranks; /* of the locations in the order of mappings */
	size_t cnt;
};

struct symbolize {
	struct profile *profile;
	const struct symbolize_source *sources;
	size_t source_cnt;
	const struct ksyms *ksyms;
	const struct symbolize_options *options;
	struct symbolize_counters *counters;
	struct table functions; /* struct function_entry */
	uint32_t *order;        /* nameless locations; those of mapping m begin at first[m] */
	size_t *first;
	bool *done;    /* mappings */
	char *linkage; /* DEMANGLE_MAX bytes: the name in hand */
};

static bool is_nameless(const struct profile_location *l)
{
	return !l->line_cnt;
}

static int order_locations(struct symbolize *s)
{
	size_t cnt = s->profile->locations.cnt, maps = s->profile->mapping_cnt, i;
	const struct profile_location *l;

	s->order = calloc(cnt + 1, sizeof(*s->order));
	s->first = calloc(maps + 3, sizeof(*s->first));
	s->done = calloc(maps + 1, sizeof(*s->done));
	s->linkage = malloc(DEMANGLE_MAX);
	if (!s->order || !s->first || !s->done || !s->linkage)
		return -ENOMEM;
	/* A counting sort; while it fills, first[m + 1] is where the next one of mapping m goes. */
	for (i = 1; i <= cnt; i++) {
		l = profile_location(s->profile, (uint32_t)i);
		if (is_nameless(l) && l->mapping <= maps)
			s->first[l->mapping + 2]++;
	}
	for (i = 1; i < maps + 3; i++)
		s->first[i] += s->first[i - 1];
	for (i = 1; i <= cnt; i++) {
		l = profile_location(s->profile, (uint32_t)i);
		if (is_nameless(l) && l->mapping <= maps)
			s->order[s->first[l->mapping + 1]++] = (uint32_t)i;
	}
	return 0;
}

static size_t location_cnt(const struct symbolize *s, size_t mapping)
{
	return s->first[mapping + 1] - s->first[mapping];
}

/*
 * The name in hand, not too long, and without the version that linkers write behind those of
 * .symtab: memcpy@@GLIBC_2.14.
 */
static const char *tidy_linkage(struct symbolize *s, const struct names_frame *frame)
{
	const size_t room = DEMANGLE_MAX - sizeof(DEMANGLE_CUT);
	const char *name = frame->linkage, *version = NULL;
	size_t len = strnlen(name, room + 1);

	if (len && !frame->verbatim)
		version = memchr(name + 1, '@', len - 1);
	if (version && strcmp(version, "@plt"))
		len = (size_t)(version - name);
	else if (len <= room)
		return name;
	memcpy(s->linkage, name, len < room ? len : room);
	if (len > room)
		memcpy(s->linkage + room, DEMANGLE_CUT, sizeof(DEMANGLE_CUT));
	else
		s->linkage[len] = 0;
	return s->linkage;
}

/*
 * Native functions keep their linkage name, so that pprof can demangle them in another style, and
 * finds them by it. A name without lines has no file: else pprof would show the ELF as its source.
 */
static uint32_t function_of(struct symbolize *s, const struct names_frame *frame)
{
	const char *linkage = tidy_linkage(s, frame), *path = frame->path ?: "";
	struct function_key key = { .linkage = profile_string(s->profile, linkage),
		                    .path = profile_string(s->profile, path),
		                    .start_line = frame->start_line };
	struct function_entry *e;
	bool is_new;
	char *name;

	e = table_put(&s->functions, &key, &is_new);
	if (!e) {
		s->profile->failed = true;
		return 0;
	}
	if (is_new) {
		name = demangle(linkage, s->options->demangle);
		e->function = profile_add_function(s->profile, name ? name : linkage, linkage, path,
		                                   frame->start_line);
		free(name);
	}
	return e->function;
}

/* [libfoo.so.1]: what pprof itself prints for a frame without a name. */
static uint32_t nameless_function(struct symbolize *s, const struct profile_mapping *m)
{
	const char *path = m ? profile_text(s->profile, m->file) : "", *base = strrchr(path, '/');
	char name[300]; /* the base of a path has 255 bytes */

	base = base ? base + 1 : path;
	if (!m)
		snprintf(name, sizeof(name), "[unknown]");
	else if (!*base || !strcmp(path, "//anon") || !strcmp(path, "[anon]"))
		snprintf(name, sizeof(name), "[anon]");
	else if (*path == '[') /* [kernel.kallsyms]_text */
		snprintf(name, sizeof(name), "%.*s]", (int)strcspn(base, "]"), base);
	else
		snprintf(name, sizeof(name), "[%.280s]", base);
	return profile_add_function(s->profile, name, name, path, 0);
}

static void make_lines(struct symbolize *s, const struct names_frame *frames, size_t cnt,
                       struct profile_line *lines)
{
	size_t i;

	for (i = 0; i < cnt; i++)
		lines[i] = (struct profile_line){ .function = function_of(s, &frames[i]),
			                          .line = frames[i].line };
}

/* The lines that were made of these frames, told in the mapping's flags too. */
static void set_lines(struct symbolize *s, uint32_t location, struct profile_mapping *m,
                      const struct names_frame *frames, const struct profile_line *lines,
                      size_t cnt)
{
	size_t i;

	for (i = 0; i < cnt; i++) {
		m->has_filenames |= frames[i].path != NULL;
		m->has_line_numbers |= frames[i].line != 0;
	}
	m->has_inline_frames |= cnt > 1;
	if (!s->profile->failed)
		profile_set_lines(s->profile, location, lines, cnt);
}

static void set_nameless(struct symbolize *s, uint32_t location, const struct profile_mapping *m)
{
	struct profile_line line = { .function = nameless_function(s, m) };

	if (line.function)
		profile_set_lines(s->profile, location, &line, 1);
}

/* Location number i of the order, with what is known there and the lines that were made of it. */
static void place_lines(struct symbolize *s, size_t i, struct profile_mapping *m,
                        const struct names_frame *frames, const struct profile_line *lines,
                        size_t cnt)
{
	s->counters->locations++;
	s->counters->named += cnt != 0;
	if (cnt)
		set_lines(s, s->order[i], m, frames, lines, cnt);
	else
		set_nameless(s, s->order[i], m);
}

static void name_location(struct symbolize *s, size_t i, struct profile_mapping *m,
                          const struct names_frame *frames, size_t cnt)
{
	struct profile_line lines[NAMES_MAX];

	make_lines(s, frames, cnt, lines);
	place_lines(s, i, m, frames, lines, cnt);
}

static void mapping_done(struct symbolize *s, size_t mapping)
{
	if (mapping)
		profile_mapping(s->profile, (uint32_t)mapping)->has_functions = true;
	s->done[mapping] = true;
}

/* Nobody knows names of this mapping. */
static void name_nothing(struct symbolize *s, size_t mapping)
{
	struct profile_mapping *m = profile_mapping(s->profile, (uint32_t)mapping);
	size_t i;

	for (i = s->first[mapping]; i < s->first[mapping + 1]; i++)
		name_location(s, i, m, NULL, 0);
	mapping_done(s, mapping);
}

static const struct symbolize_source *source_of(const struct symbolize *s, size_t mapping)
{
	static const struct symbolize_source none = { .what = SOURCE_NONE };

	return mapping && mapping <= s->source_cnt ? &s->sources[mapping - 1] : &none;
}

/* Code that a program made, by what the program says of it. */
static void name_jit(struct symbolize *s, size_t mapping)
{
	struct profile_mapping *m = profile_mapping(s->profile, (uint32_t)mapping);
	const struct symbolize_source *source = source_of(s, mapping);
	struct names_frame frames[NAMES_MAX];
	uint64_t address;
	size_t i, cnt;

	for (i = s->first[mapping]; i < s->first[mapping + 1]; i++) {
		address = profile_location(s->profile, s->order[i])->address;
		cnt = jit_find(source->jit, source->start + (address - m->start), frames);
		name_location(s, i, m, frames, cnt);
	}
	mapping_done(s, mapping);
}

static void name_kernel(struct symbolize *s, size_t mapping)
{
	struct profile_mapping *m = profile_mapping(s->profile, (uint32_t)mapping);
	struct names_frame frame = { 0 };
	struct ksym sym;
	uint64_t address;
	bool found;
	size_t i;

	for (i = s->first[mapping]; i < s->first[mapping + 1]; i++) {
		address = profile_location(s->profile, s->order[i])->address;
		found = s->ksyms && !ksyms_find(s->ksyms, address, &sym);
		frame.linkage = found ? sym.name : NULL;
		name_location(s, i, m, &frame, found);
	}
	mapping_done(s, mapping);
}

/* The vdso of a 32-bit process, which is below 4 GiB, is another one than ebprof's. */
static bool is_other_vdso(const struct file *file, const struct profile_mapping *m)
{
	return file->kind == FILE_VDSO && sizeof(void *) == 8 && m->start < 1ull << 32;
}

/* Is this a mapping of that file whose code can be asked for by offset? */
static bool is_asked(const struct symbolize *s, size_t mapping, const struct file *file)
{
	const struct symbolize_source *source = source_of(s, mapping);

	return source->what == SOURCE_FILE && source->file == file && file->fd >= 0 &&
	       !is_other_vdso(file, &s->profile->mappings[mapping - 1]);
}

static void asked_release(struct asked *q)
{
	free(q->offsets);
	free(q->ranks);
}

/* The offsets of all locations in a file, in the order of mappings; NULL: none, or no memory. */
static struct order_item *offsets_of(struct symbolize *s, const struct file *file, size_t *cnt)
{
	const struct profile_mapping *m;
	struct order_item *items;
	uint64_t address;
	size_t map, i;

	for (*cnt = 0, map = 1; map <= s->profile->mapping_cnt; map++)
		if (is_asked(s, map, file))
			*cnt += location_cnt(s, map);
	items = *cnt ? malloc(*cnt * sizeof(*items)) : NULL;
	if (!items)
		return NULL;
	for (*cnt = 0, map = 1; map <= s->profile->mapping_cnt; map++) {
		if (!is_asked(s, map, file))
			continue;
		m = profile_mapping(s->profile, (uint32_t)map);
		for (i = s->first[map]; i < s->first[map + 1]; i++, (*cnt)++) {
			address = profile_location(s->profile, s->order[i])->address;
			items[*cnt] = (struct order_item){ .key = address - m->start + m->offset,
				                           .id = (uint32_t)*cnt };
		}
	}
	return items;
}

/* In order, so that what lies together is read together. False: nothing is asked, or memory is out. */
static bool asked_fill(struct symbolize *s, const struct file *file, struct asked *q)
{
	struct order_item *items = offsets_of(s, file, &q->cnt);
	size_t i;

	q->offsets = items ? malloc(q->cnt * sizeof(*q->offsets)) : NULL;
	q->ranks = items ? malloc(q->cnt * sizeof(*q->ranks)) : NULL;
	if (!q->offsets || !q->ranks || order_sort(items, q->cnt)) {
		free(items);
		return false;
	}
	for (i = 0; i < q->cnt; i++) {
		q->offsets[i] = items[i].key;
		q->ranks[items[i].id] = (uint32_t)i;
	}
	free(items);
	return true;
}

/* Gives the answers to the locations that were asked about; what many have in common is made once. */
static void name_answered(struct symbolize *s, const struct file *file, const struct asked *q,
                          const struct answer *a)
{
	struct profile_line *lines = malloc((a->frame_cnt + 1) * sizeof(*lines));
	const struct names_frame *frames;
	struct profile_mapping *m;
	size_t map, i, at = 0, cnt;

	if (!lines) {
		s->profile->failed = true;
		return;
	}
	make_lines(s, a->frames, a->frame_cnt, lines);
	for (map = 1; map <= s->profile->mapping_cnt; map++) {
		if (!is_asked(s, map, file))
			continue;
		m = profile_mapping(s->profile, (uint32_t)map);
		for (i = s->first[map]; i < s->first[map + 1]; i++) {
			frames = answer_frames(a, q->ranks[at++], &cnt);
			place_lines(s, i, m, frames, cnt ? lines + (frames - a->frames) : NULL,
			            cnt);
		}
		mapping_done(s, map);
	}
	free(lines);
}

/* All sources; when their worker fails, another asks the last one alone: the symbol tables. */
static void ask(struct symbolize *s, struct worker_job *job, struct answer *a)
{
	int err;

	job->sources = sources_of_files;
	job->source_cnt = SOURCE_CNT;
	err = worker_run(job, a);
	s->counters->failed_workers += err != 0;
	if (!err || SOURCE_CNT == 1)
		return;
	answer_release(a);
	job->sources += SOURCE_CNT - 1;
	job->source_cnt = 1;
	worker_run(job, a);
}

/* All mappings of a file at once; those that could not be asked about are left to be nameless. */
static void name_file(struct symbolize *s, const struct file *file)
{
	struct worker_job job = { .file = file,
		                  .debug_dirs = s->options->debug_dirs,
		                  .seconds = WORKER_SECONDS };
	struct answer a = { 0 };
	struct asked q = { 0 };

	if (asked_fill(s, file, &q)) {
		job.offsets = q.offsets;
		job.cnt = q.cnt;
		ask(s, &job, &a);
		s->counters->unreadable_files += a.bad;
		s->counters->mismatched_files += a.mismatch;
		name_answered(s, file, &q, &a);
	}
	answer_release(&a);
	asked_release(&q);
}

static void name_mapping(struct symbolize *s, size_t mapping)
{
	const struct symbolize_source *source = source_of(s, mapping);

	if (location_cnt(s, mapping) && source->what == SOURCE_FILE && source->file)
		name_file(s, source->file);
	else if (source->what == SOURCE_KERNEL)
		name_kernel(s, mapping);
	else if (location_cnt(s, mapping) && source->what == SOURCE_JIT)
		name_jit(s, mapping);
	if (!s->done[mapping])
		name_nothing(s, mapping);
}

static void name_all(struct symbolize *s)
{
	size_t m;

	for (m = 0; m <= s->profile->mapping_cnt; m++)
		if (!s->done[m])
			name_mapping(s, m);
}

int symbolize_profile(struct profile *p, const struct symbolize_source *sources, size_t source_cnt,
                      const struct ksyms *ksyms, const struct symbolize_options *options,
                      struct symbolize_counters *counters)
{
	struct symbolize s = { .profile = p,
		               .sources = sources,
		               .source_cnt = source_cnt,
		               .ksyms = ksyms,
		               .options = options,
		               .counters = counters };
	int err = order_locations(&s);

	table_init(&s.functions, sizeof(struct function_key), sizeof(struct function_entry));
	if (!err)
		name_all(&s);
	table_release(&s.functions);
	free(s.order);
	free(s.first);
	free(s.done);
	free(s.linkage);
	return err || p->failed ? -ENOMEM : 0;
}
