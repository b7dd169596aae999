// SPDX-License-Identifier: Apache-2.0
/* What was found is found again while the file is the same, under its limit of bytes; profiles share it. */
#include "elf/tools.h"

#include <sys/mman.h>

#include "process/file.h"
#include "profile/profile.h"
#include "symbolize/cache.h"
#include "symbolize/symbolize.h"

static const struct names_frame two[] = {
	{ .linkage = "inner", .path = "/a.c", .line = 7 },
	{ .linkage = "outer", .start_line = 3 },
};

static void finds_what_was_put(void **state)
{
	struct cache *c = cache_new(1 << 20);
	struct cache_file id = { .inode = 1 }, other = { .inode = 1, .size = 1 };
	struct answer_end end = { .bad = true, .missing_dwo = 5 };
	const struct names_frame *frames;
	size_t cnt;

	assert_false(cache_find(c, &id, 10, &frames, &cnt));
	assert_null(cache_end(c, &id));
	cache_put_end(c, &id, &end);
	cache_put(c, &id, 10, two, 2);
	cache_put(c, &id, 11, NULL, 0);
	assert_true(cache_find(c, &id, 10, &frames, &cnt));
	assert_int_equal(cnt, 2);
	assert_string_equal(frames[0].linkage, "inner");
	assert_ptr_not_equal(frames[0].linkage, two[0].linkage);
	assert_string_equal(frames[0].path, "/a.c");
	assert_int_equal(frames[0].line, 7);
	assert_string_equal(frames[1].linkage, "outer");
	assert_null(frames[1].path);
	assert_int_equal(frames[1].start_line, 3);
	assert_true(cache_find(c, &id, 11, &frames, &cnt));
	assert_int_equal(cnt, 0);
	assert_false(cache_find(c, &id, 12, &frames, &cnt));
	assert_false(cache_find(c, &other, 10, &frames, &cnt));
	assert_true(cache_end(c, &id)->bad);
	assert_int_equal(cache_end(c, &id)->missing_dwo, 5);
	cache_free(c);
	cache_free(NULL);
}

/* Neighbours with the same functions share them. */
static void keeps_runs(void **state)
{
	const struct names_frame other[] = { two[0], { .linkage = "outer", .start_line = 4 } };
	const struct names_frame *first, *frames;
	struct cache *c = cache_new(1 << 20);
	struct cache_file id = { .inode = 1 };
	size_t cnt;

	cache_put(c, &id, 10, two, 2);
	cache_put(c, &id, 11, two, 2);
	cache_put(c, &id, 12, other, 2);
	cache_put(c, &id, 13, other, 1);
	assert_true(cache_find(c, &id, 10, &first, &cnt));
	assert_true(cache_find(c, &id, 11, &frames, &cnt));
	assert_ptr_equal(frames, first);
	assert_true(cache_find(c, &id, 12, &frames, &cnt));
	assert_ptr_not_equal(frames, first);
	assert_int_equal(frames[1].start_line, 4);
	assert_true(cache_find(c, &id, 13, &frames, &cnt));
	assert_int_equal(cnt, 1);
	assert_string_equal(frames[0].linkage, "inner");
	cache_free(c);
}

/* Many times what there is room for: what is asked for again and again stays, the oldest goes. */
static void stays_under_its_limit(void **state)
{
	const size_t limit = 1 << 20;
	struct cache *c = cache_new(limit);
	struct cache_file id = { .inode = 1 };
	struct names_frame frame = { 0 };
	const struct names_frame *frames;
	char name[64];
	size_t cnt, kept = 0;
	uint64_t i;

	cache_put(c, &id, 0, two, 2);
	for (i = 1; i < 100000; i++) {
		snprintf(name, sizeof(name), "a function of some length, number %d", (int)i);
		frame.linkage = name;
		id.inode = 1 + i / 1000;
		cache_put(c, &id, i, &frame, 1);
		id.inode = 1;
		cache_keep(c, &id, 0);
	}
	for (i = 1; i < 100000; i++) {
		id.inode = 1 + i / 1000;
		kept += cache_find(c, &id, i, &frames, &cnt);
	}
	/* With a name of 40 bytes, and what there is beside of it. */
	assert_in_range(kept, limit / 2 / 400, 2 * limit / 40);
	id.inode = 1;
	assert_true(cache_find(c, &id, 0, &frames, &cnt));
	assert_string_equal(frames[1].linkage, "outer");
	assert_false(cache_find(c, &id, 1, &frames, &cnt));
	id.inode = 1 + 99999 / 1000;
	assert_true(cache_find(c, &id, 99999, &frames, &cnt));
	assert_string_equal(frames[0].linkage, name);
	cache_free(c);
}

/* The profile of a file's first MB: how many locations were named, and out of the cache. */
static struct symbolize_counters name_file(struct file *file, struct cache *cache, uint64_t step)
{
	const char *const none[] = { NULL };
	struct symbolize_source source = { .what = SOURCE_FILE, .file = file };
	struct symbolize_options options = { .debug_dirs = none, .cache = cache };
	struct profile_mapping m = { .start = 0x100000, .limit = 0x200000 };
	struct symbolize_counters counters = { 0 };
	struct profile *p = profile_new();
	uint32_t id = profile_add_mapping(p, &m);
	uint64_t at;

	for (at = 0; at < 0x4000; at += step)
		profile_add_location(p, id, m.start + at);
	assert_int_equal(symbolize_profile(p, &source, 1, NULL, &options, &counters), 0);
	assert_int_equal(counters.locations, 0x4000 / step);
	assert_null(profile_check_references(p));
	profile_free(p);
	return counters;
}

static void serves_profiles(void **state)
{
	struct cache *cache = cache_new(64 << 20);
	struct file file = { .path = (char *)"/pie" };
	struct symbolize_counters first, next;

	file.fd = tools_open("pie");
	first = name_file(&file, cache, 8);
	assert_int_equal(first.cached, 0);
	assert_in_range(first.named, 10, 0x4000 / 8 - 1);
	next = name_file(&file, cache, 8);
	assert_int_equal(next.cached, 0x4000 / 8);
	assert_int_equal(next.named, first.named);
	/* Half of them are known; nobody keeps what nobody asked for. */
	next = name_file(&file, cache, 4);
	assert_int_equal(next.cached, 0x4000 / 8);
	assert_in_range(next.named, first.named + 1, 0x4000 / 4);
	close(file.fd);
	/* Written to, it is another file. */
	assert_true(tools_run("cp pie changed"));
	file.fd = tools_open("changed");
	assert_int_equal(name_file(&file, cache, 8).cached, 0);
	assert_int_equal(name_file(&file, cache, 8).cached, 0x4000 / 8);
	assert_true(tools_run("printf x >> changed"));
	assert_int_equal(name_file(&file, cache, 8).cached, 0);
	close(file.fd);
	/* What is wrong with a file is so in each profile. */
	tools_write("broken", "\177ELF no more", 12);
	file.fd = tools_open("broken");
	assert_int_equal(name_file(&file, cache, 8).unreadable_files, 1);
	next = name_file(&file, cache, 8);
	assert_int_equal(next.unreadable_files, 1);
	assert_int_equal(next.cached, 0x4000 / 8);
	close(file.fd);
	cache_free(cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_was_put),
		cmocka_unit_test(keeps_runs),
		cmocka_unit_test(stays_under_its_limit),
		cmocka_unit_test(serves_profiles),
	};

	return cmocka_run_group_tests(tests, tools_begin, tools_end);
}
