// SPDX-License-Identifier: Apache-2.0
/*
 * The locations are put in order of their mappings; then file by file, whose mappings may be many, a
 * worker opens the file's sources of names and answers for each of its locations.
 */
#include "symbolize/symbolize.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/order.h"
#include "process/file.h"
#include "profile/profile.h"
#include "symbolize/asked.h"
#include "symbolize/asker.h"
#include "symbolize/ksyms.h"
#include "symbolize/lines.h"
#include "symbolize/nameless.h"
#include "symbolize/names.h"

struct symbolize {
	struct profile *profile;
	const struct symbolize_source *sources;
	size_t source_cnt;
	const struct ksyms *ksyms;
	const struct symbolize_options *options;
	struct symbolize_counters *counters;
	uint32_t *order; /* nameless locations; those of mapping m begin at first[m] */
	size_t *first;
	bool *done;  /* mappings */
	bool *asked; /* mappings whose program has been asked */
	struct asker asker;
	struct lines lines;
};

static int order_locations(struct symbolize *s)
{
	size_t cnt = s->profile->locations.cnt, maps = s->profile->mapping_cnt, i;
	const struct profile_location *l;

	s->order = calloc(cnt + 1, sizeof(*s->order));
	s->first = calloc(maps + 3, sizeof(*s->first));
	s->done = calloc(maps + 1, sizeof(*s->done));
	s->asked = calloc(maps + 1, sizeof(*s->asked));
	if (!s->order || !s->first || !s->done || !s->asked)
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

	lines_make(&s->lines, frames, cnt, lines);
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

/* Of all its locations that are open, numbered in the order of mappings; NULL: none, or no memory. */
static struct order_item *offsets_of(const struct symbolize *s, const struct asker_question *q,
                                     size_t *ret)
{
	struct order_item *items;
	size_t map, i, cnt = 0, n = 0;

	for (map = 1; map <= s->profile->mapping_cnt; map++)
		if (is_asked(s, map, q))
			cnt += location_cnt(s, map);
	items = cnt ? malloc(cnt * sizeof(*items)) : NULL;
	for (map = 1; items && map <= s->profile->mapping_cnt; map++) {
		for (i = s->first[map]; is_asked(s, map, q) && i < s->first[map + 1]; i++) {
			if (!is_open(s, i))
				continue;
			items[n] = (struct order_item){ .key = offset_of(s, map, i, q),
				                        .id = (uint32_t)n };
			n++;
		}
	}
	*ret = n;
	return items;
}

/*
 * Gives the answers to the locations that offsets_of() asked about, in the same order. What a program
 * does not name of its code stays open.
 */
static void name_answered(struct symbolize *s, const struct asker_question *q,
                          const struct asked *a)
{
	const struct names_frame *frames;
	const struct profile_line *lines;
	struct profile_mapping *m;
	size_t map, i, cnt, at = 0;

	for (map = 1; map <= s->profile->mapping_cnt; map++) {
		if (!is_asked(s, map, q))
			continue;
		m = profile_mapping(s->profile, (uint32_t)map);
		for (i = s->first[map]; i < s->first[map + 1]; i++) {
			if (!is_open(s, i))
				continue;
			cnt = asked_lines(a, at++, &frames, &lines);
			if (cnt || !q->jit)
				place_lines(s, i, m, frames, lines, cnt);
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
	size_t cnt = 0;
	struct order_item *items = offsets_of(s, q, &cnt);

	if (cnt && !asked_init(&a, items, cnt)) {
		asked_put(&a, &s->asker, q, &s->lines);
		name_answered(s, q, &a);
		asker_done(&s->asker);
	}
	asked_release(&a);
	free(items);
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
	int err = order_locations(&s) ?: lines_init(&s.lines, p, options->demangle);

	asker_init(&s.asker, options, counters);
	if (!err)
		name_all(&s);
	lines_release(&s.lines);
	free(s.order);
	free(s.first);
	free(s.done);
	free(s.asked);
	return err || p->failed ? -ENOMEM : 0;
}
