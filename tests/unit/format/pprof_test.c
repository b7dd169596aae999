// SPDX-License-Identifier: Apache-2.0
/* What is written is read back, all of it, and equal profiles are equal files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "format/format.h"
#include "format/gzip.h"
#include "../../consumers/profiles.h"
#include "profile.pb-c.h"

struct bytes {
	char *data;
	size_t size;
};

static struct bytes write_level(const struct profile *p, int level)
{
	struct format_options options;
	struct err e = { "" };
	struct bytes b;
	FILE *out = open_memstream(&b.data, &b.size);

	format_options_init(&options);
	options.gzip_level = level;
	if (format_pprof.write(p, &options, out, &e))
		fail_msg("%s", e.msg);
	fclose(out);
	return b;
}

static struct profile *read_back(const struct bytes *b)
{
	struct err e = { "" };
	struct profile *p = format_pprof.read((unsigned char *)b->data, b->size, &e);

	if (!p)
		fail_msg("%s", e.msg);
	return p;
}

static void same_text(const struct profile *p, uint32_t a, const struct profile *q, uint32_t b)
{
	assert_string_equal(profile_text(p, a), profile_text(q, b));
}

static void same_header(const struct profile *p, const struct profile *q)
{
	size_t i;

	assert_int_equal(p->type_cnt, q->type_cnt);
	for (i = 0; i < p->type_cnt; i++) {
		same_text(p, p->types[i].type, q, q->types[i].type);
		same_text(p, p->types[i].unit, q, q->types[i].unit);
	}
	same_text(p, p->default_type, q, q->default_type);
	same_text(p, p->period_type.type, q, q->period_type.type);
	same_text(p, p->period_type.unit, q, q->period_type.unit);
	same_text(p, p->drop_frames, q, q->drop_frames);
	same_text(p, p->keep_frames, q, q->keep_frames);
	assert_int_equal(p->period, q->period);
	assert_int_equal(p->time_ns, q->time_ns);
	assert_int_equal(p->duration_ns, q->duration_ns);
	assert_int_equal(p->comment_cnt, q->comment_cnt);
	for (i = 0; i < p->comment_cnt; i++)
		same_text(p, p->comments[i], q, q->comments[i]);
	assert_int_equal(p->mapping_cnt, q->mapping_cnt);
	assert_int_equal(p->functions.cnt, q->functions.cnt);
	assert_int_equal(p->locations.cnt, q->locations.cnt);
	assert_int_equal(p->sample_cnt, q->sample_cnt);
	for (i = 0; i < p->type_cnt; i++)
		assert_int_equal(profile_total(p, i), profile_total(q, i));
}

/*
 * The order in the file comes from the contents: reading and writing again changes no byte, so
 * nothing was lost or turned, if the file says it at all; test_everything looks into that.
 */
static void round_trip(struct profile *p)
{
	struct bytes a, b;
	struct profile *q;

	assert_non_null(p);
	a = write_level(p, 6);
	q = read_back(&a);
	same_header(p, q);
	b = write_level(q, 6);
	assert_int_equal(a.size, b.size);
	assert_memory_equal(a.data, b.data, a.size);
	profile_free(p);
	profile_free(q);
	free(a.data);
	free(b.data);
}

static void test_round_trips(void **state)
{
	round_trip(test_cpu_profile("/src/work.c", 1));
	round_trip(test_heap_profile());
	round_trip(test_offcpu_profile());
	round_trip(test_zoo_profile());
	round_trip(profile_new());
}

static struct profile *everything(void)
{
	struct profile *p = test_offcpu_profile();
	struct profile_mapping m = { .start = 0x1000,
		                     .limit = 0x5000,
		                     .offset = 0x3000,
		                     .file = profile_string(p, "/all"),
		                     .build_id = profile_string(p, "ab12"),
		                     .has_inline_frames = true };
	struct profile_line lines[2];
	struct profile_label labels[2];
	const int64_t values[] = { -1, INT64_MIN, INT64_MAX };
	uint32_t stack[3];

	p->drop_frames = profile_string(p, "drop.*");
	p->keep_frames = profile_string(p, "keep.*");
	profile_add_comment(p, "one");
	profile_add_comment(p, "");
	m.file = profile_string(p, "/all");
	lines[0].function = profile_add_function(p, "in", "_in", "/in.c", -5);
	lines[0].line = -7;
	lines[0].column = UINT32_MAX;
	lines[1].function = profile_add_function(p, "out", "", "", INT64_MAX);
	lines[1].line = INT64_MAX;
	lines[1].column = 3;
	stack[0] = profile_add_named_location(p, profile_add_mapping(p, &m), UINT64_MAX, true,
	                                      lines, 2);
	stack[1] = profile_add_location(p, 0, 0);
	stack[2] = stack[0];
	labels[0] = test_number_label(p, "n", INT64_MIN, "bytes");
	labels[1] = test_number_label(p, "zero", 0, "cpu");
	profile_add_sample(p, stack, 3, labels, 2, values);
	return p;
}

static const struct profile_sample *find_sample(const struct profile *p, size_t stack_cnt)
{
	size_t i;

	for (i = 0; i < p->sample_cnt; i++)
		if (p->samples[i].stack_cnt == stack_cnt)
			return &p->samples[i];
	return NULL;
}

static void check_location(const struct profile *q, const struct profile_location *l)
{
	const struct profile_mapping *m = profile_mapping(q, l->mapping);
	const struct profile_line *line = q->lines + l->line_first;

	assert_true(l->address == UINT64_MAX && l->is_folded && l->line_cnt == 2);
	assert_true(line[0].line == -7 && line[0].column == UINT32_MAX);
	assert_true(line[1].line == INT64_MAX && line[1].column == 3);
	assert_string_equal(profile_text(q, profile_function(q, line[0].function)->name), "in");
	assert_string_equal(profile_text(q, profile_function(q, line[0].function)->system_name),
	                    "_in");
	assert_true(profile_function(q, line[0].function)->start_line == -5);
	assert_true(profile_function(q, line[1].function)->start_line == INT64_MAX);
	assert_true(m->start == 0x1000 && m->limit == 0x5000 && m->offset == 0x3000);
	assert_string_equal(profile_text(q, m->file), "/all");
	assert_string_equal(profile_text(q, m->build_id), "ab12");
	assert_true(m->has_inline_frames && !m->has_functions && !m->has_filenames &&
	            !m->has_line_numbers);
}

static void test_everything(void **state)
{
	struct profile *p = everything(), *q;
	struct bytes b = write_level(p, 6);
	const struct profile_sample *s;
	const struct profile_label *l;

	q = read_back(&b);
	same_header(p, q);
	assert_string_equal(profile_text(q, q->keep_frames), "keep.*");
	assert_string_equal(profile_text(q, q->default_type), "delay");
	s = find_sample(q, 3);
	assert_non_null(s);
	check_location(q, profile_location(q, q->stacks[s->stack_first]));
	assert_int_equal(profile_location(q, q->stacks[s->stack_first + 1])->mapping, 0);
	assert_int_equal(q->stacks[s->stack_first], q->stacks[s->stack_first + 2]);
	assert_true(q->values[s->value_first] == -1);
	assert_true(q->values[s->value_first + 1] == INT64_MIN);
	assert_true(q->values[s->value_first + 2] == INT64_MAX);
	l = q->labels + s->label_first;
	assert_int_equal(s->label_cnt, 2);
	assert_true(l[0].num == INT64_MIN && !l[0].str && l[1].num == 0);
	assert_string_equal(profile_text(q, l[0].unit), "bytes");
	assert_string_equal(profile_text(q, l[1].unit), "cpu");
	free(b.data);
	profile_free(q);
	round_trip(p);
}

/* The same content, added the other way round. */
static void test_stable_order(void **state)
{
	static const char *const names[] = { "alpha", "beta", "gamma", "delta" };
	struct bytes b[2];
	int64_t values[] = { 1, 2 };
	int turn, i, at;

	for (turn = 0; turn < 2; turn++) {
		struct profile *p = test_cpu_header();
		uint32_t id, m[3];

		m[0] = test_mapping(p, "/zz/main", "", 0x1000, 0x1000, 0);
		m[1 + turn] =
			test_mapping(p, turn ? "/b" : "/a", "", turn ? 0x5000 : 0x3000, 0x1000, 0);
		m[2 - turn] =
			test_mapping(p, turn ? "/a" : "/b", "", turn ? 0x3000 : 0x5000, 0x1000, 0);
		for (i = 0; i < 4; i++) {
			at = turn ? 3 - i : i;
			id = test_frame(p, m[1 + at % 2],
			                (at % 2 ? 0x5000u : 0x3000u) + (unsigned int)at, names[at],
			                names[at], "", at);
			profile_add_sample(p, &id, 1, NULL, 0, values);
		}
		b[turn] = write_level(p, 6);
		profile_free(p);
	}
	assert_int_equal(b[0].size, b[1].size);
	assert_memory_equal(b[0].data, b[1].data, b[0].size);
	free(b[0].data);
	free(b[1].data);
}

/* Mapping 1 is the main program and stays it. */
static void test_first_mapping(void **state)
{
	struct profile *p = test_cpu_header(), *q;
	struct bytes b;

	test_mapping(p, "/zz/main", "", 0x1000, 0x1000, 0);
	test_mapping(p, "/aa/lib", "", 0x2000, 0x1000, 0);
	b = write_level(p, 6);
	q = read_back(&b);
	assert_string_equal(profile_text(q, q->mappings[0].file), "/zz/main");
	assert_string_equal(profile_text(q, q->mappings[1].file), "/aa/lib");
	profile_free(p);
	profile_free(q);
	free(b.data);
}

static Perftools__Profiles__Profile *unpack(const struct bytes *b)
{
	Perftools__Profiles__Profile *m;
	unsigned char *raw;
	size_t size;

	assert_int_equal(gzip_read((unsigned char *)b->data, b->size, &raw, &size, NULL), 0);
	m = perftools__profiles__profile__unpack(NULL, size, raw);
	assert_non_null(m);
	free(raw);
	return m;
}

static void test_as_message(void **state)
{
	struct profile *p = test_cpu_profile("/src/work.c", 1);
	struct bytes b = write_level(p, 6);
	Perftools__Profiles__Profile *m = unpack(&b);
	size_t i;

	assert_string_equal(m->string_table[0], "");
	for (i = 1; i < m->n_string_table; i++)
		assert_string_not_equal(m->string_table[i], "");
	for (i = 0; i < m->n_location; i++)
		assert_int_equal(m->location[i]->id, i + 1);
	for (i = 0; i < m->n_function; i++)
		assert_int_equal(m->function[i]->id, i + 1);
	for (i = 0; i < m->n_mapping; i++)
		assert_int_equal(m->mapping[i]->id, i + 1);
	/* cpu 0 is there because of its unit */
	assert_int_equal(m->sample[0]->label[1]->num, 0);
	assert_string_equal(m->string_table[m->sample[0]->label[1]->num_unit], "cpu");
	assert_int_equal(m->base.n_unknown_fields, 0);
	perftools__profiles__profile__free_unpacked(m, NULL);
	profile_free(p);
	free(b.data);
}

/* Only what is named is written, and all of it is UTF-8. */
static void test_strings(void **state)
{
	struct profile *p = test_odd_profile();
	Perftools__Profiles__Profile *m;
	struct bytes b;
	bool has_bad = false;
	size_t i;

	profile_string(p, "nobody wants me");
	b = write_level(p, 6);
	m = unpack(&b);
	for (i = 0; i < m->n_string_table; i++) {
		assert_string_not_equal(m->string_table[i], "nobody wants me");
		has_bad |= !strcmp(m->string_table[i], "bad\xef\xbf\xbd\xef\xbf\xbd(byte");
	}
	assert_true(has_bad);
	perftools__profiles__profile__free_unpacked(m, NULL);
	profile_free(p);
	free(b.data);
}

static void test_levels(void **state)
{
	struct profile *p = test_cpu_header(), *q;
	struct format_options options;
	uint32_t id, i;
	int64_t values[] = { 1, 10101010 };
	struct bytes fast, small;
	struct err e = { "" };
	char name[32];

	for (i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "function_%u", i * 7919);
		id = test_frame(p, 0, 0x1000 + i, name, name, "/src/file.c", i % 100);
		profile_add_sample(p, &id, 1, NULL, 0, values);
	}
	fast = write_level(p, 1);
	small = write_level(p, 9);
	assert_true(small.size < fast.size);
	q = read_back(&small);
	same_header(p, q);
	format_options_init(&options);
	options.gzip_level = 0;
	assert_int_equal(format_pprof.write(p, &options, stdout, &e), -EINVAL);
	assert_string_equal(e.msg, "gzip level 0 is not 1 to 9");
	profile_free(p);
	profile_free(q);
	free(fast.data);
	free(small.data);
}

static void test_raw_data(void **state)
{
	struct profile *p = test_cpu_profile("/src/work.c", 1), *q;
	struct bytes b = write_level(p, 6), raw;
	unsigned char *data;

	assert_int_equal(gzip_read((unsigned char *)b.data, b.size, &data, &raw.size, NULL), 0);
	raw.data = (char *)data;
	q = read_back(&raw);
	same_header(p, q);
	free(raw.data);
	free(b.data);
	profile_free(p);
	profile_free(q);
}

static void test_invalid_profile(void **state)
{
	struct profile *p = test_cpu_profile("/src/work.c", 1);
	struct format_options options;
	struct err e = { "" };

	format_options_init(&options);
	p->stacks[0] = 99;
	assert_int_equal(format_pprof.write(p, &options, stdout, &e), -EINVAL);
	assert_string_equal(e.msg,
	                    "the profile cannot be written: a sample names a location that does "
	                    "not exist");
	profile_free(p);
}

static void test_full_disk(void **state)
{
	struct profile *p = test_cpu_profile("/src/work.c", 1);
	struct format_options options;
	FILE *full = fopen("/dev/full", "w");

	assert_non_null(full);
	setvbuf(full, NULL, _IONBF, 0);
	format_options_init(&options);
	assert_int_equal(format_pprof.write(p, &options, full, NULL), -ENOSPC);
	assert_true(ferror(full));
	fclose(full);
	profile_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trips),     cmocka_unit_test(test_everything),
		cmocka_unit_test(test_stable_order),    cmocka_unit_test(test_first_mapping),
		cmocka_unit_test(test_as_message),      cmocka_unit_test(test_strings),
		cmocka_unit_test(test_levels),          cmocka_unit_test(test_raw_data),
		cmocka_unit_test(test_invalid_profile), cmocka_unit_test(test_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
