// SPDX-License-Identifier: Apache-2.0
/*
 * Is a profile one that readers take? A file that breaks a rule of the references is refused by
 * every reader; one that breaks a rule of the labels, or names a mapping that is not there, loses
 * data on the way and nobody says so. An answer is what is wrong, NULL when nothing is.
 */
#include "profile/profile.h"

#include <stdlib.h>
#include <string.h>

static bool is_string(const struct profile *p, uint32_t number)
{
	return number < p->strings.cnt;
}

/* Do 'cnt' items from 'first' lie in an array of 'all'? */
static bool is_range(size_t first, size_t cnt, size_t all)
{
	return first <= all && cnt <= all - first;
}

static const char *check_header(const struct profile *p)
{
	size_t i;

	if (p->failed)
		return "it is incomplete: memory was out while it was built";
	if (!p->strings.cnt || *profile_text(p, 0))
		return "string 0 is not empty";
	for (i = 0; i < p->type_cnt; i++)
		if (!is_string(p, p->types[i].type) || !is_string(p, p->types[i].unit))
			return "a sample type names a string that does not exist";
	for (i = 0; i < p->comment_cnt; i++)
		if (!is_string(p, p->comments[i]))
			return "a comment names a string that does not exist";
	if (!is_string(p, p->default_type) || !is_string(p, p->drop_frames) ||
	    !is_string(p, p->keep_frames) || !is_string(p, p->period_type.type) ||
	    !is_string(p, p->period_type.unit))
		return "the header names a string that does not exist";
	return NULL;
}

static const char *check_tables(const struct profile *p)
{
	const struct profile_function *f;
	size_t i;

	for (i = 0; i < p->mapping_cnt; i++)
		if (!is_string(p, p->mappings[i].file) || !is_string(p, p->mappings[i].build_id))
			return "a mapping names a string that does not exist";
	for (i = 0; i < p->functions.cnt; i++) {
		f = table_at(&p->functions, i);
		if (!is_string(p, f->name) || !is_string(p, f->system_name) ||
		    !is_string(p, f->filename))
			return "a function names a string that does not exist";
	}
	return NULL;
}

static const char *check_locations(const struct profile *p)
{
	const struct profile_location *l;
	size_t i, j;

	for (i = 0; i < p->locations.cnt; i++) {
		l = table_at(&p->locations, i);
		if (l->mapping > p->mapping_cnt)
			return "a location names a mapping that does not exist";
		if (!is_range(l->line_first, l->line_cnt, p->line_cnt))
			return "a location has lines that do not exist";
		for (j = 0; j < l->line_cnt; j++)
			if (!profile_function(p, p->lines[l->line_first + j].function))
				return "a line names a function that does not exist";
	}
	return NULL;
}

static const char *check_sample(const struct profile *p, const struct profile_sample *s)
{
	const struct profile_label *l;
	size_t i;

	if (!is_range(s->value_first, p->type_cnt, p->value_cnt))
		return "a sample has fewer values than there are sample types";
	if (!is_range(s->stack_first, s->stack_cnt, p->stack_cnt))
		return "a sample has frames that do not exist";
	if (!is_range(s->label_first, s->label_cnt, p->label_cnt))
		return "a sample has labels that do not exist";
	for (i = 0; i < s->stack_cnt; i++)
		if (!profile_location(p, p->stacks[s->stack_first + i]))
			return "a sample names a location that does not exist";
	for (i = 0; i < s->label_cnt; i++) {
		l = &p->labels[s->label_first + i];
		if (!is_string(p, l->key) || !is_string(p, l->str) || !is_string(p, l->unit))
			return "a label names a string that does not exist";
	}
	return NULL;
}

const char *profile_check_references(const struct profile *p)
{
	const char *wrong = check_header(p);
	size_t i;

	if (!wrong)
		wrong = check_tables(p);
	if (!wrong)
		wrong = check_locations(p);
	if (!wrong && p->sample_cnt && !p->type_cnt)
		wrong = "it has samples and no sample types";
	for (i = 0; !wrong && i < p->sample_cnt; i++)
		wrong = check_sample(p, &p->samples[i]);
	return wrong;
}

static const char *check_label(const struct profile *p, const struct profile_label *l)
{
	if (!l->key)
		return "a label has no key";
	if (!strncmp(profile_text(p, l->key), "pprof::", 7))
		return "a label's key is reserved";
	if (l->str && (l->num || l->unit))
		return "a label is a text and a number";
	if (!l->str && !l->num && !l->unit)
		return "a label is empty, or 0 without a unit: readers lose it";
	return NULL;
}

static const char *check_labels(const struct profile *p, const struct profile_sample *s)
{
	const struct profile_label *labels = p->labels + s->label_first;
	const char *wrong = NULL;
	size_t i, j;

	for (i = 0; !wrong && i < s->label_cnt; i++) {
		wrong = check_label(p, &labels[i]);
		for (j = 0; !wrong && j < i; j++)
			if (labels[j].key == labels[i].key)
				wrong = "a sample has two labels with one key";
	}
	return wrong;
}

static bool is_type(const struct profile *p, uint32_t type)
{
	size_t i;

	for (i = 0; i < p->type_cnt; i++)
		if (p->types[i].type == type)
			return true;
	return false;
}

const char *profile_check(const struct profile *p)
{
	const char *wrong = profile_check_references(p);
	size_t i;

	if (!wrong && p->default_type && !is_type(p, p->default_type))
		wrong = "the default sample type is not one of the sample types";
	for (i = 0; !wrong && i < p->sample_cnt; i++)
		wrong = check_labels(p, &p->samples[i]);
	return wrong;
}

static int by_start(const void *a, const void *b)
{
	const struct profile_mapping *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static const char *check_disjoint(const struct profile *p)
{
	struct profile_mapping *sorted = calloc(p->mapping_cnt + 1, sizeof(*sorted));
	const char *wrong = NULL;
	uint64_t limit = 0; /* of all before */
	size_t i;

	if (!sorted)
		return "memory is out";
	if (p->mapping_cnt)
		memcpy(sorted, p->mappings, p->mapping_cnt * sizeof(*sorted));
	qsort(sorted, p->mapping_cnt, sizeof(*sorted), by_start);
	for (i = 0; !wrong && i < p->mapping_cnt; i++) {
		if (sorted[i].limit < sorted[i].start)
			wrong = "a mapping ends before it starts";
		else if (sorted[i].limit > sorted[i].start && sorted[i].start < limit)
			wrong = "two mappings overlap";
		if (limit < sorted[i].limit)
			limit = sorted[i].limit;
	}
	free(sorted);
	return wrong;
}

static const char *check_place(const struct profile *p, const struct profile_location *l)
{
	const struct profile_mapping *m = profile_mapping(p, l->mapping);

	if (!m)
		return "a location has no mapping";
	if (l->address < m->start || l->address >= m->limit)
		return "a location lies outside its mapping";
	return NULL;
}

const char *profile_check_capture(const struct profile *p, bool symbolized)
{
	const char *wrong = profile_check(p);
	const struct profile_location *l;
	const struct profile_function *f;
	size_t i;

	if (!wrong)
		wrong = check_disjoint(p);
	for (i = 0; !wrong && i < p->locations.cnt; i++) {
		l = table_at(&p->locations, i);
		wrong = check_place(p, l);
		if (!wrong && symbolized && !l->line_cnt)
			wrong = "a location has no line";
	}
	for (i = 0; !wrong && i < p->functions.cnt; i++) {
		f = table_at(&p->functions, i);
		wrong = f->name ? NULL : "a function has no name";
	}
	return wrong;
}
