// SPDX-License-Identifier: Apache-2.0
/*
 * One profile of several. Mappings are equal when they are of one file (build ID, else name), offset and
 * size, wherever they were mapped: addresses follow the first one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/order.h"
#include "profile/profile.h"

/* Sizes of mappings are compared in pages. */
enum { PAGE = 4096 };

struct mapping_key {
	uint64_t size, offset;
	uint32_t file, pad;
};

struct mapping_entry {
	struct mapping_key key;
	uint64_t id;
};

/* What one source's numbers are in the result; 0 = not asked for yet. */
struct merge {
	struct profile *to;
	const struct profile *from;
	struct table mappings; /* struct mapping_entry */
	uint32_t *strings, *mapping_ids, *locations;
	uint32_t *functions;
	struct profile_line *lines;
	size_t line_cap;
	uint32_t *stack;
	size_t stack_cap;
	struct profile_label *labels;
	size_t label_cap;
	struct order_item *order; /* of a sample's labels */
	size_t order_cap;
};

static uint32_t map_string(struct merge *m, uint32_t number)
{
	if (number && !m->strings[number])
		m->strings[number] = profile_string(m->to, profile_text(m->from, number));
	return m->strings[number];
}

/* Also says how far its addresses move. */
static uint32_t map_mapping(struct merge *m, uint32_t id, uint64_t *shift)
{
	const struct profile_mapping *from = profile_mapping(m->from, id);
	struct profile_mapping copy;
	struct mapping_entry *entry;
	struct mapping_key key = { 0 };

	*shift = 0;
	if (!from)
		return 0;
	if (!m->mapping_ids[id]) {
		copy = *from;
		copy.file = map_string(m, from->file);
		copy.build_id = map_string(m, from->build_id);
		key.size = (from->limit - from->start + PAGE - 1) / PAGE;
		key.offset = from->offset;
		key.file = copy.build_id ? copy.build_id : copy.file;
		entry = table_put(&m->mappings, &key, NULL);
		if (!entry) {
			m->to->failed = true;
			return 0;
		}
		if (!entry->id)
			entry->id = profile_add_mapping(m->to, &copy);
		m->mapping_ids[id] = (uint32_t)entry->id;
	}
	if (m->mapping_ids[id])
		*shift = profile_mapping(m->to, m->mapping_ids[id])->start - from->start;
	return m->mapping_ids[id];
}

static uint32_t map_function(struct merge *m, uint32_t id)
{
	const struct profile_function *f = profile_function(m->from, id);

	if (!m->functions[id])
		m->functions[id] =
			profile_add_function(m->to, profile_text(m->from, f->name),
		                             profile_text(m->from, f->system_name),
		                             profile_text(m->from, f->filename), f->start_line);
	return m->functions[id];
}

static uint32_t map_location(struct merge *m, uint32_t id)
{
	const struct profile_location *l = profile_location(m->from, id);
	struct profile_line *lines;
	uint32_t mapping;
	uint64_t shift;
	size_t i;

	if (m->locations[id])
		return m->locations[id];
	lines = array_reserve(m->lines, &m->line_cap, l->line_cnt + 1, sizeof(*lines));
	if (!lines) {
		m->to->failed = true;
		return 0;
	}
	m->lines = lines;
	for (i = 0; i < l->line_cnt; i++) {
		lines[i] = m->from->lines[l->line_first + i];
		lines[i].function = map_function(m, lines[i].function);
	}
	mapping = map_mapping(m, l->mapping, &shift);
	m->locations[id] = profile_add_named_location(m->to, mapping, l->address + shift,
	                                              l->is_folded, lines, l->line_cnt);
	return m->locations[id];
}

static bool is_zero(const struct profile *p, const struct profile_sample *s)
{
	size_t i;

	for (i = 0; i < p->type_cnt; i++)
		if (p->values[s->value_first + i])
			return false;
	return true;
}

/* Texts before numbers. */
static uint64_t rank_of(const struct profile_label *l)
{
	return (uint64_t)l->key << 1 | !l->str;
}

/* By key, so that their order in the file makes no difference; those of one key keep theirs. */
static int sort_labels(struct merge *m, size_t cnt)
{
	struct profile_label *labels = m->labels, *were = labels + cnt;
	struct order_item *order;
	size_t i;

	for (i = 1; i < cnt && rank_of(&labels[i - 1]) <= rank_of(&labels[i]); i++)
		;
	if (i >= cnt)
		return 0;
	order = array_reserve(m->order, &m->order_cap, cnt, sizeof(*order));
	if (!order)
		return -ENOMEM;
	m->order = order;
	memcpy(were, labels, cnt * sizeof(*labels));
	for (i = 0; i < cnt; i++)
		order[i] = (struct order_item){ .key = rank_of(&labels[i]), .id = (uint32_t)i };
	if (order_sort(order, cnt))
		return -ENOMEM;
	for (i = 0; i < cnt; i++)
		labels[i] = were[order[i].id];
	return 0;
}

static void add_sample(struct merge *m, const struct profile_sample *s)
{
	uint32_t *stack = array_reserve(m->stack, &m->stack_cap, s->stack_cnt + 1, sizeof(*stack));
	struct profile_label *labels =
		array_reserve(m->labels, &m->label_cap, 2 * s->label_cnt + 1, sizeof(*labels));
	size_t i;

	m->stack = stack ? stack : m->stack;
	m->labels = labels ? labels : m->labels;
	if (!stack || !labels) {
		m->to->failed = true;
		return;
	}
	for (i = 0; i < s->stack_cnt; i++)
		stack[i] = map_location(m, m->from->stacks[s->stack_first + i]);
	for (i = 0; i < s->label_cnt; i++) {
		labels[i] = m->from->labels[s->label_first + i];
		labels[i].key = map_string(m, labels[i].key);
		labels[i].str = map_string(m, labels[i].str);
		labels[i].unit = map_string(m, labels[i].unit);
	}
	if (sort_labels(m, s->label_cnt)) {
		m->to->failed = true;
		return;
	}
	profile_add_sample(m->to, stack, s->stack_cnt, labels, s->label_cnt,
	                   m->from->values + s->value_first);
}

/* The first mapping of all is the program's: it comes first in the result too. */
static void add_profile(struct merge *m, const struct profile *from)
{
	uint64_t shift;
	size_t i;

	m->from = from;
	m->strings = calloc(from->strings.cnt + 1, sizeof(*m->strings));
	m->mapping_ids = calloc(from->mapping_cnt + 1, sizeof(*m->mapping_ids));
	m->functions = calloc(from->functions.cnt + 1, sizeof(*m->functions));
	m->locations = calloc(from->locations.cnt + 1, sizeof(*m->locations));
	m->to->failed |= !m->strings || !m->mapping_ids || !m->functions || !m->locations;
	if (!m->to->failed && !m->to->mapping_cnt)
		map_mapping(m, 1, &shift);
	for (i = 0; !m->to->failed && i < from->sample_cnt; i++)
		if (!is_zero(from, &from->samples[i]))
			add_sample(m, &from->samples[i]);
	free(m->strings);
	free(m->mapping_ids);
	free(m->functions);
	free(m->locations);
}

/* Each once, however many there are. */
static void add_comments(struct profile *to, const struct profile *from)
{
	size_t strings = to->strings.cnt + from->comment_cnt, i;
	bool *known = calloc(strings + 1, sizeof(*known));
	uint32_t text;

	to->failed |= !known;
	for (i = 0; known && i < to->comment_cnt; i++)
		known[to->comments[i]] = true;
	for (i = 0; !to->failed && i < from->comment_cnt; i++) {
		text = profile_string(to, profile_text(from, from->comments[i]));
		if (!known[text])
			profile_add_comment(to, profile_text(to, text));
		known[text] = true;
	}
	free(known);
}

/* The earliest start, all durations, the longest period. */
static void add_header(struct profile *to, const struct profile *from, bool is_first)
{
	size_t i;

	if (is_first) {
		for (i = 0; i < from->type_cnt; i++)
			profile_add_type(to, profile_text(from, from->types[i].type),
			                 profile_text(from, from->types[i].unit));
		profile_set_period(to, profile_text(from, from->period_type.type),
		                   profile_text(from, from->period_type.unit), from->period);
		to->drop_frames = profile_string(to, profile_text(from, from->drop_frames));
		to->keep_frames = profile_string(to, profile_text(from, from->keep_frames));
	}
	if (!to->time_ns || from->time_ns < to->time_ns)
		to->time_ns = from->time_ns;
	to->duration_ns = profile_sum(to->duration_ns, from->duration_ns);
	if (!to->period || to->period < from->period)
		to->period = from->period;
	if (!to->default_type)
		to->default_type = profile_string(to, profile_text(from, from->default_type));
	add_comments(to, from);
}

static bool has_zero(const struct profile *p)
{
	size_t i;

	for (i = 0; i < p->sample_cnt; i++)
		if (is_zero(p, &p->samples[i]))
			return true;
	return false;
}

struct profile *profile_merge(struct profile *const *profiles, size_t cnt)
{
	struct merge m = { .to = profile_new() };
	struct profile *p = m.to;
	size_t i;

	if (!p)
		return NULL;
	table_init(&m.mappings, sizeof(struct mapping_key), sizeof(struct mapping_entry));
	for (i = 0; i < cnt; i++)
		add_header(p, profiles[i], !i);
	for (i = 0; i < cnt && !p->failed; i++)
		add_profile(&m, profiles[i]);
	table_release(&m.mappings);
	free(m.lines);
	free(m.stack);
	free(m.labels);
	free(m.order);
	if (!p->failed && has_zero(p)) {
		p = profile_merge(&m.to, 1);
		profile_free(m.to);
	}
	if (p && p->failed) {
		profile_free(p);
		return NULL;
	}
	return p;
}
