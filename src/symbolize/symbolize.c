// SPDX-License-Identifier: Apache-2.0
/*
 * The locations are put in order of their mappings; then file by file, whose mappings may be many, a
 * worker opens the file's sources of names and answers for each of its locations.
 */
#include "symbolize/symbolize.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/order.h"
#include "base/table.h"
#include "process/file.h"
#include "profile/profile.h"
#include "symbolize/asker.h"
#include "symbolize/demangle.h"
#include "symbolize/ksyms.h"
#include "symbolize/nameless.h"
#include "symbolize/names.h"

/* A function is its linkage name, source file and first line; it is demangled once. */
struct function_key {
	uint32_t linkage, path; /* strings */
	uint32_t start_line;
};

struct function_entry {
	struct function_key key;
	uint32_t function;
};

/* What is known at an offset that was asked about. */
struct known {
	const struct names_frame *frames;
	uint32_t cnt;
	uint32_t line; /* where the lines that were made of them begin */
};

/* What is asked: offsets in their order, and where those of the locations are among them. */
struct asked {
	uint64_t *offsets;
	uint32_t *ranks; /* of the locations in the order of mappings */
	struct known *known;
	struct profile_line *lines;
	size_t line_cnt, line_cap;
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
	bool *asked;   /* mappings whose program has been asked */
	char *linkage; /* DEMANGLE_MAX bytes: the name in hand */
	bool verbatim; /* no linker wrote it: no '@' in it is a version's */
	struct asker asker;
};

static int order_locations(struct symbolize *s)
{
	size_t cnt = s->profile->locations.cnt, maps = s->profile->mapping_cnt, i;
	const struct profile_location *l;

	s->order = calloc(cnt + 1, sizeof(*s->order));
	s->first = calloc(maps + 3, sizeof(*s->first));
	s->done = calloc(maps + 1, sizeof(*s->done));
	s->asked = calloc(maps + 1, sizeof(*s->asked));
	s->linkage = malloc(DEMANGLE_MAX);
	if (!s->order || !s->first || !s->done || !s->asked || !s->linkage)
		return -ENOMEM;
	/* A counting sort; while it fills, first[m + 1] is where the next one of mapping m goes. */
	for (i = 1; i <= cnt; i++) {
		l = profile_location(s->profile, (uint32_t)i);
		if (nameless_is(s->profile, l) && l->mapping <= maps)
			s->first[l->mapping + 2]++;
	}
	for (i = 1; i < maps + 3; i++)
		s->first[i] += s->first[i - 1];
	for (i = 1; i <= cnt; i++) {
		l = profile_location(s->profile, (uint32_t)i);
		if (nameless_is(s->profile, l) && l->mapping <= maps)
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

	if (len && !s->verbatim)
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
	struct profile_line line = { .function = nameless_function(s->profile, m) };

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

/* Is location number i of the order still to be named? */
static bool is_open(const struct symbolize *s, size_t i)
{
	return nameless_is(s->profile, profile_location(s->profile, s->order[i]));
}

/* Nobody knows names of what is left of this mapping. */
static void name_nothing(struct symbolize *s, size_t mapping)
{
	struct profile_mapping *m = profile_mapping(s->profile, (uint32_t)mapping);
	size_t i;

	for (i = s->first[mapping]; i < s->first[mapping + 1]; i++)
		if (is_open(s, i))
			name_location(s, i, m, NULL, 0);
	mapping_done(s, mapping);
}

static const struct symbolize_source *source_of(const struct symbolize *s, size_t mapping)
{
	static const struct symbolize_source none = { .what = SOURCE_NONE };

	return mapping && mapping <= s->source_cnt ? &s->sources[mapping - 1] : &none;
}

static void name_kernel(struct symbolize *s, size_t mapping)
{
	struct profile_mapping *m = profile_mapping(s->profile, (uint32_t)mapping);
	const uint64_t shift = source_of(s, mapping)->shift;
	struct names_frame frame = { 0 };
	struct ksym sym;
	uint64_t address;
	bool found;
	size_t i;

	for (i = s->first[mapping]; i < s->first[mapping + 1]; i++) {
		address = profile_location(s->profile, s->order[i])->address;
		found = s->ksyms && !ksyms_find(s->ksyms, address + shift, &sym);
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

/* Is this mapping a part of what is asked? */
static bool is_asked(const struct symbolize *s, size_t mapping, const struct asker_question *q)
{
	const struct symbolize_source *source = source_of(s, mapping);

	if (q->jit)
		return source->what == SOURCE_JIT && source->jit == q->jit;
	return (source->what == SOURCE_FILE || source->what == SOURCE_JIT) &&
	       source->file == q->file &&
	       !is_other_vdso(q->file, &s->profile->mappings[mapping - 1]);
}

/* What is asked of location number i of the order: the file's offset, or the program's address. */
static uint64_t offset_of(const struct symbolize *s, size_t mapping, size_t i,
                          const struct asker_question *q)
{
	const struct profile_mapping *m = profile_mapping(s->profile, (uint32_t)mapping);
	uint64_t in = profile_location(s->profile, s->order[i])->address - m->start;

	if (q->jit)
		return in + source_of(s, mapping)->start;
	return in + m->offset + source_of(s, mapping)->shift;
}

/* Of all its locations that are open, in the order of mappings; NULL: none, or no memory. */
static struct order_item *offsets_of(const struct symbolize *s, struct asker_question *q)
{
	struct order_item *items;
	size_t map, i, cnt = 0;

	for (map = 1; map <= s->profile->mapping_cnt; map++)
		if (is_asked(s, map, q))
			cnt += location_cnt(s, map);
	items = cnt ? malloc(cnt * sizeof(*items)) : NULL;
	for (map = 1; items && map <= s->profile->mapping_cnt; map++) {
		for (i = s->first[map]; is_asked(s, map, q) && i < s->first[map + 1]; i++) {
			if (!is_open(s, i))
				continue;
			items[q->cnt] = (struct order_item){ .key = offset_of(s, map, i, q),
				                             .id = (uint32_t)q->cnt };
			q->cnt++;
		}
	}
	return items;
}

static void asked_release(struct asked *a)
{
	free(a->offsets);
	free(a->ranks);
	free(a->known);
	free(a->lines);
}

/* In order, so that what lies together is read together. False: nothing is asked, or memory is out. */
static bool asked_fill(struct symbolize *s, struct asker_question *q, struct asked *a)
{
	struct order_item *items = offsets_of(s, q);
	size_t i;

	if (q->cnt) {
		a->offsets = malloc(q->cnt * sizeof(*a->offsets));
		a->ranks = malloc(q->cnt * sizeof(*a->ranks));
		a->known = malloc(q->cnt * sizeof(*a->known));
	}
	if (!a->offsets || !a->ranks || !a->known || order_sort(items, q->cnt)) {
		free(items);
		return false;
	}
	for (i = 0; i < q->cnt; i++) {
		a->offsets[i] = items[i].key;
		a->ranks[items[i].id] = (uint32_t)i;
	}
	q->offsets = a->offsets;
	free(items);
	return true;
}

/* Lines of what is known at an offset; neighbours that have the same frames share them. */
static void know(struct symbolize *s, struct asked *a, size_t i)
{
	struct known *k = &a->known[i];
	struct profile_line *lines;
	size_t cnt;

	k->frames = asker_frames(&s->asker, i, &cnt);
	k->cnt = (uint32_t)cnt;
	k->line = (uint32_t)a->line_cnt;
	if (i && cnt == k[-1].cnt && k->frames == k[-1].frames)
		k->line = k[-1].line;
	if (!cnt || k->line != a->line_cnt)
		return;
	lines = array_reserve(a->lines, &a->line_cap, a->line_cnt + cnt, sizeof(*lines));
	if (!lines) {
		s->profile->failed = true;
		k->cnt = 0;
		return;
	}
	a->lines = lines;
	make_lines(s, k->frames, cnt, lines + a->line_cnt);
	a->line_cnt += cnt;
}

/*
 * Gives the answers to the locations that offsets_of() asked about, in the same order. What a program
 * does not name of its code stays open.
 */
static void name_answered(struct symbolize *s, const struct asker_question *q,
                          const struct asked *a)
{
	struct profile_mapping *m;
	const struct known *k;
	size_t map, i, at = 0;

	for (map = 1; map <= s->profile->mapping_cnt; map++) {
		if (!is_asked(s, map, q))
			continue;
		m = profile_mapping(s->profile, (uint32_t)map);
		for (i = s->first[map]; i < s->first[map + 1]; i++) {
			if (!is_open(s, i))
				continue;
			k = &a->known[a->ranks[at++]];
			if (k->cnt || !q->jit)
				place_lines(s, i, m, k->frames, a->lines + k->line, k->cnt);
		}
		s->asked[map] = true;
		if (!q->jit)
			mapping_done(s, map);
	}
}

/* All mappings at once; those that could not be asked about are left to be nameless. */
static void name_asked(struct symbolize *s, struct asker_question *q)
{
	struct asked a = { 0 };
	size_t i;

	if (asked_fill(s, q, &a)) {
		asker_ask(&s->asker, q);
		s->verbatim = q->jit != NULL;
		for (i = 0; i < q->cnt; i++)
			know(s, &a, i);
		s->verbatim = false;
		name_answered(s, q, &a);
		asker_done(&s->asker);
	}
	asked_release(&a);
}

/* Code that programs made, by what they say of it. */
static void name_code(struct symbolize *s)
{
	struct asker_question q;
	size_t map;

	for (map = 1; map <= s->profile->mapping_cnt; map++) {
		q = (struct asker_question){ .jit = source_of(s, map)->jit };
		if (source_of(s, map)->what == SOURCE_JIT && location_cnt(s, map) && !s->asked[map])
			name_asked(s, &q);
	}
}

static void name_file(struct symbolize *s, const struct file *file)
{
	struct asker_question q = { .file = file };

	if (file && file->fd >= 0)
		name_asked(s, &q);
}

static void name_mapping(struct symbolize *s, size_t mapping)
{
	const struct symbolize_source *source = source_of(s, mapping);

	if (source->what == SOURCE_LATER) {
		s->counters->locations += location_cnt(s, mapping);
		s->done[mapping] = true;
	} else if (source->what == SOURCE_KERNEL)
		name_kernel(s, mapping);
	else if (location_cnt(s, mapping) &&
	         (source->what == SOURCE_FILE || source->what == SOURCE_JIT))
		name_file(s, source->file);
	if (!s->done[mapping])
		name_nothing(s, mapping);
}

static void name_all(struct symbolize *s)
{
	size_t m;

	name_code(s);
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

	asker_init(&s.asker, options, counters);
	table_init(&s.functions, sizeof(struct function_key), sizeof(struct function_entry));
	if (!err)
		name_all(&s);
	table_release(&s.functions);
	free(s.order);
	free(s.first);
	free(s.done);
	free(s.asked);
	free(s.linkage);
	return err || p->failed ? -ENOMEM : 0;
}
