// SPDX-License-Identifier: Apache-2.0
#include "symbolize/symbolize.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "process/file.h"
#include "profile/profile.h"
#include "symbolize/demangle.h"
#include "symbolize/ksyms.h"
#include "symbolize/names.h"

struct symbolize {
	struct profile *profile;
	const struct symbolize_source *sources;
	size_t source_cnt;
	const struct ksyms *ksyms;
	struct symbolize_counters *counters;
	uint32_t *
		order; /* location ids, sorted by mapping: first[m] to first[m + 1] are those of m */
	size_t *first;
	bool *done; /* mappings */
};

static int order_locations(struct symbolize *s)
{
	size_t cnt = s->profile->locations.cnt, maps = s->profile->mapping_cnt, i;

	s->order = calloc(cnt + 1, sizeof(*s->order));
	s->first = calloc(maps + 3, sizeof(*s->first));
	s->done = calloc(maps + 1, sizeof(*s->done));
	if (!s->order || !s->first || !s->done)
		return -ENOMEM;
	/* Counting sort; first[] is shifted by one while it is filled. */
	for (i = 1; i <= cnt; i++)
		s->first[profile_location(s->profile, (uint32_t)i)->mapping + 2]++;
	for (i = 1; i < maps + 3; i++)
		s->first[i] += s->first[i - 1];
	for (i = 1; i <= cnt; i++)
		s->order[s->first[profile_location(s->profile, (uint32_t)i)->mapping + 1]++] =
			(uint32_t)i;
	return 0;
}

/* Native names: the linkage name is kept, so that tools can demangle otherwise (pprof does). */
static uint32_t add_function(struct symbolize *s, const char *linkage)
{
	char *name = demangle(linkage, DEMANGLE_SHORT);
	uint32_t id = profile_add_function(s->profile, name ? name : linkage, linkage, "", 0);

	free(name);
	return id;
}

/* [libfoo.so.1]: what pprof itself prints for a file without names. */
static uint32_t add_nameless(struct symbolize *s, uint32_t mapping)
{
	const struct profile_mapping *m = profile_mapping(s->profile, mapping);
	const char *path = m ? profile_text(s->profile, m->file) : "", *base = strrchr(path, '/');
	char name[300];

	if (path[0] == '[')
		snprintf(name, sizeof(name), "%.290s", path);
	else if (!*path || !strcmp(path, "//anon"))
		snprintf(name, sizeof(name), "[anon]");
	else
		snprintf(name, sizeof(name), "[%.290s]", base && base[1] ? base + 1 : path);
	return profile_add_function(s->profile, name, name, path, 0);
}

static void set_function(struct symbolize *s, uint32_t location, uint32_t function)
{
	struct profile_line line = { .function = function };

	if (function)
		profile_set_lines(s->profile, location, &line, 1);
}

typedef const char *(*find_fn)(struct symbolize *s, void *arg, uint32_t mapping, uint64_t address);

/* Names the locations of one mapping; a linkage name's function is made once for a run of them. */
static void name_mapping(struct symbolize *s, uint32_t mapping, find_fn find, void *arg)
{
	const char *last = NULL, *name;
	uint32_t function = 0, nameless = 0, id;
	size_t i;

	for (i = s->first[mapping]; i < s->first[mapping + 1]; i++) {
		id = s->order[i];
		if (profile_location(s->profile, id)->line_cnt)
			continue;
		s->counters->locations++;
		name = find ? find(s, arg, mapping, profile_location(s->profile, id)->address)
		            : NULL;
		if (!name) {
			if (!nameless)
				nameless = add_nameless(s, mapping);
			set_function(s, id, nameless);
			continue;
		}
		s->counters->named++;
		if (name != last)
			function = add_function(s, name);
		last = name;
		set_function(s, id, function);
	}
	if (mapping) {
		profile_mapping(s->profile, mapping)->has_functions = true;
		s->done[mapping] = true;
	}
}

struct opened {
	const struct names_source *source;
	void *state;
};

static const char *find_in_file(struct symbolize *s, void *arg, uint32_t mapping, uint64_t address)
{
	const struct opened *o = arg;
	const struct profile_mapping *m = profile_mapping(s->profile, mapping);

	return o->source->find(o->state, m->offset + (address - m->start));
}

static const char *find_in_kernel(struct symbolize *s, void *arg, uint32_t mapping,
                                  uint64_t address)
{
	struct ksym sym;

	return ksyms_find(s->ksyms, address, &sym) ? NULL : sym.name;
}

static const struct symbolize_source *source_of(const struct symbolize *s, size_t mapping)
{
	static const struct symbolize_source none = { .what = SOURCE_NONE };

	return mapping && mapping <= s->source_cnt ? &s->sources[mapping - 1] : &none;
}

/* All mappings of one file while its names are open: one file at a time in memory. */
static void name_file(struct symbolize *s, uint32_t first)
{
	struct file *file = source_of(s, first)->file;
	struct opened o = { .source = &names_elf };
	bool bad = false;
	size_t m;

	o.state = o.source->open(file, &bad);
	s->counters->unreadable_files += bad;
	for (m = first; m <= s->profile->mapping_cnt; m++)
		if (source_of(s, m)->what == SOURCE_FILE && source_of(s, m)->file == file)
			name_mapping(s, (uint32_t)m, o.state ? find_in_file : NULL, &o);
	if (o.state)
		o.source->close(o.state);
}

static void name_all(struct symbolize *s)
{
	size_t m;

	for (m = 0; m <= s->profile->mapping_cnt; m++) {
		if (s->done[m])
			continue;
		switch (source_of(s, m)->what) {
		case SOURCE_FILE:
			name_file(s, (uint32_t)m);
			break;
		case SOURCE_KERNEL:
			name_mapping(s, (uint32_t)m, s->ksyms ? find_in_kernel : NULL, NULL);
			break;
		default:
			name_mapping(s, (uint32_t)m, NULL, NULL);
		}
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

	if (!err)
		name_all(&s);
	free(s.order);
	free(s.first);
	free(s.done);
	return err || p->failed ? -ENOMEM : 0;
}
