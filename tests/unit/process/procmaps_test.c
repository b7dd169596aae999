// SPDX-License-Identifier: Apache-2.0
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

#include "process/procmaps.h"

static bool parse(const char *text, struct procmaps_line *l)
{
	static char line[PROCMAPS_BUF];

	snprintf(line, sizeof(line), "%s", text);
	return procmaps_parse(line, strlen(line), l);
}

static void assert_path(const struct procmaps_line *l, const char *path)
{
	assert_int_equal(l->path_len, strlen(path));
	assert_memory_equal(l->path, path, l->path_len);
}

static void a_file(void **state)
{
	struct procmaps_line l;

	assert_true(parse("7f3a03a2a000-7f3a03b80000 r-xp 00026000 fe:00 326269"
	                  "                     /usr/lib/x86_64-linux-gnu/libc.so.6",
	                  &l));
	assert_int_equal(l.start, 0x7f3a03a2a000);
	assert_int_equal(l.end, 0x7f3a03b80000);
	assert_int_equal(l.offset, 0x26000);
	assert_int_equal(l.major, 0xfe);
	assert_int_equal(l.minor, 0);
	assert_int_equal(l.inode, 326269);
	assert_true(l.read && !l.write && l.exec);
	assert_path(&l, "/usr/lib/x86_64-linux-gnu/libc.so.6");
}

static void without_a_file(void **state)
{
	struct procmaps_line l;

	assert_true(parse("7ffe0000-7fff0000 rwxp 00000000 00:00 0 ", &l));
	assert_path(&l, "");
	assert_true(l.write && l.exec);
	assert_true(parse("7fffca5a1000-7fffca5a3000 r-xp 00000000 00:00 0       [vdso]", &l));
	assert_path(&l, "[vdso]");
	assert_true(
		parse("ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0  [vsyscall]", &l));
	assert_true(!l.read && l.exec);
	assert_int_equal(l.end, 0xffffffffff601000);
}

static void large_numbers(void **state)
{
	struct procmaps_line l;

	assert_true(parse("1000-2000 r--s ffffffff000 fffff:fffff 18446744073709551615 /x", &l));
	assert_int_equal(l.inode, UINT64_MAX);
	assert_int_equal(l.major, 0xfffff);
	assert_int_equal(l.minor, 0xfffff);
	assert_false(parse("1000-2000 r--s 0 0:0 18446744073709551616 /x", &l));
	assert_false(parse("1000-12345678123456780 r--s 0 0:0 1 /x", &l));
	assert_false(parse("1000-2000 r--s 0 123456789:0 1 /x", &l));
}

static void hostile_paths(void **state)
{
	struct procmaps_line l;

	assert_true(parse("1000-2000 r-xp 0 0:1 5 /a b/c d (deleted)", &l));
	assert_path(&l, "/a b/c d (deleted)");
	/* Only a newline is escaped; every other backslash stands for itself. */
	assert_true(parse("1000-2000 r-xp 0 0:1 5 /a\\0121000-2000 r-xp 0 0:1 5 /b\\134\\01", &l));
	assert_path(&l, "/a\n1000-2000 r-xp 0 0:1 5 /b\\134\\01");
	assert_true(parse("1000-2000 r-xp 0 0:1 5 \\012", &l));
	assert_path(&l, "\n");
	assert_true(parse("1000-2000 r-xp 0 0:1 5 /\xff\x01\x1b[31m", &l));
	assert_path(&l, "/\xff\x01\x1b[31m");
}

static void not_a_line(void **state)
{
	static const char *const bad[] = {
		"",
		" ",
		"-",
		"1000",
		"1000-",
		"1000-2000",
		"1000-2000 ",
		"1000-2000 r-xp",
		"1000-2000 r-xp 0",
		"1000-2000 r-xp 0 0:0",
		"1000-2000 r-xp 0 0:0 1",
		"2000-1000 r-xp 0 0:0 1 /x",
		"1000-1000 r-xp 0 0:0 1 /x",
		"1000-2000 r-x 0 0:0 1 /x",
		"g000-h000 r-xp 0 0:0 1 /x",
		"1000-2000 r-xp 0 0:0 a /x",
		"1000-2000 r-xp 0 00 1 /x",
		"1000 2000 r-xp 0 0:0 1 ",
	};
	struct procmaps_line l;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(parse(bad[i], &l));
}

struct seen {
	unsigned cnt, stop_at;
	size_t longest;
};

static bool see(void *arg, const struct procmaps_line *l)
{
	struct seen *s = arg;

	if (l->path_len > s->longest)
		s->longest = l->path_len;
	return ++s->cnt != s->stop_at;
}

static int file_of(const char *text, size_t len)
{
	int fd = memfd_create("maps", 0);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static void lines_over_reads(void **state)
{
	char *text = malloc(100000), *p = text, *buf = malloc(PROCMAPS_BUF);
	struct seen s = { 0 };
	unsigned i;
	int fd;

	for (i = 0; i < 1000; i++)
		p += snprintf(p, 100, "%x000-%x000 r-xp 00000000 fe:00 %u    /usr/lib/lib%u.so\n",
		              i + 1, i + 2, i + 1, i);
	fd = file_of(text, (size_t)(p - text));
	assert_int_equal(procmaps_each(fd, buf, see, &s), p - text);
	assert_int_equal(s.cnt, 1000);
	lseek(fd, 0, SEEK_SET);
	s = (struct seen){ .stop_at = 7 };
	assert_true(procmaps_each(fd, buf, see, &s) > 0);
	assert_int_equal(s.cnt, 7);
	close(fd);
	free(buf);
	free(text);
}

/* The longest path that the kernel writes: 4095 bytes, all but the slash newlines. */
static void long_line(void **state)
{
	char *text = malloc(3 * PROCMAPS_BUF), *buf = malloc(PROCMAPS_BUF), *p = text;
	struct seen s = { 0 };
	unsigned i;
	int fd;

	p += snprintf(p, 100, "1000-2000 r-xp 00000000 fe:00 1    /");
	for (i = 0; i < 4094; i++)
		p = stpcpy(p, "\\012");
	p += snprintf(p, 100, "\n2000-3000 r-xp 00000000 fe:00 1    /b\n");
	fd = file_of(text, (size_t)(p - text));
	assert_true(procmaps_each(fd, buf, see, &s) > 0);
	assert_int_equal(s.cnt, 2);
	assert_int_equal(s.longest, 4095);
	close(fd);
	/* A line without an end is skipped, not read for ever. */
	memset(text, 'a', 3 * PROCMAPS_BUF);
	memcpy(text + 2 * PROCMAPS_BUF, "\n1000-2000 r-xp 0 0:0 1 /x\n", 27);
	fd = file_of(text, 3 * PROCMAPS_BUF);
	s = (struct seen){ 0 };
	assert_true(procmaps_each(fd, buf, see, &s) > 0);
	assert_int_equal(s.cnt, 1);
	close(fd);
	free(buf);
	free(text);
}

static void own_maps(void **state)
{
	char *buf = malloc(PROCMAPS_BUF);
	int fd = open("/proc/self/maps", O_RDONLY);
	struct seen s = { 0 };

	assert_true(procmaps_each(fd, buf, see, &s) > 0);
	assert_true(s.cnt > 5);
	close(fd);
	assert_true(procmaps_each(-1, buf, see, &s) < 0);
	free(buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file),        cmocka_unit_test(without_a_file),
		cmocka_unit_test(large_numbers), cmocka_unit_test(hostile_paths),
		cmocka_unit_test(not_a_line),    cmocka_unit_test(lines_over_reads),
		cmocka_unit_test(long_line),     cmocka_unit_test(own_maps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
