// SPDX-License-Identifier: Apache-2.0
/* Formats by name and suffix; profiles to and from files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/utf8.h"
#include "format/format.h"
#include "format/output.h"
#include "format/text.h"
#include "../../consumers/profiles.h"

static char dir[] = "/tmp/format_test.XXXXXX";
static struct format_options options;

static int enter(void **state)
{
	format_options_init(&options);
	return mkdtemp(dir) && !chdir(dir) ? 0 : -1;
}

static int leave(void **state)
{
	return chdir("/") || rmdir(dir) ? -1 : 0;
}

static void test_rows(void **state)
{
	const struct format *f;
	size_t i, j;

	for (i = 0; (f = format_at(i)); i++) {
		assert_ptr_equal(format_find(f->name), f);
		assert_true(f->help && *f->help && f->write && f->suffixes[0]);
		for (j = 0; j < 4 && f->suffixes[j]; j++)
			assert_int_equal(f->suffixes[j][0], '.');
	}
	assert_int_equal(i, 5);
	assert_null(format_find("nothing"));
	assert_null(format_find(""));
}

static void test_suffixes(void **state)
{
	assert_ptr_equal(format_for_file("a.pb.gz"), &format_pprof);
	assert_ptr_equal(format_for_file("/x.folded/a.pb"), &format_pprof);
	assert_ptr_equal(format_for_file("cpu.prof"), &format_pprof);
	assert_ptr_equal(format_for_file("a.folded"), &format_folded);
	assert_ptr_equal(format_for_file("a.collapsed"), &format_folded);
	assert_ptr_equal(format_for_file("a.txt"), &format_txt);
	assert_ptr_equal(format_for_file("a.svg"), &format_svg);
	assert_ptr_equal(format_for_file("a.speedscope.json"), &format_speedscope);
	assert_null(format_for_file("a.json"));
	assert_null(format_for_file("a.frob"));
	assert_null(format_for_file("a.pb.gz.bak"));
	assert_null(format_for_file(".folded"));
	assert_null(format_for_file(""));
}

/* The table, in the profile's default unit; the profile stays as it was. */
static void test_txt(void **state)
{
	struct profile *p = test_cpu_profile("/src/work.c", 1);
	struct format_options options;
	size_t size, cnt = p->sample_cnt;
	char *text;
	FILE *out = open_memstream(&text, &size);

	format_options_init(&options);
	options.sample_type = 0;
	assert_int_equal(format_txt.write(p, &options, out, NULL), 0);
	fclose(out);
	assert_non_null(strstr(text, "\nType: samples\n"));
	assert_non_null(
		strstr(text, "\n        80 80.00% 80.00%         95 95.00%  step (inline)\n"));
	assert_int_equal(p->sample_cnt, cnt);
	free(text);
	profile_free(p);
}

static void test_options(void **state)
{
	struct profile *p = test_offcpu_profile();

	assert_true(options.annotations);
	assert_int_equal(options.gzip_level, 6);
	assert_int_equal(format_sample_type(p, &options), 1);
	p->default_type = 0;
	assert_int_equal(format_sample_type(p, &options), 2);
	options.sample_type = 0;
	assert_int_equal(format_sample_type(p, &options), 0);
	format_options_init(&options);
	profile_free(p);
}

static int write_file(const struct format *f, const struct profile *p, const char *path,
                      struct err *e)
{
	struct output *o = output_open(path, e);

	return o ? format_write_output(f, p, &options, o, e) : -errno;
}

static void test_file(void **state)
{
	struct profile *p = test_cpu_profile("/src/work.c", 1), *q;
	struct err e = { "" };

	assert_int_equal(write_file(&format_pprof, p, "x", &e), 0);
	q = format_read_file("x", &e);
	assert_non_null(q);
	assert_int_equal(profile_total(p, 1), profile_total(q, 1));
	assert_int_equal(unlink("x"), 0);
	profile_free(p);
	profile_free(q);
}

static void refuse(const char *path, const char *why)
{
	struct err e = { "" };

	assert_null(format_read_file(path, &e));
	assert_string_equal(e.msg, why);
}

static void test_read_errors(void **state)
{
	struct profile *p = test_cpu_profile("/src/work.c", 1);

	refuse("absent", "cannot read 'absent': No such file or directory");
	refuse(".", "cannot read '.': Is a directory");
	refuse("/dev/null", "malformed profile: it is empty in '/dev/null'");
	assert_int_equal(write_file(&format_folded, p, "x.folded", NULL), 0);
	refuse("x.folded", "cannot read 'x.folded': folded is only written, keep a .pb.gz to read");
	assert_int_equal(unlink("x.folded"), 0);
	assert_int_equal(write_file(&format_pprof, p, "x.pb.gz", NULL), 0);
	assert_int_equal(truncate("x.pb.gz", 100), 0);
	refuse("x.pb.gz", "truncated gzip data in 'x.pb.gz'");
	assert_int_equal(unlink("x.pb.gz"), 0);
	profile_free(p);
}

static void test_stdin(void **state)
{
	struct profile *p = test_cpu_profile("/src/work.c", 1), *q;
	int keep = dup(STDIN_FILENO), fd;

	assert_int_equal(write_file(&format_pprof, p, "x", NULL), 0);
	fd = open("x", O_RDONLY);
	dup2(fd, STDIN_FILENO);
	q = format_read_file("-", NULL);
	dup2(keep, STDIN_FILENO);
	close(keep);
	close(fd);
	assert_non_null(q);
	assert_int_equal(unlink("x"), 0);
	profile_free(p);
	profile_free(q);
}

/* Nothing is written where something is wrong with the profile, or with the place. */
static void test_write_errors(void **state)
{
	struct profile *p = test_cpu_profile("/src/work.c", 1);
	struct err e = { "" };

	assert_int_equal(write_file(&format_pprof, p, "/dev/full", &e), -ENOSPC);
	assert_string_equal(e.msg,
	                    "cannot write '/dev/full': No space left on device; free some space "
	                    "or write to another file system with -o");
	assert_int_equal(write_file(&format_pprof, p, "no/x", &e), -ENOENT);
	p->failed = true;
	assert_int_equal(write_file(&format_pprof, p, "x", &e), -EINVAL);
	assert_string_equal(e.msg,
	                    "the profile cannot be written: it is incomplete: memory was out "
	                    "while it was built");
	assert_int_equal(access("x", F_OK), -1);
	profile_free(p);
}

/* More than a stream's buffer: the write fails before the commit. */
static void test_large_write_error(void **state)
{
	struct profile *p = test_cpu_header();
	const int64_t values[] = { 1, 1 };
	struct err e = { "" };
	char name[64];
	uint32_t i, id;

	for (i = 0; i < 20000; i++) {
		snprintf(name, sizeof(name), "f%u", i * 2654435761u);
		id = test_frame(p, 0, i, name, name, "", 0);
		profile_add_sample(p, &id, 1, NULL, 0, values);
	}
	assert_int_equal(write_file(&format_pprof, p, "/dev/full", &e), -ENOSPC);
	assert_non_null(strstr(e.msg, "cannot write '/dev/full': No space left"));
	assert_int_equal(write_file(&format_folded, p, "/dev/full", &e), -ENOSPC);
	assert_non_null(strstr(e.msg, "cannot write '/dev/full': No space left"));
	profile_free(p);
}

static void test_text(void **state)
{
	char *copy;
	const char *good = "caf\xc3\xa9";

	assert_ptr_equal(utf8_only(good, &copy), good);
	assert_null(copy);
	assert_string_equal(utf8_only("\xff", &copy), "\xef\xbf\xbd");
	free(copy);
	assert_string_equal(text_basename("/a/b"), "b");
	assert_string_equal(text_basename("b"), "b");
	assert_string_equal(text_basename("/a/"), "/a/");
	assert_string_equal(text_basename(""), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_suffixes),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_txt),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_read_errors),
		cmocka_unit_test(test_stdin),
		cmocka_unit_test(test_write_errors),
		cmocka_unit_test(test_large_write_error),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
