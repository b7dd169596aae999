// SPDX-License-Identifier: Apache-2.0
/*
 * Reads pprof files. The fields of the outermost message are taken one by one and in four passes,
 * so that what is named is there before what names it, whatever order the file has; nothing is kept
 * but the profile and the numbers of the file. What they take is bounded by the size of the data.
 */
#include "format/pprof_read.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/err.h"
#include "base/table.h"
#include "format/gzip.h"
#include "format/pprof_wire.h"
#include "profile.pb-c.h"
#include "profile/profile.h"

/* Each sample has as many values; several profiles are compared type by type. */
enum { TYPES_MAX = 1024 };

struct id {
	uint64_t in_file;
	uint64_t in_profile;
};

struct reader {
	struct profile *p;
	uint32_t *strings; /* by number in the file */
	size_t string_cnt, string_cap;
	struct table mappings, functions, locations; /* struct id */
	uint32_t seen;                               /* a bit for each field that comes once */
	uint32_t *stack;
	size_t stack_cap;
	struct profile_label *labels;
	size_t label_cap;
	struct profile_line *lines;
	size_t line_cap;
	struct err *e;
};

static int malformed(struct reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static int malformed(struct reader *r, const char *fmt, ...)
{
	char what[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return err_set(r->e, -EINVAL, "malformed profile: %s", what);
}

static int no_memory(struct reader *r)
{
	return err_set(r->e, -ENOMEM, "out of memory for a profile");
}

/* No message is too large for its decoder, but for the memory that it takes. */
static int undecodable(struct reader *r, const char *what)
{
	return errno == ENOMEM ? no_memory(r) : malformed(r, "a %s cannot be decoded", what);
}

/* The profile's number of the file's string; 'what' has it. */
static int string(struct reader *r, int64_t number, const char *what, uint32_t *ret)
{
	if (number < 0 || (uint64_t)number >= r->string_cnt)
		return malformed(r, "%s names string %lld of %zu", what, (long long)number,
		                 r->string_cnt);
	*ret = r->strings[number];
	return 0;
}

static int add_id(struct reader *r, struct table *ids, uint64_t in_file, uint32_t in_profile,
                  const char *what)
{
	struct id *id;
	bool is_new;

	if (!in_profile)
		return no_memory(r);
	if (!in_file)
		return malformed(r, "a %s has the id 0", what);
	id = table_put(ids, &in_file, &is_new);
	if (!id)
		return no_memory(r);
	if (!is_new)
		return malformed(r, "two of its %ss have the id %llu", what,
		                 (unsigned long long)in_file);
	id->in_profile = in_profile;
	return 0;
}

/* 0: the file has no such id. */
static uint32_t find_id(const struct table *ids, uint64_t in_file)
{
	const struct id *id = table_get(ids, &in_file);

	return id ? (uint32_t)id->in_profile : 0;
}

static int read_string(struct reader *r, const struct pprof_field *f)
{
	uint32_t *strings =
		array_reserve(r->strings, &r->string_cap, r->string_cnt + 1, sizeof(*strings));

	if (!strings)
		return no_memory(r);
	r->strings = strings;
	if (!r->string_cnt && f->size)
		return malformed(r, "its first string is not empty");
	r->strings[r->string_cnt++] = profile_string_n(r->p, (const char *)f->data, f->size);
	return 0;
}

static int read_value_type(struct reader *r, const struct pprof_field *f,
                           struct profile_value_type *t)
{
	Perftools__Profiles__ValueType *m =
		perftools__profiles__value_type__unpack(NULL, f->size, f->data);
	int err;

	if (!m)
		return undecodable(r, "value type");
	err = string(r, m->type, "a value type", &t->type);
	if (!err)
		err = string(r, m->unit, "a value type", &t->unit);
	perftools__profiles__value_type__free_unpacked(m, NULL);
	return err;
}

static int read_sample_type(struct reader *r, const struct pprof_field *f)
{
	struct profile_value_type t;
	int err = read_value_type(r, f, &t);

	if (!err && r->p->type_cnt == TYPES_MAX)
		return malformed(r, "it has more than %d sample types", TYPES_MAX);
	if (!err)
		profile_add_type(r->p, profile_text(r->p, t.type), profile_text(r->p, t.unit));
	return err;
}

static int read_period_type(struct reader *r, const struct pprof_field *f)
{
	return read_value_type(r, f, &r->p->period_type);
}

static int add_mapping(struct reader *r, const Perftools__Profiles__Mapping *m)
{
	struct profile_mapping to = {
		.start = m->memory_start,
		.limit = m->memory_limit,
		.offset = m->file_offset,
		.has_functions = m->has_functions,
		.has_filenames = m->has_filenames,
		.has_line_numbers = m->has_line_numbers,
		.has_inline_frames = m->has_inline_frames,
	};
	int err = string(r, m->filename, "a mapping", &to.file);

	if (!err)
		err = string(r, m->build_id, "a mapping", &to.build_id);
	if (err)
		return err;
	return add_id(r, &r->mappings, m->id, profile_add_mapping(r->p, &to), "mapping");
}

static int read_mapping(struct reader *r, const struct pprof_field *f)
{
	Perftools__Profiles__Mapping *m =
		perftools__profiles__mapping__unpack(NULL, f->size, f->data);
	int err;

	if (!m)
		return undecodable(r, "mapping");
	err = add_mapping(r, m);
	perftools__profiles__mapping__free_unpacked(m, NULL);
	return err;
}

static int add_function(struct reader *r, const Perftools__Profiles__Function *m)
{
	uint32_t name = 0, system_name = 0, filename = 0, id;
	int err = string(r, m->name, "a function", &name);

	if (!err)
		err = string(r, m->system_name, "a function", &system_name);
	if (!err)
		err = string(r, m->filename, "a function", &filename);
	if (err)
		return err;
	id = profile_add_function(r->p, profile_text(r->p, name), profile_text(r->p, system_name),
	                          profile_text(r->p, filename), m->start_line);
	return add_id(r, &r->functions, m->id, id, "function");
}

static int read_function(struct reader *r, const struct pprof_field *f)
{
	Perftools__Profiles__Function *m =
		perftools__profiles__function__unpack(NULL, f->size, f->data);
	int err;

	if (!m)
		return undecodable(r, "function");
	err = add_function(r, m);
	perftools__profiles__function__free_unpacked(m, NULL);
	return err;
}

static int add_location(struct reader *r, const Perftools__Profiles__Location *m)
{
	struct profile_line *lines =
		array_reserve(r->lines, &r->line_cap, m->n_line + 1, sizeof(*lines));
	uint32_t id;
	size_t i;

	if (!lines)
		return no_memory(r);
	r->lines = lines;
	for (i = 0; i < m->n_line; i++) {
		lines[i].function = find_id(&r->functions, m->line[i]->function_id);
		lines[i].line = m->line[i]->line;
		lines[i].column = (uint32_t)m->line[i]->column;
		if (!lines[i].function)
			return malformed(r, "a line names function %llu, which is not there",
			                 (unsigned long long)m->line[i]->function_id);
		if (m->line[i]->column < 0 || m->line[i]->column > UINT32_MAX)
			return malformed(r, "a line has the column %lld",
			                 (long long)m->line[i]->column);
	}
	id = profile_add_named_location(r->p, find_id(&r->mappings, m->mapping_id), m->address,
	                                m->is_folded, lines, m->n_line);
	return add_id(r, &r->locations, m->id, id, "location");
}

static int read_location(struct reader *r, const struct pprof_field *f)
{
	Perftools__Profiles__Location *m =
		perftools__profiles__location__unpack(NULL, f->size, f->data);
	int err;

	if (!m)
		return undecodable(r, "location");
	err = add_location(r, m);
	perftools__profiles__location__free_unpacked(m, NULL);
	return err;
}

/* A label that says nothing is dropped, as every reader does. */
static int add_labels(struct reader *r, const Perftools__Profiles__Sample *m, size_t *cnt)
{
	const Perftools__Profiles__Label *from;
	struct profile_label *to;
	size_t i;

	to = array_reserve(r->labels, &r->label_cap, m->n_label + 1, sizeof(*to));
	if (!to)
		return no_memory(r);
	r->labels = to;
	for (i = 0, *cnt = 0; i < m->n_label; i++) {
		from = m->label[i];
		if (string(r, from->key, "a label", &to->key) ||
		    string(r, from->str, "a label", &to->str) ||
		    string(r, from->num_unit, "a label", &to->unit))
			return -EINVAL;
		if (!from->str && !from->num && !from->num_unit)
			continue;
		to->num = from->num;
		to++;
		(*cnt)++;
	}
	return 0;
}

static int add_stack(struct reader *r, const Perftools__Profiles__Sample *m)
{
	uint32_t *stack =
		array_reserve(r->stack, &r->stack_cap, m->n_location_id + 1, sizeof(*stack));
	size_t i;

	if (!stack)
		return no_memory(r);
	r->stack = stack;
	for (i = 0; i < m->n_location_id; i++) {
		stack[i] = find_id(&r->locations, m->location_id[i]);
		if (!stack[i])
			return malformed(r, "a sample names location %llu, which is not there",
			                 (unsigned long long)m->location_id[i]);
	}
	return 0;
}

static int add_sample(struct reader *r, const Perftools__Profiles__Sample *m)
{
	size_t label_cnt = 0;
	int err;

	if (!r->p->type_cnt)
		return malformed(r, "it has samples and no sample types");
	if (m->n_value != r->p->type_cnt)
		return malformed(r, "a sample has %zu values for %zu sample types", m->n_value,
		                 r->p->type_cnt);
	err = add_stack(r, m);
	if (!err)
		err = add_labels(r, m, &label_cnt);
	if (!err)
		profile_append_sample(r->p, r->stack, m->n_location_id, r->labels, label_cnt,
		                      m->value);
	return err;
}

static int read_sample(struct reader *r, const struct pprof_field *f)
{
	Perftools__Profiles__Sample *m =
		perftools__profiles__sample__unpack(NULL, f->size, f->data);
	int err;

	if (!m)
		return undecodable(r, "sample");
	err = add_sample(r, m);
	perftools__profiles__sample__free_unpacked(m, NULL);
	return err;
}

static int read_drop_frames(struct reader *r, const struct pprof_field *f)
{
	return string(r, (int64_t)f->value, "drop_frames", &r->p->drop_frames);
}

static int read_keep_frames(struct reader *r, const struct pprof_field *f)
{
	return string(r, (int64_t)f->value, "keep_frames", &r->p->keep_frames);
}

static int read_number(struct reader *r, const struct pprof_field *f)
{
	struct profile *p = r->p;

	*(f->number == 9    ? &p->time_ns
	  : f->number == 10 ? &p->duration_ns
	                    : &p->period) = (int64_t)f->value;
	return 0;
}

static int read_default_type(struct reader *r, const struct pprof_field *f)
{
	return string(r, (int64_t)f->value, "default_sample_type", &r->p->default_type);
}

static int add_comment(struct reader *r, uint64_t number)
{
	uint32_t text = 0;
	int err = string(r, (int64_t)number, "a comment", &text);

	if (!err)
		profile_add_comment(r->p, profile_text(r->p, text));
	return err;
}

/* One number, or several packed. */
static int read_comment(struct reader *r, const struct pprof_field *f)
{
	const uint8_t *at = f->data, *end;
	uint64_t number;
	int err = 0;

	if (f->wire == WIRE_VARINT)
		return add_comment(r, f->value);
	end = at + f->size;
	while (!err && !r->p->failed && at < end) {
		if (!pprof_take_varint(&at, end, &number))
			return malformed(r, "a comment cannot be decoded");
		err = add_comment(r, number);
	}
	return err;
}

struct row {
	uint32_t wires; /* bits */
	unsigned int pass;
	bool is_single;
	int (*read)(struct reader *r, const struct pprof_field *f);
};

enum { VARINT = 1 << WIRE_VARINT, BYTES = 1 << WIRE_BYTES, PASS_CNT = 4 };

/* By the number of the field in message Profile. */
static const struct row rows[] = {
	[1] = { BYTES, 1, false, read_sample_type },
	[2] = { BYTES, 3, false, read_sample },
	[3] = { BYTES, 1, false, read_mapping },
	[4] = { BYTES, 2, false, read_location },
	[5] = { BYTES, 1, false, read_function },
	[6] = { BYTES, 0, false, read_string },
	[7] = { VARINT, 1, true, read_drop_frames },
	[8] = { VARINT, 1, true, read_keep_frames },
	[9] = { VARINT, 1, true, read_number },
	[10] = { VARINT, 1, true, read_number },
	[11] = { BYTES, 1, true, read_period_type },
	[12] = { VARINT, 1, true, read_number },
	[13] = { VARINT | BYTES, 1, false, read_comment },
	[14] = { VARINT, 1, true, read_default_type },
};

static int read_field(struct reader *r, unsigned int pass, const struct pprof_field *f)
{
	const struct row *row = f->number < sizeof(rows) / sizeof(*rows) ? &rows[f->number] : NULL;

	if (!row || !row->read)
		return 0;
	if (row->is_single && !pass) {
		if (r->seen & 1u << f->number)
			return malformed(r, "two profiles in one file, keep each in its own");
		r->seen |= 1u << f->number;
	}
	if (row->pass != pass)
		return 0;
	if (!(row->wires & 1u << f->wire))
		return malformed(r, "field %u has the wrong type", (unsigned int)f->number);
	errno = 0;
	return row->read(r, f);
}

static int read_pass(struct reader *r, unsigned int pass, const uint8_t *data, size_t size)
{
	const uint8_t *at = data, *end = data + size, *begin;
	struct pprof_field f = { 0 };
	int err = 0;

	while (!err && !r->p->failed && at < end) {
		begin = at;
		if (!pprof_take_field(&at, end, &f))
			return malformed(r, "it cannot be decoded from byte %zu of %zu on",
			                 (size_t)(begin - data), size);
		err = read_field(r, pass, &f);
	}
	if (!err && r->p->failed)
		err = no_memory(r);
	return err;
}

static int read_message(struct reader *r, const uint8_t *data, size_t size)
{
	unsigned int pass;
	int err = 0;

	if (!size)
		return malformed(r, "it is empty");
	for (pass = 0; !err && pass < PASS_CNT; pass++) {
		err = read_pass(r, pass, data, size);
		if (!err && !r->string_cnt)
			err = malformed(r, "it has no strings");
	}
	return err;
}

static struct profile *read_raw(const uint8_t *data, size_t size, struct err *e)
{
	struct reader r = { .p = profile_new(), .e = e };
	struct profile *p = r.p;

	table_init(&r.mappings, sizeof(uint64_t), sizeof(struct id));
	table_init(&r.functions, sizeof(uint64_t), sizeof(struct id));
	table_init(&r.locations, sizeof(uint64_t), sizeof(struct id));
	if (!p) {
		no_memory(&r);
	} else if (read_message(&r, data, size)) {
		profile_free(p);
		p = NULL;
	}
	table_release(&r.mappings);
	table_release(&r.functions);
	table_release(&r.locations);
	free(r.strings);
	free(r.stack);
	free(r.labels);
	free(r.lines);
	return p;
}

struct profile *pprof_read(const unsigned char *data, size_t size, struct err *e)
{
	unsigned char *raw = NULL;
	struct profile *p;
	size_t raw_size;

	if (!gzip_is(data, size))
		return read_raw(data, size, e);
	if (gzip_read(data, size, &raw, &raw_size, e))
		return NULL;
	p = read_raw(raw, raw_size, e);
	free(raw);
	return p;
}
