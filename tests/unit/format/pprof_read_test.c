// SPDX-License-Identifier: Apache-2.0
/* Files that someone broke: an error of one line, and never more memory than they are worth. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "format/format.h"
#include "format/gzip.h"
#include "../../consumers/profiles.h"

struct bytes {
	unsigned char *data;
	size_t size;
};

static struct bytes packed(void)
{
	struct profile *p = test_cpu_profile("/src/work.c", 1);
	struct format_options options;
	struct bytes b;
	FILE *out = open_memstream((char **)&b.data, &b.size);

	format_options_init(&options);
	assert_int_equal(format_pprof.write(p, &options, out, NULL), 0);
	fclose(out);
	profile_free(p);
	return b;
}

static struct bytes raw(void)
{
	struct bytes gz = packed(), b;

	assert_int_equal(gzip_read(gz.data, gz.size, &b.data, &b.size, NULL), 0);
	free(gz.data);
	return b;
}

/* Reads a copy of exactly that size, so that a byte too far is seen. */
static struct profile *read_copy(const void *data, size_t size, struct err *e)
{
	unsigned char *copy = malloc(size ? size : 1);
	struct profile *p;

	memcpy(copy, data, size);
	p = format_pprof.read(copy, size, e);
	free(copy);
	return p;
}

static void refuse(const void *data, size_t size, const char *why)
{
	struct err e = { "" };
	struct profile *p = read_copy(data, size, &e);

	assert_null(p);
	assert_string_equal(e.msg, why);
}

static void test_gzip_cut(void **state)
{
	struct bytes b = packed();
	size_t i;

	for (i = 2; i < b.size; i++)
		refuse(b.data, i, "truncated gzip data");
	refuse(b.data, 1, "malformed profile: it cannot be decoded from byte 0 of 1 on");
	refuse(b.data, 0, "malformed profile: it is empty");
	free(b.data);
}

/* A message may end behind each field: what is read then is valid. */
static void test_raw_cut(void **state)
{
	struct bytes b = raw();
	struct err e;
	struct profile *p;
	size_t i;

	for (i = 0; i < b.size; i++) {
		memset(&e, 0, sizeof(e));
		p = read_copy(b.data, i, &e);
		if (p)
			assert_null(profile_check_references(p));
		else
			assert_memory_equal(e.msg, "malformed profile: ", 19);
		assert_null(strchr(e.msg, '\n'));
		profile_free(p);
	}
	free(b.data);
}

static void use(struct profile *p)
{
	struct profile_top_row *rows;
	struct format_options options;
	FILE *null = fopen("/dev/null", "w");
	size_t cnt;

	format_options_init(&options);
	assert_null(profile_check_references(p));
	profile_check_capture(p, true);
	assert_int_equal(format_pprof.write(p, &options, null, NULL), 0);
	assert_int_equal(format_folded.write(p, &options, null, NULL), 0);
	if (!profile_top(p, 0, &rows, &cnt))
		free(rows);
	fclose(null);
}

static void flip(struct bytes b, size_t times)
{
	unsigned char *copy = malloc(b.size);
	uint64_t seed = 1;
	struct profile *p;
	struct err e;
	size_t i, j, flips;

	for (i = 0; i < times; i++) {
		memcpy(copy, b.data, b.size);
		flips = 1 + i % 4;
		for (j = 0; j < flips; j++) {
			seed = seed * 6364136223846793005ull + 1442695040888963407ull;
			copy[(seed >> 33) % b.size] ^= (unsigned char)(1 << (seed >> 60 & 7));
		}
		p = format_pprof.read(copy, b.size, &e);
		if (p)
			use(p);
		profile_free(p);
	}
	free(copy);
}

static void test_flips(void **state)
{
	struct bytes b = packed();

	flip(b, 5000);
	free(b.data);
	b = raw();
	flip(b, 20000);
	free(b.data);
}

static void test_two_profiles(void **state)
{
	struct bytes b = packed(), c;

	c.size = 2 * b.size;
	c.data = malloc(c.size);
	memcpy(c.data, b.data, b.size);
	memcpy(c.data + b.size, b.data, b.size);
	refuse(c.data, c.size, "malformed profile: two profiles in one file, keep each in its own");
	c.data[b.size] = 'x';
	refuse(c.data, c.size, "something else behind the gzip data");
	refuse(c.data, b.size + 1, "something else behind the gzip data");
	free(b.data);
	free(c.data);
	b = raw();
	c.size = 2 * b.size;
	c.data = malloc(c.size);
	memcpy(c.data, b.data, b.size);
	memcpy(c.data + b.size, b.data, b.size);
	refuse(c.data, c.size, "malformed profile: two profiles in one file, keep each in its own");
	free(b.data);
	free(c.data);
}

struct message {
	const char *data;
	size_t size;
	const char *answer; /* behind "malformed profile: "; NULL: it is read */
};

#define M(bytes, answer)                         \
	{                                        \
		bytes, sizeof(bytes) - 1, answer \
	}

/* "2\0" is string 0; "2\1a" string 1; "\12\0" an empty sample type; "\22…" a sample. */
static const struct message messages[] = {
	M("2\0", NULL),
	M("2\1a", "its first string is not empty"),
	M("\12\0", "it has no strings"),
	M("\0\0", "it cannot be decoded from byte 0 of 2 on"),
	M("2\0\377", "it cannot be decoded from byte 2 of 3 on"),
	M("2\0\13", "it cannot be decoded from byte 2 of 3 on"),
	M("2\0\12\5\10", "it cannot be decoded from byte 2 of 5 on"),
	M("2\0\172\177", "it cannot be decoded from byte 2 of 4 on"),
	M("2\0\170\377\377\377\377\377\377\377\377\377\2",
	  "it cannot be decoded from byte 2 of 13 on"),
	M("2\0\172\1x\201\1\0\0\0\0\0\0\0\0\205\1\0\0\0\0", NULL), /* fields that we do not know */
	M("2\0\10\1", "field 1 has the wrong type"),
	M("2\0\72\0", "field 7 has the wrong type"),
	M("2\0\12\2\10\1", "a value type names string 1 of 1"),
	M("2\0\12\13\10\377\377\377\377\377\377\377\377\377\1",
	  "a value type names string -1 of 1"),
	M("2\0\12\1\10", "a value type cannot be decoded"),
	M("2\0\12\0\22\0", "a sample has 0 values for 1 sample types"),
	M("2\0\12\0\22\2\20\5", NULL),
	M("2\0\22\2\20\5", "it has samples and no sample types"),
	M("2\0\12\0\22\4\20\5\20\5", "a sample has 2 values for 1 sample types"),
	M("2\0\12\0\22\5\20\5\12\1\1", "a sample names location 1, which is not there"),
	M("2\0\12\0\22\4\20\5\32\0", NULL), /* a label that says nothing */
	M("2\0\12\0\22\6\20\5\32\2\10\3", "a label names string 3 of 1"),
	M("2\0\12\0\22\6\20\5\32\2\20\3", "a label names string 3 of 1"),
	M("2\0\12\0\22\6\20\5\32\2\40\3", "a label names string 3 of 1"),
	M("2\0\12\0\22\1\20", "a sample cannot be decoded"),
	M("2\0\32\0", "a mapping has the id 0"),
	M("2\0\32\2\10\1\32\2\10\1", "two of its mappings have the id 1"),
	M("2\0\32\4\10\1(\1", "a mapping names string 1 of 1"),
	M("2\0\32\4\10\0010\1", "a mapping names string 1 of 1"),
	M("2\0\32\1\10", "a mapping cannot be decoded"),
	M("2\0*\0", "a function has the id 0"),
	M("2\0*\2\10\1*\2\10\1", "two of its functions have the id 1"),
	M("2\0*\4\10\1\20\1", "a function names string 1 of 1"),
	M("2\0*\4\10\1\30\1", "a function names string 1 of 1"),
	M("2\0*\4\10\1\40\1", "a function names string 1 of 1"),
	M("2\0*\1\10", "a function cannot be decoded"),
	M("2\0\"\0", "a location has the id 0"),
	M("2\0\"\2\10\1\"\4\10\1\30\1", "two of its locations have the id 1"),
	M("2\0\"\4\10\1\"\0", "a line names function 0, which is not there"),
	M("2\0\"\4\10\1\20\7", NULL), /* no such mapping: it has none */
	M("2\0*\2\10\1\"\10\10\1\"\4\10\1\30\5", NULL),
	M("2\0\"\1\10", "a location cannot be decoded"),
	M("2\0\70\1", "drop_frames names string 1 of 1"),
	M("2\0\100\1", "keep_frames names string 1 of 1"),
	M("2\0\110\1\110\1", "two profiles in one file, keep each in its own"),
	M("2\0\120\1\120\1", "two profiles in one file, keep each in its own"),
	M("2\0\132\0\132\0", "two profiles in one file, keep each in its own"),
	M("2\0\140\1\140\1", "two profiles in one file, keep each in its own"),
	M("2\0\150\0\150\0\152\2\0\0", NULL), /* comments: single and packed */
	M("2\0\150\1", "a comment names string 1 of 1"),
	M("2\0\152\2\0\1", "a comment names string 1 of 1"),
	M("2\0\152\1\377", "a comment cannot be decoded"),
	M("2\0\160\1", "default_sample_type names string 1 of 1"),
	M("\12\0\22\2\20\5\"\2\10\1\22\5\20\5\12\1\0012\0", NULL), /* strings and locations last */
};

static void test_messages(void **state)
{
	const struct message *m;
	char answer[300];
	struct profile *p;
	struct err e;
	size_t i;

	for (i = 0; i < sizeof(messages) / sizeof(*messages); i++) {
		m = &messages[i];
		memset(&e, 0, sizeof(e));
		p = read_copy(m->data, m->size, &e);
		snprintf(answer, sizeof(answer), "malformed profile: %s", m->answer);
		if (!!p != !m->answer || (m->answer && strcmp(e.msg, answer)))
			fail_msg("message %zu: '%s', not '%s'", i, e.msg,
			         m->answer ? m->answer : "");
		if (p)
			use(p);
		profile_free(p);
	}
}

/* ids of the file may be any, entries that are equal become one, but samples do not. */
static void test_sparse_ids(void **state)
{
	static const char data[] = "2\0\12\0"
				   "*\2\10\7"
				   "\"\16\10\377\377\377\377\377\377\377\377\177\"\2\10\7"
				   "\"\3\10\200\1"
				   "\22\17\20\5\12\13\200\1\377\377\377\377\377\377\377\377\177"
				   "\22\17\20\6\12\13\200\1\377\377\377\377\377\377\377\377\177";
	struct err e = { "" };
	struct profile *p = read_copy(data, sizeof(data) - 1, &e);

	if (!p)
		fail_msg("%s", e.msg);
	assert_int_equal(p->sample_cnt, 2);
	assert_int_equal(p->samples[0].stack_cnt, 2);
	assert_int_equal(p->values[0], 5);
	assert_int_equal(p->values[1], 6);
	assert_int_equal(p->locations.cnt, 2);
	profile_free(p);
}

static struct bytes deflated(size_t size, const char *start, size_t start_size)
{
	struct gzip_writer w;
	static char zeros[1 << 20];
	struct bytes b;
	FILE *out = open_memstream((char **)&b.data, &b.size);

	assert_int_equal(gzip_writer_init(&w, out, 9), 0);
	gzip_writer_add(&w, start, start_size);
	for (; size; size -= sizeof(zeros))
		gzip_writer_add(&w, zeros, sizeof(zeros));
	assert_int_equal(gzip_writer_end(&w), 0);
	fclose(out);
	return b;
}

/* 64 MiB of zeros in 65 KiB: a string, so that the message itself is fine. */
static void test_bomb(void **state)
{
	struct bytes b = deflated(64 << 20, "2\0002\200\200\200\40", 7);

	assert_true(b.size < 100000);
	refuse(b.data, b.size, "gzip data that inflate more than 250 times");
	free(b.data);
	b = deflated(8 << 20, "2\0002\200\200\200\4", 7);
	profile_free(format_pprof.read(b.data, b.size, NULL));
	free(b.data);
}

static void test_damaged_gzip(void **state)
{
	struct bytes b = packed();
	struct err e = { "" };

	b.data[b.size - 5] ^= 1; /* the check sum */
	assert_null(read_copy(b.data, b.size, &e));
	assert_string_equal(e.msg, "damaged gzip data (incorrect data check)");
	b.data[3] = 0xff;
	assert_null(read_copy(b.data, b.size, &e));
	assert_string_equal(e.msg, "damaged gzip data (unknown header flags set)");
	free(b.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gzip_cut), cmocka_unit_test(test_raw_cut),
		cmocka_unit_test(test_flips),    cmocka_unit_test(test_two_profiles),
		cmocka_unit_test(test_messages), cmocka_unit_test(test_sparse_ids),
		cmocka_unit_test(test_bomb),     cmocka_unit_test(test_damaged_gzip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
