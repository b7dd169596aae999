// SPDX-License-Identifier: Apache-2.0
/*
 * Writes pprof files. A protobuf message that is cut into several is the same message, so a profile
 * is packed entry by entry into the compressor and never lies in memory as a whole. Only strings
 * that something names are written, numbered in the order of their first use.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/utf8.h"
#include "format/format.h"
#include "format/gzip.h"
#include "format/pprof_order.h"
#include "format/pprof_read.h"
#include "profile.pb-c.h"
#include "profile/profile.h"

struct writer {
	ProtobufCBuffer
		base; /* gives what is packed to 'gzip'; the first, so that it is found from here */
	struct gzip_writer gzip;
	const struct profile *p;
	struct pprof_order order;
	int64_t *numbers;  /* in the file, by number in the profile; -1 = not used yet */
	uint32_t *strings; /* the other way */
	size_t string_cnt;
	/* What one sample or location is packed from: as large as the largest. */
	uint64_t *ids;
	Perftools__Profiles__Label *labels, **label_list;
	Perftools__Profiles__Line *lines, **line_list;
};

static const Perftools__Profiles__Profile empty_chunk = PERFTOOLS__PROFILES__PROFILE__INIT;

static void append(ProtobufCBuffer *buffer, size_t size, const uint8_t *data)
{
	gzip_writer_add(&((struct writer *)buffer)->gzip, data, size);
}

static void put(struct writer *w, const Perftools__Profiles__Profile *chunk)
{
	protobuf_c_message_pack_to_buffer(&chunk->base, &w->base);
}

static int64_t string(struct writer *w, uint32_t number)
{
	if (w->numbers[number] < 0) {
		w->numbers[number] = (int64_t)w->string_cnt;
		w->strings[w->string_cnt++] = number;
	}
	return w->numbers[number];
}

static Perftools__Profiles__ValueType value_type(struct writer *w,
                                                 const struct profile_value_type *t)
{
	Perftools__Profiles__ValueType m = PERFTOOLS__PROFILES__VALUE_TYPE__INIT;

	m.type = string(w, t->type);
	m.unit = string(w, t->unit);
	return m;
}

static void put_types(struct writer *w)
{
	Perftools__Profiles__ValueType type, *list = &type;
	Perftools__Profiles__Profile chunk = empty_chunk;
	size_t i;

	chunk.n_sample_type = 1;
	chunk.sample_type = &list;
	for (i = 0; i < w->p->type_cnt; i++) {
		type = value_type(w, &w->p->types[i]);
		put(w, &chunk);
	}
}

static void fill_labels(struct writer *w, const struct profile_sample *s)
{
	const struct profile_label *l = w->p->labels + s->label_first;
	size_t i;

	for (i = 0; i < s->label_cnt; i++) {
		w->labels[i].key = string(w, l[i].key);
		w->labels[i].str = string(w, l[i].str);
		w->labels[i].num = l[i].num;
		w->labels[i].num_unit = string(w, l[i].unit);
	}
}

static void put_samples(struct writer *w)
{
	Perftools__Profiles__Sample sample = PERFTOOLS__PROFILES__SAMPLE__INIT, *list = &sample;
	const struct profile *p = w->p;
	const struct profile_sample *s;
	Perftools__Profiles__Profile chunk = empty_chunk;
	size_t i, j;

	chunk.n_sample = 1;
	chunk.sample = &list;
	sample.location_id = w->ids;
	sample.label = w->label_list;
	sample.n_value = p->type_cnt;
	for (i = 0; i < p->sample_cnt; i++) {
		s = &p->samples[w->order.samples.order[i]];
		for (j = 0; j < s->stack_cnt; j++)
			w->ids[j] = w->order.locations.ids[p->stacks[s->stack_first + j] - 1];
		sample.n_location_id = s->stack_cnt;
		sample.value = p->values + s->value_first;
		fill_labels(w, s);
		sample.n_label = s->label_cnt;
		put(w, &chunk);
	}
}

static void put_mappings(struct writer *w)
{
	Perftools__Profiles__Mapping mapping = PERFTOOLS__PROFILES__MAPPING__INIT, *list = &mapping;
	const struct profile_mapping *m;
	Perftools__Profiles__Profile chunk = empty_chunk;
	size_t i;

	chunk.n_mapping = 1;
	chunk.mapping = &list;
	for (i = 0; i < w->p->mapping_cnt; i++) {
		m = &w->p->mappings[w->order.mappings.order[i]];
		mapping.id = i + 1;
		mapping.memory_start = m->start;
		mapping.memory_limit = m->limit;
		mapping.file_offset = m->offset;
		mapping.filename = string(w, m->file);
		mapping.build_id = string(w, m->build_id);
		mapping.has_functions = m->has_functions;
		mapping.has_filenames = m->has_filenames;
		mapping.has_line_numbers = m->has_line_numbers;
		mapping.has_inline_frames = m->has_inline_frames;
		put(w, &chunk);
	}
}

static void fill_lines(struct writer *w, const struct profile_location *l)
{
	const struct profile_line *line = w->p->lines + l->line_first;
	size_t i;

	for (i = 0; i < l->line_cnt; i++) {
		w->lines[i].function_id = w->order.functions.ids[line[i].function - 1];
		w->lines[i].line = line[i].line;
		w->lines[i].column = line[i].column;
	}
}

static void put_locations(struct writer *w)
{
	Perftools__Profiles__Location location = PERFTOOLS__PROFILES__LOCATION__INIT;
	Perftools__Profiles__Location *list = &location;
	const struct profile_location *l;
	Perftools__Profiles__Profile chunk = empty_chunk;
	size_t i;

	chunk.n_location = 1;
	chunk.location = &list;
	location.line = w->line_list;
	for (i = 0; i < w->p->locations.cnt; i++) {
		l = table_at(&w->p->locations, w->order.locations.order[i]);
		location.id = i + 1;
		location.mapping_id = l->mapping ? w->order.mappings.ids[l->mapping - 1] : 0;
		location.address = l->address;
		location.is_folded = l->is_folded;
		location.n_line = l->line_cnt;
		fill_lines(w, l);
		put(w, &chunk);
	}
}

static void put_functions(struct writer *w)
{
	Perftools__Profiles__Function function = PERFTOOLS__PROFILES__FUNCTION__INIT;
	Perftools__Profiles__Function *list = &function;
	const struct profile_function *f;
	Perftools__Profiles__Profile chunk = empty_chunk;
	size_t i;

	chunk.n_function = 1;
	chunk.function = &list;
	for (i = 0; i < w->p->functions.cnt; i++) {
		f = table_at(&w->p->functions, w->order.functions.order[i]);
		function.id = i + 1;
		function.name = string(w, f->name);
		function.system_name = string(w, f->system_name);
		function.filename = string(w, f->filename);
		function.start_line = f->start_line;
		put(w, &chunk);
	}
}

/* The strings of the header, which is written behind them. */
static void number_header(struct writer *w)
{
	const struct profile *p = w->p;
	size_t i;

	value_type(w, &p->period_type);
	string(w, p->drop_frames);
	string(w, p->keep_frames);
	for (i = 0; i < p->comment_cnt; i++)
		string(w, p->comments[i]);
	string(w, p->default_type);
}

static int put_strings(struct writer *w)
{
	Perftools__Profiles__Profile chunk = empty_chunk;
	char *text, *copy;
	size_t i;

	chunk.n_string_table = 1;
	chunk.string_table = &text;
	for (i = 0; i < w->string_cnt; i++) {
		text = (char *)utf8_only(profile_text(w->p, w->strings[i]), &copy);
		if (!text)
			return -ENOMEM;
		put(w, &chunk);
		free(copy);
	}
	return 0;
}

static int put_header(struct writer *w)
{
	Perftools__Profiles__ValueType period_type = value_type(w, &w->p->period_type);
	Perftools__Profiles__Profile header = empty_chunk;
	const struct profile *p = w->p;
	size_t i;

	header.comment = calloc(p->comment_cnt + 1, sizeof(*header.comment));
	if (!header.comment)
		return -ENOMEM;
	header.n_comment = p->comment_cnt;
	for (i = 0; i < p->comment_cnt; i++)
		header.comment[i] = string(w, p->comments[i]);
	header.drop_frames = string(w, p->drop_frames);
	header.keep_frames = string(w, p->keep_frames);
	header.time_nanos = p->time_ns;
	header.duration_nanos = p->duration_ns;
	if (period_type.type || period_type.unit)
		header.period_type = &period_type;
	header.period = p->period;
	header.default_sample_type = string(w, p->default_type);
	put(w, &header);
	free(header.comment);
	return 0;
}

static size_t longest_stack(const struct profile *p)
{
	size_t max = 0, i;

	for (i = 0; i < p->sample_cnt; i++)
		if (max < p->samples[i].stack_cnt)
			max = p->samples[i].stack_cnt;
	return max;
}

static int alloc_labels(struct writer *w)
{
	static const Perftools__Profiles__Label empty = PERFTOOLS__PROFILES__LABEL__INIT;
	size_t max = 0, i;

	for (i = 0; i < w->p->sample_cnt; i++)
		if (max < w->p->samples[i].label_cnt)
			max = w->p->samples[i].label_cnt;
	w->labels = calloc(max + 1, sizeof(*w->labels));
	w->label_list = calloc(max + 1, sizeof(*w->label_list));
	if (!w->labels || !w->label_list)
		return -ENOMEM;
	for (i = 0; i < max; i++) {
		w->labels[i] = empty;
		w->label_list[i] = &w->labels[i];
	}
	return 0;
}

static int alloc_lines(struct writer *w)
{
	static const Perftools__Profiles__Line empty = PERFTOOLS__PROFILES__LINE__INIT;
	const struct profile_location *l;
	size_t max = 0, i;

	for (i = 0; i < w->p->locations.cnt; i++) {
		l = table_at(&w->p->locations, i);
		if (max < l->line_cnt)
			max = l->line_cnt;
	}
	w->lines = calloc(max + 1, sizeof(*w->lines));
	w->line_list = calloc(max + 1, sizeof(*w->line_list));
	if (!w->lines || !w->line_list)
		return -ENOMEM;
	for (i = 0; i < max; i++) {
		w->lines[i] = empty;
		w->line_list[i] = &w->lines[i];
	}
	return 0;
}

static int writer_init(struct writer *w, const struct profile *p)
{
	size_t i;

	memset(w, 0, sizeof(*w));
	w->base.append = append;
	w->p = p;
	if (pprof_order_init(&w->order, p))
		return -ENOMEM;
	w->numbers = malloc(p->strings.cnt * sizeof(*w->numbers));
	w->strings = calloc(p->strings.cnt, sizeof(*w->strings));
	w->ids = calloc(longest_stack(p) + 1, sizeof(*w->ids));
	if (!w->numbers || !w->strings || !w->ids)
		return -ENOMEM;
	for (i = 0; i < p->strings.cnt; i++)
		w->numbers[i] = -1;
	string(w, 0);
	return alloc_labels(w) || alloc_lines(w) ? -ENOMEM : 0;
}

static void writer_release(struct writer *w)
{
	pprof_order_release(&w->order);
	free(w->numbers);
	free(w->strings);
	free(w->ids);
	free(w->labels);
	free(w->label_list);
	free(w->lines);
	free(w->line_list);
}

static int write_all(struct writer *w, int level, FILE *out)
{
	int err = gzip_writer_init(&w->gzip, out, level), end;

	if (err)
		return err;
	put_types(w);
	put_samples(w);
	put_mappings(w);
	put_locations(w);
	put_functions(w);
	number_header(w);
	err = put_strings(w);
	if (!err)
		err = put_header(w);
	end = gzip_writer_end(&w->gzip);
	return err ? err : end;
}

static int pprof_write(const struct profile *p, const struct format_options *options, FILE *out,
                       struct err *e)
{
	const char *wrong = profile_check_references(p);
	struct writer w;
	int err;

	if (wrong)
		return err_set(e, -EINVAL, "the profile cannot be written: %s", wrong);
	if (options->gzip_level < 1 || options->gzip_level > 9)
		return err_set(e, -EINVAL, "gzip level %d is not 1 to 9", options->gzip_level);
	err = writer_init(&w, p);
	if (!err)
		err = write_all(&w, options->gzip_level, out);
	if (err == -ENOMEM)
		err_set(e, err, "out of memory for a pprof file");
	writer_release(&w);
	return err;
}

const struct format format_pprof = {
	.name = "pprof",
	.suffixes = { ".pb.gz", ".pb", ".prof", ".pprof" },
	.help = "for go tool pprof and most viewers, complete",
	.write = pprof_write,
	.read = pprof_read,
};
