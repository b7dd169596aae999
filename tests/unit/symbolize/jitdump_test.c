// SPDX-License-Identifier: Apache-2.0
/* Jitdumps as the specification has them, as V8 writes them, and as nobody should. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "symbolize/jitdump.h"
#include "symbolize/names.h"

enum { ROOM = 16 << 20, LOAD = 0, MOVE = 1, DEBUG = 2, CLOSE = 3, UNWINDING = 4 };

/* A dump in the making. */
struct dump {
	size_t len;
	unsigned char bytes[1 << 16];
};

static void put(struct dump *d, const void *data, size_t len)
{
	memcpy(d->bytes + d->len, data, len);
	d->len += len;
}

static void put32(struct dump *d, uint32_t v)
{
	put(d, &v, sizeof(v));
}

static void put64(struct dump *d, uint64_t v)
{
	put(d, &v, sizeof(v));
}

static struct dump *begin(uint32_t pad)
{
	struct dump *d = calloc(1, sizeof(*d));

	assert_non_null(d);
	put32(d, 0x4a695444);
	put32(d, 1);
	put32(d, 40);
	put32(d, 62);
	put32(d, pad);
	put32(d, 4711);
	put64(d, 1);
	put64(d, 0);
	return d;
}

static size_t open_record(struct dump *d, uint32_t id)
{
	put32(d, id);
	put32(d, 0);
	put64(d, 7);
	return d->len - 16;
}

static void close_record(struct dump *d, size_t at)
{
	uint32_t size = (uint32_t)(d->len - at);

	memcpy(d->bytes + at + 4, &size, sizeof(size));
}

static void load(struct dump *d, uint64_t address, uint64_t size, uint64_t index, const char *name)
{
	size_t at = open_record(d, LOAD);

	put64(d, 0);
	put64(d, address);
	put64(d, address);
	put64(d, size);
	put64(d, index);
	put(d, name, strlen(name) + 1);
	put(d, "code of it", 10);
	close_record(d, at);
}

static void move(struct dump *d, uint64_t from, uint64_t to, uint64_t size, uint64_t index)
{
	size_t at = open_record(d, MOVE);

	put64(d, 0);
	put64(d, to);
	put64(d, from);
	put64(d, to);
	put64(d, size);
	put64(d, index);
	close_record(d, at);
}

static size_t debug(struct dump *d, uint64_t address, uint64_t cnt)
{
	size_t at = open_record(d, DEBUG);

	put64(d, address);
	put64(d, cnt);
	return at;
}

static void entry(struct dump *d, uint64_t address, uint32_t line, const char *path)
{
	put64(d, address);
	put32(d, line);
	put32(d, 0);
	put(d, path, strlen(path) + 1);
}

/* Reads the dump and frees it. */
static struct jitdump *read_dump(struct dump *d, int want)
{
	struct jitdump *j = jitdump_new();
	int fd = memfd_create("jitdump", MFD_CLOEXEC);

	assert_non_null(j);
	assert_int_equal(write(fd, d->bytes, d->len), d->len);
	assert_int_equal(jitdump_read(j, fd, ROOM), want);
	close(fd);
	free(d);
	return j;
}

static void expect(struct jitdump *j, uint64_t address, const char *name, const char *path,
                   uint32_t line)
{
	struct names_frame f = { 0 };

	assert_int_equal(jitdump_find(j, address, &f), name != NULL);
	assert_string_equal(f.linkage ? f.linkage : "", name ? name : "");
	assert_string_equal(f.path ? f.path : "", path ? path : "");
	assert_int_equal(f.line, line);
}

static struct dump *usual(void)
{
	struct dump *d = begin(0);
	size_t at;

	load(d, 0x1000, 0x100, 1, "plain");
	at = debug(d, 0x2000, 3);
	entry(d, 0x2000, 10, "/src/a.py");
	entry(d, 0x2010, 11, "\xff");
	entry(d, 0x2020, 12, "/src/a.py");
	close_record(d, at);
	close_record(d, open_record(d, UNWINDING));
	load(d, 0x2000, 0x40, 2, "lines");
	load(d, 0x1080, 0x10, 3, "later");
	move(d, 0x2000, 0x3000, 0x40, 2);
	close_record(d, open_record(d, CLOSE));
	close_record(d, open_record(d, 77));
	return d;
}

static void check_usual(struct jitdump *j)
{
	expect(j, 0x0fff, NULL, NULL, 0);
	expect(j, 0x1000, "plain", NULL, 0);
	expect(j, 0x1085, "later", NULL, 0);
	expect(j, 0x10ff, "plain", NULL, 0);
	expect(j, 0x2000, NULL, NULL, 0); /* moved away */
	expect(j, 0x3000, "lines", "/src/a.py", 10);
	expect(j, 0x301f, "lines", "/src/a.py", 11);
	expect(j, 0x303f, "lines", "/src/a.py", 12);
	expect(j, 0x3040, NULL, NULL, 0);
	assert_int_equal(jitdump_stats(j)->loads, 3);
	assert_int_equal(jitdump_stats(j)->moves, 1);
	assert_int_equal(jitdump_stats(j)->malformed, 0);
	jitdump_free(j);
}

static void of_the_specification(void **state)
{
	check_usual(read_dump(usual(), 0));
}

/* As it is while it is written: what is whole counts, at each length. */
static void a_dump_in_the_making(void **state)
{
	struct dump *d = usual();
	uint64_t last = 0;
	size_t len, full = d->len;

	free(d);
	for (len = 0; len <= full; len++) {
		struct jitdump *j;

		d = usual();
		d->len = len;
		j = read_dump(d, 0);
		assert_in_range(jitdump_stats(j)->loads, last, 3);
		assert_int_equal(jitdump_stats(j)->malformed, 0);
		last = jitdump_stats(j)->loads;
		jitdump_free(j);
	}
	assert_int_equal(last, 3);
}

/* Lines 0x40 too high; names of files that are garbage; a line of what was inlined. */
static void of_v8(void **state)
{
	struct dump *d = begin(0xdeadbeef);
	struct jitdump *j;
	size_t at = debug(d, 0x1000, 5);

	entry(d, 0x1040, 3, "/x/burn.js");
	entry(d, 0x1050, 4, "\xc2[");
	entry(d, 0x1060, 100, "node:path");
	entry(d, 0x1070, 5, "/x/burn.js");
	entry(d, 0x1078, 6, "1\x04");
	close_record(d, at);
	load(d, 0x1000, 0x80, 1, "JS:*f_hot /x/burn.js:1:15");
	j = read_dump(d, 0);
	expect(j, 0x1000, "JS:*f_hot /x/burn.js:1:15", "/x/burn.js", 3);
	expect(j, 0x1010, "JS:*f_hot /x/burn.js:1:15", "/x/burn.js", 4);
	expect(j, 0x1020, "JS:*f_hot /x/burn.js:1:15", "/x/burn.js", 4);
	expect(j, 0x1035, "JS:*f_hot /x/burn.js:1:15", "/x/burn.js", 5);
	expect(j, 0x107f, "JS:*f_hot /x/burn.js:1:15", "/x/burn.js", 6);
	jitdump_free(j);
}

/* The name of the function has what the lines lost. */
static void of_v8_in_the_name(void **state)
{
	static const struct {
		const char *name, *path;
	} rows[] = {
		{ "JS:*get x /srv/a b.js:1:15", "/srv/a b.js" },
		{ "JS:~ node:internal/util:600:7", "node:internal/util" },
		{ "JS:^f file:///srv/x.mjs:1:1", "file:///srv/x.mjs" },
		{ "JS:^f /srv/x.js:1:", NULL },
		{ "JS:^f /srv/x.js:12", NULL },
		{ "JS:^f /:1:1", "/" },
		{ "JS:^f /1:1", NULL },
		{ "Builtin:Abort", NULL },
	};
	size_t i, at;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct dump *d = begin(0xdeadbeef);
		struct jitdump *j;

		at = debug(d, 0x1000, 2);
		entry(d, 0x1040, 3, "");
		entry(d, 0x1050, 4, "\x01");
		close_record(d, at);
		load(d, 0x1000, 0x20, 1, rows[i].name);
		j = read_dump(d, 0);
		expect(j, 0x1000, rows[i].name, rows[i].path, 3);
		expect(j, 0x101f, rows[i].name, rows[i].path, 4);
		jitdump_free(j);
	}
}

static void no_dump(void **state)
{
	static const struct {
		size_t at;
		uint32_t value;
		int err;
	} bad[] = {
		{ 0, 0x4454694a, -ENOEXEC }, /* the other byte order */
		{ 0, 0x464c457f, -EBADMSG }, { 4, 2, -ENOEXEC }, { 8, 39, -EBADMSG },
		{ 44, 15, -EBADMSG }, /* a record shorter than its head */
	};
	struct jitdump *j;
	struct dump *d;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		d = usual();
		memcpy(d->bytes + bad[i].at, &bad[i].value, 4);
		j = read_dump(d, bad[i].err);
		expect(j, 0x1000, NULL, NULL, 0);
		jitdump_free(j);
	}
	d = usual();
	d->len = 20; /* the header is being written */
	jitdump_free(read_dump(d, 0));
}

static void malformed_records(void **state)
{
	struct dump *d = begin(0);
	struct jitdump *j;
	size_t at;

	load(d, 0x1000, 0, 1, "no size");
	load(d, UINT64_MAX, 2, 2, "wraps");
	load(d, 0x1000, 0x10, 3, "");
	at = open_record(d, LOAD);
	put64(d, 0);
	close_record(d, at); /* too short */
	at = open_record(d, LOAD);
	put64(d, 0);
	put64(d, 0x1000);
	put64(d, 0x1000);
	put64(d, 0x10);
	put64(d, 4);
	put(d, "no end", 6);
	close_record(d, at);
	move(d, 0x1000, 0x2000, 0x10, 99); /* of code that nobody knows */
	close_record(d, open_record(d, MOVE));
	close_record(d, open_record(d, DEBUG));
	close_record(d, debug(d, 0x3000, UINT64_MAX)); /* more lines than there are */
	at = debug(d, 0x4000, 3);
	entry(d, 0x4008, 8, "/a");
	entry(d, 0x4000, 7, "/a");
	entry(d, 0x3fff, 6, "/a"); /* before the code */
	close_record(d, at);
	load(d, 0x4000, 0x10, 5, "unsorted");
	j = read_dump(d, 0);
	assert_int_equal(jitdump_stats(j)->malformed, 10);
	expect(j, 0x1000, NULL, NULL, 0);
	expect(j, 0x2000, NULL, NULL, 0);
	expect(j, 0x4000, "unsorted", "/a", 7);
	expect(j, 0x400f, "unsorted", "/a", 8);
	jitdump_free(j);
}

/* A record that says it is larger than the file waits for the rest. */
static void a_record_without_end(void **state)
{
	struct dump *d = usual();
	uint32_t huge = UINT32_MAX;
	struct jitdump *j;

	memcpy(d->bytes + 44, &huge, 4);
	j = read_dump(d, 0);
	expect(j, 0x1000, NULL, NULL, 0);
	assert_int_equal(jitdump_stats(j)->loads, 0);
	jitdump_free(j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_the_specification),
		cmocka_unit_test(a_dump_in_the_making),
		cmocka_unit_test(of_v8_in_the_name),
		cmocka_unit_test(of_v8),
		cmocka_unit_test(no_dump),
		cmocka_unit_test(malformed_records),
		cmocka_unit_test(a_record_without_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
