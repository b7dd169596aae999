// SPDX-License-Identifier: Apache-2.0
/*
 * A profile of addresses alone gets the names that its files give, the same as when they were at hand,
 * and none when a file is another one: moved, replaced, cut down to its debug file, or not said.
 */
#include "symbolize/recorded_tools.h"

/* A program's profile, written and read, then named: as if it had been named at once. */
static void assert_as_direct(const char *name, const char *moved, const char *dir, int state)
{
	struct profile *direct = profile_of(name), *p = read_again(direct);
	struct outcome out;
	char command[128];

	name_directly(direct, name);
	if (moved) {
		snprintf(command, sizeof(command), "mv %s %s", name, moved);
		assert_true(tools_run(command));
	}
	out = name_recorded(p, dir);
	assert_int_equal(out.cnt[state], 1);
	assert_true(profile_mapping(p, 1)->has_functions);
	assert_true(profile_mapping(p, 1)->has_line_numbers);
	assert_same(direct, p);
	if (moved) {
		snprintf(command, sizeof(command), "mv %s %s", moved, name);
		assert_true(tools_run(command));
	}
	profile_free(direct);
	profile_free(p);
}

static void as_captured(void **state)
{
	assert_as_direct("prog", NULL, NULL, RECORDED_FOUND);
	assert_as_direct("fixed", NULL, "empty", RECORDED_FOUND);
}

static void below_a_directory(void **state)
{
	assert_as_direct("prog", "away", "root", RECORDED_FOUND);
}

/* The file itself is gone: its debug file has the symbols, but no PLT, whose stubs have no symbol. */
static void debug_file_alone(void **state)
{
	static const struct {
		const char *name, *dir;
	} rows[] = {
		{ "prog", "ids" }, { "fixed", "ids" }, { "prog", "llvm" }, { "prog", "named" }
	};
	struct profile *direct, *p;
	struct outcome out;
	size_t i, j, same, named;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		direct = profile_of(rows[i].name);
		p = read_again(direct);
		name_directly(direct, rows[i].name);
		assert_true(tools_run(rows[i].name[0] == 'p' ? "mv prog away" : "mv fixed away"));
		out = name_recorded(p, rows[i].dir);
		assert_true(tools_run(rows[i].name[0] == 'p' ? "mv away prog" : "mv away fixed"));
		assert_int_equal(out.cnt[RECORDED_FOUND], 1);
		for (j = 1, same = named = 0; j <= p->locations.cnt; j++) {
			const struct profile_location *a = profile_location(direct, (uint32_t)j);
			const struct profile_location *b = profile_location(p, (uint32_t)j);
			const struct profile_line *x = &direct->lines[a->line_first];
			const struct profile_line *y = &p->lines[b->line_first];
			const char *have, *want;

			assert_int_equal(a->address, b->address);
			want = profile_text(direct, profile_function(direct, x->function)->name);
			have = profile_text(p, profile_function(p, y->function)->name);
			if (*have == '[')
				continue;
			assert_string_equal(have, want);
			assert_int_equal(a->line_cnt, b->line_cnt);
			assert_int_equal(x->line, y->line);
			same++;
			named += x->line != 0;
		}
		assert_true(same > 20 && named > 15);
		profile_free(direct);
		profile_free(p);
	}
}

/* Only a part of the segment was mapped: where in it nobody knows. */
static void split_mapping(void **state)
{
	struct profile *p = profile_of("prog");
	struct outcome out;

	profile_mapping(p, 1)->limit += 0x1000;
	assert_true(tools_run("mv prog away"));
	out = name_recorded(p, "ids");
	assert_int_equal(out.cnt[RECORDED_SPLIT], 1);
	assert_int_equal(out.c.named, 0);
	assert_bare(p);
	out = name_recorded(p, "root"); /* the whole file knows offsets */
	assert_true(tools_run("mv away prog"));
	assert_true(out.c.named > 20);
	profile_free(p);
}

static void another_build(void **state)
{
	struct profile *p = profile_of("prog");
	struct outcome out;

	assert_true(tools_run("cp prog kept && cp other prog"));
	out = name_recorded(p, "wrong");
	assert_int_equal(out.cnt[RECORDED_MISMATCHED], 1);
	assert_int_equal(out.c.named, 0);
	assert_int_equal(out.c.locations, p->locations.cnt);
	assert_bare(p);
	out = name_recorded(p, "root"); /* there it is */
	assert_int_equal(out.cnt[RECORDED_MISMATCHED], 0);
	assert_true(out.c.named > 20);
	assert_true(tools_run("mv kept prog"));
	profile_free(p);
}

static void missing(void **state)
{
	struct profile *p = profile_of("prog");
	struct outcome out;

	assert_true(tools_run("mv prog away && mkfifo prog")); /* which is not opened */
	out = name_recorded(p, "empty");
	assert_true(tools_run("mv away prog"));
	assert_int_equal(out.cnt[RECORDED_MISSING], 1);
	assert_bare(p);
	profile_free(p);
}

static void add_note(struct profile *p, const char *name)
{
	struct file_note n = { .path = profile_mapping(p, 1)->file };
	struct stat st;

	assert_int_equal(stat(path_of(name), &st), 0);
	n.size = (uint64_t)st.st_size;
	n.sec = st.st_mtim.tv_sec;
	n.nsec = (uint32_t)st.st_mtim.tv_nsec;
	file_note_add(p, &n);
}

static void expect_anon(bool note, const char *command, int state)
{
	struct profile *p = profile_of("anon");
	struct outcome out;

	assert_int_equal(profile_mapping(p, 1)->build_id, 0);
	if (note)
		add_note(p, "anon");
	assert_true(tools_run("cp -p anon kept"));
	assert_true(tools_run(command));
	out = name_recorded(p, NULL);
	assert_true(tools_run("mv -f kept anon"));
	assert_int_equal(out.cnt[state], 1);
	if (state == RECORDED_BY_TIME)
		assert_true(out.c.named > 20);
	else
		assert_bare(p);
	profile_free(p);
}

static void without_build_id(void **state)
{
	assert_true(tools_run("touch -d '2026-01-02 03:04:05.123456789 UTC' anon"));
	expect_anon(true, "true", RECORDED_BY_TIME);
	expect_anon(true, "cp -p anon copy && mv copy anon", RECORDED_BY_TIME);
	expect_anon(true, "touch -d '2026-01-02 03:04:05 UTC' anon", RECORDED_BY_TIME);
	expect_anon(false, "true", RECORDED_UNKNOWN);
	expect_anon(true, "touch -d '2026-01-02 03:04:05.5 UTC' anon", RECORDED_MISMATCHED);
	expect_anon(true, "touch -d '2026-01-02 03:04:06 UTC' anon", RECORDED_MISMATCHED);
	expect_anon(true, "echo >> anon; touch -d '2026-01-02 03:04:05.123456789 UTC' anon",
	            RECORDED_MISMATCHED);
	expect_anon(true, "rm anon", RECORDED_MISSING);
}

/* Nothing leads out of the directories, and no name is opened that is not a file's. */
static void hostile_paths(void **state)
{
	static const char *const rows[][2] = {
		{ "/x/../../etc/passwd", "0011" },
		{ "relative", "0011" },
		{ "/none", "../../../etc/passwd" },
		{ "/none", "00" },
		{ "/none", "0" },
		{ "/none/..", "00112233" },
		{ "/dev/zero", "00112233" },
		{ "/proc/self/mem", "00112233" },
	};
	struct profile *p = profile_new();
	struct profile_mapping m;
	struct outcome out;
	size_t i;

	profile_add_type(p, "samples", "count");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		m = (struct profile_mapping){ .start = (i + 1) << 20, .limit = (i + 2) << 20 };
		m.file = profile_string(p, rows[i][0]);
		m.build_id = profile_string(p, rows[i][1]);
		profile_add_location(p, profile_add_mapping(p, &m), m.start);
	}
	out = name_recorded(p, "ids");
	assert_int_equal(out.cnt[RECORDED_MISSING] + out.cnt[RECORDED_MISMATCHED], i);
	assert_int_equal(out.c.named, 0);
	assert_bare(p);
	profile_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_captured),      cmocka_unit_test(below_a_directory),
		cmocka_unit_test(debug_file_alone), cmocka_unit_test(split_mapping),
		cmocka_unit_test(another_build),    cmocka_unit_test(missing),
		cmocka_unit_test(without_build_id), cmocka_unit_test(hostile_paths),
	};

	return cmocka_run_group_tests(tests, begin, tools_end);
}
