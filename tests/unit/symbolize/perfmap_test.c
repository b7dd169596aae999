// SPDX-License-Identifier: Apache-2.0
/* Perf maps as runtimes write them, and as nobody should; ranges against a plain array of bytes. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "process/file.h"
#include "profile/profile.h"
#include "symbolize/codes.h"
#include "symbolize/demangle.h"
#include "symbolize/jit.h"
#include "symbolize/perfmap.h"
#include "symbolize/symbolize.h"

enum { ROOM = 16 << 20 };

static int file_of(const char *text, size_t len)
{
	int fd = memfd_create("perfmap", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	return fd;
}

/* A map with that text; the caller frees it. */
static struct perfmap *map_of(const char *text)
{
	struct perfmap *m = perfmap_new();
	int fd = file_of(text, strlen(text));

	assert_non_null(m);
	assert_int_equal(perfmap_read(m, fd, ROOM), 0);
	close(fd);
	return m;
}

static void assert_name(struct perfmap *m, uint64_t address, const char *name)
{
	const char *found = perfmap_find(m, address);

	if (!name)
		assert_null(found);
	else
		assert_string_equal(found ? found : "(none)", name);
}

static void maps_of_runtimes(void **state)
{
	struct perfmap *m = map_of(
		"18c4000 300 Builtin:DeoptimizationEntry_Eager\n"
		"7fe252ffdbc0 128 JS:^f_hot /tmp/burn.js:1:15\n"
		"0x00007f1470ec71c0 0x0000000000000270 java.lang.Object a.Unsafe.get(java.lang.Object, long)\n"
		"0X7f1470ec7600\t20  \tInterpreter\n"
		"7F00AB00 1F [unknown] \n");

	assert_name(m, 0x18c4000, "Builtin:DeoptimizationEntry_Eager");
	assert_name(m, 0x18c42ff, "Builtin:DeoptimizationEntry_Eager");
	assert_name(m, 0x18c4300, NULL);
	assert_name(m, 0x18c3fff, NULL);
	assert_name(m, 0x7fe252ffdbc0, "JS:^f_hot /tmp/burn.js:1:15");
	assert_name(m, 0x7f1470ec71c0 + 0x26f,
	            "java.lang.Object a.Unsafe.get(java.lang.Object, long)");
	assert_name(m, 0x7f1470ec7600, "Interpreter");
	assert_name(m, 0x7f00ab1e, "[unknown] ");
	assert_int_equal(perfmap_stats(m)->lines, 5);
	assert_int_equal(perfmap_stats(m)->malformed, 0);
	perfmap_free(m);
}

static void later_lines_win(void **state)
{
	struct perfmap *m = map_of("1000 100 old\n1040 20 inner\n1000 10 head\n"
	                           "2000 10 one\n1ff8 10 two\n2004 10 three\n");

	assert_name(m, 0x1000, "head");
	assert_name(m, 0x1010, "old");
	assert_name(m, 0x1040, "inner");
	assert_name(m, 0x105f, "inner");
	assert_name(m, 0x1060, "old");
	assert_name(m, 0x10ff, "old");
	assert_name(m, 0x1ff8, "two");
	assert_name(m, 0x2003, "two");
	assert_name(m, 0x2004, "three");
	assert_name(m, 0x2013, "three");
	assert_name(m, 0x2014, NULL);
	perfmap_free(m);
}

static void not_a_line(void **state)
{
	static const char *const bad[] = {
		"",
		"x",
		"1000",
		"1000 ",
		"1000 10",
		"1000 10 ",
		" 1000 1 a",
		"g 10 a",
		"1000 g a",
		"1000:1 a",
		"1000 -1 a",
		"-1000 10 a",
		"0x 10 a",
		"1000 0x a",
		"1000 0 a",
		"\r",
		"1000 10 \r",
		"ffffffffffffffff 2 a",
		"10000000000000000 1 a",
		"1000 10000000000000000 a",
		"1000 fffffffffffff001 a",
		"1000 10 \0a",
	};
	char text[100];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct perfmap *m;

		snprintf(text, sizeof(text), "%s\n2000 10 good\r\n", bad[i]);
		m = map_of(text);
		assert_int_equal(perfmap_stats(m)->malformed, 1);
		assert_int_equal(perfmap_stats(m)->lines, 2);
		assert_name(m, 0x1000, NULL);
		assert_name(m, 0x2000, "good");
		perfmap_free(m);
	}
}

/* The last line is perhaps a name in the making. */
static void a_line_without_end(void **state)
{
	struct perfmap *m = map_of("1000 10 one\n2000 10 tw");

	assert_name(m, 0x1000, "one");
	assert_name(m, 0x2000, NULL);
	assert_int_equal(perfmap_stats(m)->lines, 1);
	perfmap_free(m);
}

static void long_names(void **state)
{
	size_t len = 1 << 20;
	char *text = malloc(len + 100);
	struct perfmap *m;

	snprintf(text, 100, "1000 10 begin");
	memset(text + 13, 'x', len);
	snprintf(text + len, 100, "\n2000 10 next\n3000 10 ");
	m = map_of(text);
	assert_int_equal(strlen(perfmap_find(m, 0x1000)), DEMANGLE_MAX - 1);
	assert_memory_equal(perfmap_find(m, 0x1000), "beginxxx", 8);
	assert_name(m, 0x2000, "next");
	assert_name(m, 0x3000, NULL);
	assert_int_equal(perfmap_stats(m)->lines, 2);
	perfmap_free(m);
	free(text);
}

static void no_more_than_there_is_room(void **state)
{
	struct perfmap *m = perfmap_new();
	int fd = memfd_create("perfmap", MFD_CLOEXEC), i;

	for (i = 1; i < 200000; i++)
		dprintf(fd, "%x000 10 a name of number %d\n", i, i);
	assert_int_equal(perfmap_read(m, fd, 1 << 20), -EFBIG);
	assert_in_range(perfmap_bytes(m), 1 << 19, 4 << 20);
	assert_name(m, 0x1000, "a name of number 1");
	assert_name(m, 199999ull << 12, NULL);
	perfmap_free(m);
	m = perfmap_new();
	assert_int_equal(perfmap_read(m, fd, 64 << 20), 0);
	assert_name(m, 199999ull << 12, "a name of number 199999");
	assert_int_equal(perfmap_stats(m)->lines, 199999);
	close(fd);
	perfmap_free(m);
}

static void no_file(void **state)
{
	struct perfmap *m = perfmap_new();

	assert_int_equal(perfmap_read(m, -1, ROOM), -EBADF);
	assert_name(m, 0x1000, NULL);
	perfmap_free(m);
}

/* Ranges at random, looked up between additions: as if each byte were written down. */
static void ranges_against_bytes(void **state)
{
	enum { SPACE = 512 };
	struct codes c = { 0 };
	uint64_t bytes[SPACE + 64] = { 0 }, what = 0;
	unsigned i, k;

	srand(5);
	for (i = 0; i < 400; i++) {
		uint64_t start = (uint64_t)rand() % SPACE, size = 1 + (uint64_t)rand() % 64;

		what = rand() % 8 ? i + 1 : 0;
		assert_int_equal(codes_add(&c, start, size, what), 0);
		for (k = 0; k < size; k++)
			bytes[start + k] = what;
		if (i % 16)
			continue;
		assert_int_equal(codes_settle(&c), 0);
		for (k = 0; k < SPACE + 64; k++) {
			const struct code_range *r = codes_find(&c, k);

			assert_int_equal(r ? r->what : 0, bytes[k]);
			assert_true(!r || (r->start <= k && k < r->end));
		}
	}
	assert_in_range(c.cnt, 1, 2 * SPACE);
	assert_int_equal(codes_add(&c, 1, 0, 1), -EINVAL);
	assert_int_equal(codes_add(&c, UINT64_MAX, 2, 1), -EINVAL);
	codes_release(&c);
}

/* Two programs' code at one address, in a mapping that was moved in the profile. */
static void names_in_a_profile(void **state)
{
	static const char *const texts[] = { "1000 10 a@b /x/@scope/y.js:1\n",
		                             "1000 10 _ZN3app4burnEv\n" };
	struct symbolize_source sources[2] = { 0 };
	struct symbolize_options options = { .demangle = DEMANGLE_SHORT };
	struct symbolize_counters counters = { 0 };
	struct profile *p = profile_new();
	struct jit jits[2];
	uint32_t at[2];
	int i;

	for (i = 0; i < 2; i++) {
		struct profile_mapping m = { .start = 0x1000, .limit = 0x2000 };
		uint32_t id;

		m.file = profile_string(p, "//anon");
		id = profile_place_mapping(p, &m);
		jits[i] = (struct jit){ { file_of(texts[i], strlen(texts[i])), -1 } };
		sources[i] = (struct symbolize_source){ .what = SOURCE_JIT,
			                                .start = 0x1000,
			                                .jit = &jits[i] };
		at[i] = profile_add_location(p, id, profile_mapping(p, id)->start + 0xf);
	}
	profile_add_location(p, 2, profile_mapping(p, 2)->start + 0x10);
	assert_int_equal(symbolize_profile(p, sources, 2, NULL, &options, &counters), 0);
	assert_int_equal(counters.locations, 3);
	assert_int_equal(counters.named, 2);
	for (i = 0; i < 2; i++) {
		const struct profile_location *l = profile_location(p, at[i]);
		const struct profile_function *f =
			profile_function(p, p->lines[l->line_first].function);

		assert_string_equal(profile_text(p, f->name),
		                    i ? "app::burn" : "a@b /x/@scope/y.js:1");
		assert_string_equal(profile_text(p, f->filename), "");
		close(jits[i].fds[JIT_MAP]);
	}
	profile_free(p);
}

/*
 * A map and a dump of which one cannot be used do not keep the other from being so; a file that was
 * mapped has its own names where the program has none.
 */
static void what_cannot_be_used(void **state)
{
	static const char text[] = "1000 10 named\n";
	struct jit jit = { { file_of(text, strlen(text)),
		             file_of("no dump at all, but as long as one's head", 41) } };
	struct file file = { .path = (char *)"/proc/self/exe",
		             .fd = open("/proc/self/exe", O_RDONLY) };
	struct symbolize_source source = {
		.what = SOURCE_JIT, .start = 0x1000, .jit = &jit, .file = &file
	};
	struct profile_mapping m = { .start = 0x1000, .limit = 0x101000 };
	struct symbolize_options options = { .demangle = DEMANGLE_SHORT };
	struct symbolize_counters counters = { 0 };
	struct profile *p = profile_new();
	uint32_t id = profile_add_mapping(p, &m), at, i;

	profile_add_location(p, id, 0x1008);
	for (i = 0x10; i < 0x100000; i += 0x100)
		at = profile_add_location(p, id, 0x1000 + i);
	assert_int_not_equal(at, 0);
	assert_int_equal(symbolize_profile(p, &source, 1, NULL, &options, &counters), 0);
	assert_int_equal(counters.locations, 0x1001);
	assert_int_equal(counters.unusable_maps, 1);
	assert_in_range(counters.named, 20, 0x1000);
	assert_string_equal(
		profile_text(p, profile_function(
					p, p->lines[profile_location(p, 1)->line_first].function)
	                                ->name),
		"named");
	close(jit.fds[JIT_MAP]);
	close(jit.fds[JIT_DUMP]);
	close(file.fd);
	profile_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(maps_of_runtimes),
		cmocka_unit_test(later_lines_win),
		cmocka_unit_test(not_a_line),
		cmocka_unit_test(a_line_without_end),
		cmocka_unit_test(long_names),
		cmocka_unit_test(no_more_than_there_is_room),
		cmocka_unit_test(no_file),
		cmocka_unit_test(ranges_against_bytes),
		cmocka_unit_test(names_in_a_profile),
		cmocka_unit_test(what_cannot_be_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
