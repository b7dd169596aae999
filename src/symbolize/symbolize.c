// SPDX-License-Identifier: Apache-2.0
/*
 * The locations are put in order of their mappings; then file by file, whose mappings may be many,
 * the file's sources of names are opened, asked for each of its locations, and closed.
 */
#include "symbolize/symbolize.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "process/file.h"
#include "profile/profile.h"
#include "symbolize/demangle.h"
#include "symbolize/jit.h"
#include "symbolize/ksyms.h"
#include "symbolize/names.h"

/* The first that knows a name is believed. */
static const struct names_source *const sources_of_files[] = {
	&names_elf,
};
#define SOURCE_CNT (sizeof(sources_of_files) / sizeof(sources_of_files[0]))

/* A function is its linkage name, source file and first line; it is demangled once. */
struct function_key {
	uint32_t linkage, path; /* strings */
	uint32_t start_line;
};

struct function_entry {
	struct function_key key;
	uint32_t function;
};

struct symbolize {
	struct profile *profile;
	const struct symbolize_source *sources;
	size_t source_cnt;
	const struct ksyms *ksyms;
	struct symbolize_counters *counters;
	struct table functions; /* struct function_entry */
	uint32_t *order;        /* nameless locations; those of mapping m begin at first[m] */
	size_t *first;
	bool *done;    /* mappings */
	char *linkage; /* DEMANGLE_MAX bytes: the name in hand */
};

/* Answers for one mapping's locations, as names_source.find() does. */
struct answer {
	size_t (*find)(const struct answer *a, const struct profile_mapping *m, uint64_t address,
	               struct names_frame *frames, size_t max);
	const struct ksyms *ksyms;
	const struct symbolize_source *source; /* of the mapping */
	void *states[SOURCE_CNT];              /* NULL: that source knows nothing of the file */
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
		name = demangle(linkage, DEMANGLE_SHORT);
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

/* What is known at one location, told in its mapping's flags too. */
static void set_frames(struct symbolize *s, uint32_t location, struct profile_mapping *m,
                       const struct names_frame *frames, size_t cnt)
{
	struct profile_line lines[NAMES_MAX];
	size_t i;

	for (i = 0; i < cnt; i++) {
		lines[i] = (struct profile_line){ .function = function_of(s, &frames[i]),
			                          .line = frames[i].line };
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

/* 'a' NULL: nobody knows names of this mapping. */
static void name_mapping(struct symbolize *s, size_t mapping, const struct answer *a)
{
	struct profile_mapping *m = profile_mapping(s->profile, (uint32_t)mapping);
	struct names_frame frames[NAMES_MAX];
	size_t i, cnt;

	for (i = s->first[mapping]; i < s->first[mapping + 1]; i++) {
		uint64_t address = profile_location(s->profile, s->order[i])->address;

		cnt = a && m ? a->find(a, m, address, frames, NAMES_MAX) : 0;
		s->counters->locations++;
		s->counters->named += cnt != 0;
		if (cnt)
			set_frames(s, s->order[i], m, frames, cnt);
		else
			set_nameless(s, s->order[i], m);
	}
	if (m)
		m->has_functions = true;
	s->done[mapping] = true;
}

static size_t find_in_file(const struct answer *a, const struct profile_mapping *m,
                           uint64_t address, struct names_frame *frames, size_t max)
{
	uint64_t offset = m->offset + (address - m->start);
	size_t i, cnt = 0;

	for (i = 0; !cnt && i < SOURCE_CNT; i++)
		if (a->states[i])
			cnt = sources_of_files[i]->find(a->states[i], offset, frames, max);
	return cnt;
}

static size_t find_in_jit(const struct answer *a, const struct profile_mapping *m, uint64_t address,
                          struct names_frame *frames, size_t max)
{
	size_t cnt = jit_find(a->source->jit, a->source->start + (address - m->start), frames);

	return cnt ? cnt : find_in_file(a, m, address, frames, max);
}

static size_t find_in_kernel(const struct answer *a, const struct profile_mapping *m,
                             uint64_t address, struct names_frame *frames, size_t max)
{
	struct ksym sym;

	if (!a->ksyms || ksyms_find(a->ksyms, address, &sym))
		return 0;
	frames[0] = (struct names_frame){ .linkage = sym.name };
	return 1;
}

static const struct symbolize_source *source_of(const struct symbolize *s, size_t mapping)
{
	static const struct symbolize_source none = { .what = SOURCE_NONE };

	return mapping && mapping <= s->source_cnt ? &s->sources[mapping - 1] : &none;
}

/* The vdso of a 32-bit process, which is below 4 GiB, is another one than ebprof's. */
static bool is_other_vdso(const struct file *file, const struct profile_mapping *m)
{
	return file->kind == FILE_VDSO && sizeof(void *) == 8 && m->start < 1ull << 32;
}

static void open_sources(struct symbolize *s, const struct file *file, struct answer *a)
{
	bool bad = false;
	size_t i;

	for (i = 0; i < SOURCE_CNT; i++)
		a->states[i] = sources_of_files[i]->open(file, &bad);
	s->counters->unreadable_files += bad;
}

static void close_sources(struct answer *a)
{
	size_t i;

	for (i = 0; i < SOURCE_CNT; i++)
		if (a->states[i])
			sources_of_files[i]->close(a->states[i]);
}

/* All mappings of the file of mapping 'first', the first one that has locations to name. */
static void name_file(struct symbolize *s, size_t first)
{
	const struct file *file = source_of(s, first)->file;
	struct answer a = { .find = find_in_file };
	size_t m;

	if (file)
		open_sources(s, file, &a);
	for (m = first; m <= s->profile->mapping_cnt; m++) {
		const struct symbolize_source *source = source_of(s, m);

		if (source->what != SOURCE_FILE || source->file != file)
			continue;
		name_mapping(s, m,
		             file && !is_other_vdso(file, &s->profile->mappings[m - 1]) ? &a
		                                                                        : NULL);
	}
	close_sources(&a);
}

/* Memory of a program that names its code; perhaps a memfd, which may be an ELF file all the same. */
static void name_jit(struct symbolize *s, size_t mapping)
{
	struct answer a = { .find = find_in_jit, .source = source_of(s, mapping) };
	bool bad;
	size_t i;

	for (i = 0; a.source->file && i < SOURCE_CNT; i++)
		a.states[i] = sources_of_files[i]->open(a.source->file, &bad);
	name_mapping(s, mapping, &a);
	close_sources(&a);
}

static void name_all(struct symbolize *s)
{
	struct answer kernel = { .find = find_in_kernel, .ksyms = s->ksyms };
	size_t m;
	int what;

	for (m = 0; m <= s->profile->mapping_cnt; m++) {
		if (s->done[m])
			continue;
		what = source_of(s, m)->what;
		if (!location_cnt(s, m) || what == SOURCE_NONE || what == SOURCE_FIXED)
			name_mapping(s, m, NULL);
		else if (what == SOURCE_KERNEL)
			name_mapping(s, m, &kernel);
		else if (what == SOURCE_JIT)
			name_jit(s, m);
		else
			name_file(s, m);
	}
}

int symbolize_profile(struct profile *p, const struct symbolize_source *sources, size_t source_cnt,
                      const struct ksyms *ksyms, struct symbolize_counters *counters)
{
	struct symbolize s = { .profile = p,
		               .sources = sources,
		               .source_cnt = source_cnt,
		               .ksyms = ksyms,
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
