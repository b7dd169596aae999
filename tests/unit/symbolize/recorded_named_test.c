// SPDX-License-Identifier: Apache-2.0
/* The kernel and its vdso by their build IDs, and what of a profile has names already. */
#include "symbolize/recorded_tools.h"

#include <sys/resource.h>

static uint32_t add_vdso(struct profile *p, const char *id)
{
	struct profile_mapping m = { .start = START, .limit = START + 0x2000 };

	m.file = profile_string(p, "[vdso]");
	m.build_id = profile_string(p, id);
	return profile_add_mapping(p, &m);
}

static void vdso(void **state)
{
	int fd = memory_vdso(0x2000);
	struct profile *p = profile_new();
	struct outcome out;
	char id[41];

	if (fd < 0)
		skip();
	build_id_read(fd, id);
	close(fd);
	profile_add_type(p, "samples", "count");
	fill(p, add_vdso(p, id));
	out = name_recorded(p, NULL);
	assert_int_equal(out.cnt[RECORDED_FOUND], 1);
	assert_true(out.c.named > 10);
	profile_free(p);

	p = profile_new();
	profile_add_type(p, "samples", "count");
	fill(p, add_vdso(p, "00112233"));
	out = name_recorded(p, NULL);
	assert_int_equal(out.cnt[RECORDED_MISMATCHED], 1);
	assert_bare(p);
	profile_free(p);
}

/* The text as it lay in another boot; never by another build ID. */
static void kernel(void **state)
{
	struct profile_mapping m = { .start = 0xffffffffa1000000 };
	struct profile *p = profile_new();
	struct err e = { "" };
	struct ksyms *k = ksyms_load(NULL, &e);
	const struct profile_line *line;
	uint64_t start, end;
	struct outcome out;
	struct ksym want;
	char id[64];

	if (!k || ksyms_build_id(id, sizeof(id)))
		skip();
	ksyms_text(k, &start, &end);
	assert_int_equal(ksyms_find(k, start + 0x200123, &want), 0);
	profile_add_type(p, "samples", "count");
	m.limit = m.start + (end - start);
	m.file = profile_string(p, "[kernel.kallsyms]_text");
	m.build_id = profile_string(p, "00112233");
	profile_add_location(p, profile_add_mapping(p, &m), m.start + 0x200123);
	out = name_recorded(p, NULL);
	assert_int_equal(out.cnt[RECORDED_KERNEL], 1);
	assert_bare(p);

	profile_mapping(p, 1)->build_id = profile_string(p, id);
	out = name_recorded(p, NULL);
	assert_int_equal(out.cnt[RECORDED_FOUND], 1);
	assert_int_equal(out.c.named, 1);
	line = &p->lines[profile_location(p, 1)->line_first];
	assert_string_equal(profile_text(p, profile_function(p, line->function)->name), want.name);
	ksyms_free(k);
	profile_free(p);
}

/* What has a name keeps it, what has only [FILE] gets one, and a second time nothing changes. */
static void named_before(void **state)
{
	struct profile *p = profile_of("prog"), *q;
	struct profile_line mine = { .function = profile_add_function(p, "mine", "mine", "/m", 1),
		                     .line = 7 };
	char file[] = "[prog]";
	struct profile_line bare = { .function = profile_add_function(p, file, file,
		                                                      path_of("prog"), 0) };
	uint32_t cnt = (uint32_t)p->locations.cnt, i;
	struct outcome out, again;

	for (i = 1; i <= cnt; i++)
		profile_set_lines(p, i, i % 2 ? &mine : &bare, 1);
	q = read_again(p);
	out = name_recorded(q, NULL);
	assert_int_equal(out.c.locations, cnt / 2);
	assert_true(out.c.named > 10 && out.c.named <= cnt / 2);
	for (i = 1; i <= cnt; i += 2)
		assert_int_equal(q->lines[profile_location(q, i)->line_first].line, 7);
	profile_free(p);
	p = read_again(q);
	again = name_recorded(p, NULL);
	assert_int_equal(again.c.named, 0);
	assert_int_equal(again.c.locations, out.c.locations - out.c.named);
	profile_free(p);
	profile_free(q);
}

/* A file of which nothing is to be named is not even looked for. */
static void not_needed(void **state)
{
	struct profile *p = profile_of("prog");
	struct profile_line mine = { .function = profile_add_function(p, "mine", "mine", "/m", 1) };
	struct outcome out;
	size_t i;

	for (i = 1; i <= p->locations.cnt; i++)
		profile_set_lines(p, (uint32_t)i, &mine, 1);
	out = name_recorded(p, NULL);
	for (i = 0; i < RECORDED_STATES; i++)
		assert_int_equal(out.cnt[i], 0);
	assert_int_equal(out.c.locations, 0);
	assert_false(profile_mapping(p, 1)->has_functions);
	profile_free(p);
}

/* No more files are open at once than descriptors are left for; the rest is counted. */
static void too_many(void **state)
{
	struct rlimit limit, few = { .rlim_cur = 70, .rlim_max = 70 };
	struct profile *p = profile_new();
	struct profile_mapping m;
	struct outcome out;
	char path[256];
	pid_t pid;
	int i, status;

	profile_add_type(p, "samples", "count");
	m = code_of(p, "prog");
	for (i = 0; i < 20; i++) {
		snprintf(path, sizeof(path), "/.%s%.*s/prog", tools_dir, i, "////////////////////");
		m.file = profile_string(p, path);
		m.start = START + (uint64_t)i * 0x100000;
		m.limit = m.start + 0x1000;
		fill(p, profile_add_mapping(p, &m));
	}
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	pid = fork();
	if (!pid) {
		few.rlim_max = limit.rlim_max < few.rlim_max ? limit.rlim_max : few.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &few))
			_exit(2);
		out = name_recorded(p, NULL);
		_exit(out.cnt[RECORDED_FOUND] != 6 || out.cnt[RECORDED_TOO_MANY] != 14 ||
		      out.c.failed_workers || out.c.named < 6 * 20);
	}
	assert_true(pid > 0 && waitpid(pid, &status, 0) == pid);
	assert_int_equal(status, 0);
	profile_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vdso),         cmocka_unit_test(kernel),
		cmocka_unit_test(named_before), cmocka_unit_test(not_needed),
		cmocka_unit_test(too_many),
	};

	return cmocka_run_group_tests(tests, begin, tools_end);
}
