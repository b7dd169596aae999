// SPDX-License-Identifier: Apache-2.0
/*
 * Builds a profile: everything that is equal exists once. Functions and locations are entries of
 * hash tables, samples lie in an array with a hash table beside it, so adding costs the same
 * however much is there. Only mappings are searched one by one: there are few.
 */
#include "profile/profile.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

/* array_reserve() that keeps the old array, and the failure in mind, when memory is out. */
static void *reserve(struct profile *p, void *items, size_t *cap, size_t need, size_t size)
{
	void *grown = array_reserve(items, cap, need, size);

	if (!grown && need)
		p->failed = true;
	return grown ? grown : items;
}

/* The arrays that ranges lie in always have an address: an empty range of none is nowhere. */
static void reserve_ranges(struct profile *p)
{
	p->lines = reserve(p, p->lines, &p->line_cap, 1, sizeof(*p->lines));
	p->stacks = reserve(p, p->stacks, &p->stack_cap, 1, sizeof(*p->stacks));
	p->labels = reserve(p, p->labels, &p->label_cap, 1, sizeof(*p->labels));
	p->values = reserve(p, p->values, &p->value_cap, 1, sizeof(*p->values));
}

struct profile *profile_new(void)
{
	struct profile *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	table_init(&p->functions, sizeof(struct profile_function), sizeof(struct profile_function));
	table_init(&p->locations, offsetof(struct profile_location, line_first),
	           sizeof(struct profile_location));
	reserve_ranges(p);
	if (!p->failed && !strings_init(&p->strings))
		return p;
	profile_free(p);
	return NULL;
}

void profile_free(struct profile *p)
{
	if (!p)
		return;
	strings_release(&p->strings);
	table_release(&p->functions);
	table_release(&p->locations);
	free(p->types);
	free(p->comments);
	free(p->mappings);
	free(p->lines);
	free(p->samples);
	free(p->stacks);
	free(p->labels);
	free(p->values);
	free(p->sample_slots);
	free(p);
}

uint32_t profile_string_n(struct profile *p, const char *text, size_t len)
{
	uint32_t number = strings_add(&p->strings, text, len);

	if (!number && len && *text)
		p->failed = true;
	return number;
}

uint32_t profile_string(struct profile *p, const char *text)
{
	return text ? profile_string_n(p, text, strlen(text)) : 0;
}

const char *profile_text(const struct profile *p, uint32_t string)
{
	return strings_get(&p->strings, string);
}

void profile_add_type(struct profile *p, const char *type, const char *unit)
{
	struct profile_value_type t = { profile_string(p, type), profile_string(p, unit) };

	p->types = reserve(p, p->types, &p->type_cap, p->type_cnt + 1, sizeof(t));
	if (p->sample_cnt)
		p->failed = true; /* its samples have fewer values */
	if (!p->failed)
		p->types[p->type_cnt++] = t;
}

void profile_set_period(struct profile *p, const char *type, const char *unit, int64_t period)
{
	p->period_type.type = profile_string(p, type);
	p->period_type.unit = profile_string(p, unit);
	p->period = period;
}

void profile_add_comment(struct profile *p, const char *text)
{
	uint32_t number = profile_string(p, text);

	p->comments = reserve(p, p->comments, &p->comment_cap, p->comment_cnt + 1, sizeof(number));
	if (!p->failed)
		p->comments[p->comment_cnt++] = number;
}

uint32_t profile_add_mapping(struct profile *p, const struct profile_mapping *m)
{
	struct profile_mapping copy = *m;

	p->mappings = reserve(p, p->mappings, &p->mapping_cap, p->mapping_cnt + 1, sizeof(copy));
	if (p->failed)
		return 0;
	p->mappings[p->mapping_cnt++] = copy;
	return (uint32_t)p->mapping_cnt;
}

uint32_t profile_add_function(struct profile *p, const char *name, const char *system_name,
                              const char *filename, int64_t start_line)
{
	struct profile_function key = {
		.name = profile_string(p, name),
		.system_name = profile_string(p, system_name),
		.filename = profile_string(p, filename),
		.start_line = start_line,
	};
	void *f = p->failed ? NULL : table_put(&p->functions, &key, NULL);

	if (f)
		return (uint32_t)table_number(&p->functions, f) + 1;
	p->failed = true;
	return 0;
}

static struct profile_location *location_put(struct profile *p, const struct profile_location *key,
                                             bool *is_new)
{
	struct profile_location *l = p->failed ? NULL : table_put(&p->locations, key, is_new);

	if (!l)
		p->failed = true;
	return l;
}

uint32_t profile_add_location(struct profile *p, uint32_t mapping, uint64_t address)
{
	struct profile_location key = { .mapping = mapping, .address = address };
	struct profile_location *l = location_put(p, &key, NULL);

	return l ? (uint32_t)table_number(&p->locations, l) + 1 : 0;
}

static uint64_t lines_hash(const struct profile_line *lines, size_t cnt)
{
	uint64_t hash = cnt;
	size_t i;

	for (i = 0; i < cnt; i++)
		hash = hash_bytes(&lines[i], sizeof(lines[i]), hash);
	return hash ? hash : 1;
}

/* Has no padding, so that lines compare and hash as bytes. */
_Static_assert(sizeof(struct profile_line) == 16, "struct profile_line has a hole");

static bool has_lines(const struct profile *p, const struct profile_location *l,
                      const struct profile_line *lines, size_t cnt)
{
	return l->line_cnt == cnt && !memcmp(p->lines + l->line_first, lines, cnt * sizeof(*lines));
}

uint32_t profile_add_named_location(struct profile *p, uint32_t mapping, uint64_t address,
                                    bool is_folded, const struct profile_line *lines, size_t cnt)
{
	struct profile_location key = { .mapping = mapping,
		                        .is_folded = is_folded,
		                        .address = address,
		                        .lines_key = cnt ? lines_hash(lines, cnt) : 0 };
	struct profile_location *l;
	bool is_new = false;
	uint32_t id;

	/* Other lines under this hash: the next key that is free or has these lines. */
	while ((l = location_put(p, &key, &is_new)) && !is_new && cnt &&
	       !has_lines(p, l, lines, cnt))
		key.lines_key += key.lines_key == UINT64_MAX ? 2 : 1;
	if (!l)
		return 0;
	id = (uint32_t)table_number(&p->locations, l) + 1;
	if (is_new)
		profile_set_lines(p, id, lines, cnt);
	return id;
}

void profile_set_lines(struct profile *p, uint32_t location, const struct profile_line *lines,
                       size_t cnt)
{
	struct profile_location *l = profile_location(p, location);

	if (!l)
		return;
	if (cnt > l->line_cnt) {
		p->lines = reserve(p, p->lines, &p->line_cap, p->line_cnt + cnt, sizeof(*lines));
		if (p->failed)
			return;
		l->line_first = p->line_cnt;
		p->line_cnt += cnt;
	}
	l->line_cnt = cnt;
	if (cnt)
		memcpy(p->lines + l->line_first, lines, cnt * sizeof(*lines));
}

struct profile_location *profile_location(const struct profile *p, uint32_t id)
{
	return id && id <= p->locations.cnt ? table_at(&p->locations, id - 1) : NULL;
}

struct profile_function *profile_function(const struct profile *p, uint32_t id)
{
	return id && id <= p->functions.cnt ? table_at(&p->functions, id - 1) : NULL;
}

struct profile_mapping *profile_mapping(const struct profile *p, uint32_t id)
{
	return id && id <= p->mapping_cnt ? &p->mappings[id - 1] : NULL;
}

static bool is_separator(const struct profile *p, const struct profile_location *l)
{
	const struct profile_function *f;

	if (l->line_cnt != 1)
		return false;
	f = profile_function(p, p->lines[l->line_first].function);
	return f && !strcmp(profile_text(p, f->name), PROFILE_SEPARATOR);
}

size_t profile_own_stack(const struct profile *p, const struct profile_sample *s)
{
	size_t i;

	for (i = s->stack_cnt; i-- > 0;)
		if (is_separator(p, profile_location(p, p->stacks[s->stack_first + i])))
			return i + 1;
	return 0;
}

bool profile_location_is_kernel(const struct profile_location *l)
{
	return l->address >> 63;
}
