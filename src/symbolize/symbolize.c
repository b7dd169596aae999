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

#include "base/array.h"
#include "base/order.h"
#include "base/table.h"
#include "process/file.h"
#include "profile/profile.h"
#include "symbolize/asker.h"
#include "symbolize/demangle.h"
#include "symbolize/ksyms.h"
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

/* Lines of an answer, and what they tell. */
struct asked_answer {
	uint32_t first; /* in 'lines' */
	uint16_t cnt;
	bool has_paths, has_numbers;
};

/* What is asked of a worker: offsets in their order, and where those of the locations are among them. */
struct asked {
	uint64_t *offsets;
	uint32_t *ranks; /* of the locations in the order of mappings */
	struct asked_answer *answers;
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
	s->asked = calloc(maps + 1, sizeof(*s->asked));
	s->linkage = malloc(DEMANGLE_MAX);
	if (!s->order || !s->first || !s->done || !s->asked || !s->linkage)
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

static void set_nameless(struct symbolize *s, uint32_t location, const struct profile_mapping *m)
{
	struct profile_line line = { .function = nameless_function(s, m) };

	if (line.function)
		profile_set_lines(s->profile, location, &line, 1);
}

/* Location number i of the order, with what is known there, told in its mapping's flags too. */
static void place_answer(struct symbolize *s, size_t i, struct profile_mapping *m,
                         const struct asked_answer *answer, const struct profile_line *lines)
{
	s->counters->locations++;
	s->counters->named += answer->cnt != 0;
	if (!answer->cnt) {
		set_nameless(s, s->order[i], m);
		return;
	}
	m->has_filenames |= answer->has_paths;
	m->has_line_numbers |= answer->has_numbers;
	m->has_inline_frames |= answer->cnt > 1;
	if (!s->profile->failed)
		profile_set_lines(s->profile, s->order[i], lines, answer->cnt);
}

static void place_nameless(struct symbolize *s, size_t i, struct profile_mapping *m)
{
	place_answer(s, i, m, &(struct asked_answer){ .cnt = 0 }, NULL);
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
	return is_nameless(profile_location(s->profile, s->order[i]));
}

/* Nobody knows names of what is left of this mapping. */
static void name_nothing(struct symbolize *s, size_t mapping)
{
	struct profile_mapping *m = profile_mapping(s->profile, (uint32_t)mapping);
	size_t i;

	for (i = s->first[mapping]; i < s->first[mapping + 1]; i++)
		if (is_open(s, i))
			place_nameless(s, i, m);
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
	const struct asked_answer one = { .cnt = 1 };
	struct names_frame frame = { 0 };
	struct profile_line line = { 0 };
	struct ksym sym;
	uint64_t address;
	size_t i;

	for (i = s->first[mapping]; i < s->first[mapping + 1]; i++) {
		address = profile_location(s->profile, s->order[i])->address;
		if (!s->ksyms || ksyms_find(s->ksyms, address, &sym)) {
			place_nameless(s, i, m);
			continue;
		}
		frame.linkage = sym.name;
		line.function = function_of(s, &frame);
		place_answer(s, i, m, &one, &line);
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

	return in + (q->jit ? source_of(s, mapping)->start : m->offset);
}

/* Those of all its locations that are open, in the order of mappings; NULL: none, or no memory. */
static struct order_item *offsets_of(const struct symbolize *s, const struct asker_question *q,
                                     size_t *cnt)
{
	struct order_item *items;
	size_t map, i;

	for (*cnt = 0, map = 1; map <= s->profile->mapping_cnt; map++)
		if (is_asked(s, map, q))
			*cnt += location_cnt(s, map);
	items = *cnt ? malloc(*cnt * sizeof(*items)) : NULL;
	for (*cnt = 0, map = 1; items && map <= s->profile->mapping_cnt; map++)
		for (i = s->first[map]; is_asked(s, map, q) && i < s->first[map + 1]; i++)
			if (is_open(s, i)) {
				items[*cnt] = (struct order_item){ .key = offset_of(s, map, i, q),
					                           .id = (uint32_t)*cnt };
				(*cnt)++;
			}
	return items;
}

static void asked_release(struct asked *a)
{
	free(a->offsets);
	free(a->ranks);
	free(a->answers);
	free(a->lines);
}

/* In order, so that what lies together is read together. False: nothing is asked, or memory is out. */
static bool asked_fill(const struct symbolize *s, struct asker_question *q, struct asked *a)
{
	struct order_item *items = offsets_of(s, q, &q->cnt);
	size_t i;

	a->offsets = items ? malloc((q->cnt + 1) * sizeof(*a->offsets)) : NULL;
	a->ranks = items ? malloc((q->cnt + 1) * sizeof(*a->ranks)) : NULL;
	a->answers = items ? malloc((q->cnt + 1) * sizeof(*a->answers)) : NULL;
	if (!a->offsets || !a->ranks || !a->answers || order_sort(items, q->cnt)) {
		free(items);
		return false;
	}
	for (i = 0; i < q->cnt; i++) {
		a->offsets[i] = items[i].key;
		a->ranks[items[i].id] = (uint32_t)i;
	}
	free(items);
	q->offsets = a->offsets;
	return q->cnt;
}

static bool make_answer(struct symbolize *s, struct asked *a, size_t i,
                        const struct names_frame *frames, size_t cnt)
{
	struct profile_line *lines =
		array_reserve(a->lines, &a->line_cap, a->line_cnt + cnt + 1, sizeof(*lines));
	struct asked_answer *to = &a->answers[i];
	size_t n;

	if (!lines)
		return false;
	a->lines = lines;
	*to = (struct asked_answer){ .first = (uint32_t)a->line_cnt, .cnt = (uint16_t)cnt };
	for (n = 0; n < cnt; n++) {
		lines[a->line_cnt++] =
			(struct profile_line){ .function = function_of(s, &frames[n]),
			                       .line = frames[n].line };
		to->has_paths |= frames[n].path != NULL;
		to->has_numbers |= frames[n].line != 0;
	}
	return true;
}

/* Lines of all answers; what neighbours have in common is made once. */
static bool make_answers(struct symbolize *s, const struct asker_question *q, struct asked *a)
{
	const struct names_frame *frames, *last = NULL;
	size_t i, cnt;

	for (i = 0; i < q->cnt; i++) {
		frames = asker_frames(&s->asker, i, &cnt);
		if (cnt && frames == last)
			a->answers[i] = a->answers[i - 1];
		else if (!make_answer(s, a, i, frames, cnt))
			return false;
		last = frames;
	}
	return true;
}

/*
 * Gives the answers to the locations that were asked about. What a program does not name of its code
 * stays open.
 */
static void name_answered(struct symbolize *s, const struct asker_question *q,
                          const struct asked *a)
{
	const struct asked_answer *answer;
	struct profile_mapping *m;
	size_t map, i, at = 0;

	for (map = 1; map <= s->profile->mapping_cnt; map++) {
		if (!is_asked(s, map, q))
			continue;
		m = profile_mapping(s->profile, (uint32_t)map);
		for (i = s->first[map]; i < s->first[map + 1]; i++) {
			if (!is_open(s, i))
				continue;
			answer = &a->answers[a->ranks[at++]];
			if (answer->cnt || !q->jit)
				place_answer(s, i, m, answer, a->lines + answer->first);
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

	if (asked_fill(s, q, &a)) {
		asker_ask(&s->asker, q);
		s->verbatim = q->jit != NULL;
		if (make_answers(s, q, &a))
			name_answered(s, q, &a);
		else
			s->profile->failed = true;
		s->verbatim = false;
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

	if (source->what == SOURCE_KERNEL)
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
