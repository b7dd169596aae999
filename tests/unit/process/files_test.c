// SPDX-License-Identifier: Apache-2.0
/* Which names are the same file, which are none; and what /proc/PID/stat says. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "process/files.h"
#include "process/proc.h"

static struct file *get(struct files *fs, const char *path, uint64_t inode, uint64_t generation,
                        bool scanned)
{
	struct file_name name = { .id = { 8, 1, inode, generation },
		                  .path = path,
		                  .path_len = strlen(path),
		                  .end = 1ull << 40,
		                  .scanned = scanned };

	return files_get(fs, &name);
}

static void by_generation(void **state)
{
	struct files fs;
	struct file *f;

	assert_int_equal(files_init(&fs), 0);
	f = get(&fs, "/lib/a", 5, 7, false);
	assert_string_equal(f->path, "/lib/a");
	assert_int_equal(f->fd, -1);
	assert_ptr_equal(get(&fs, "/lib/a", 5, 7, false), f);
	assert_ptr_equal(get(&fs, "/hard/link", 5, 7, false), f);
	assert_ptr_not_equal(get(&fs, "/lib/a", 5, 8, false), f); /* the number was used again */
	assert_ptr_not_equal(get(&fs, "/lib/a", 6, 7, false), f);
	files_release(&fs);
}

static void by_path(void **state)
{
	struct files fs;
	struct file *f;

	files_init(&fs);
	f = get(&fs, "/lib/a", 5, 0, true);
	assert_ptr_equal(get(&fs, "/lib/a", 5, 7, false), f);
	assert_int_equal(f->id.generation, 7);
	assert_ptr_equal(get(&fs, "/other/root/lib/a", 5, 0, true), f); /* the same reading */
	assert_ptr_not_equal(get(&fs, "/lib/ab", 5, 8, false), f);
	fs.scan++;
	assert_ptr_not_equal(get(&fs, "/other/root/lib/x", 5, 0, true), f);
	fs.scan++;
	/* While it is open its inode is not given away. */
	files_keep(&fs, f, dup(0));
	assert_ptr_equal(get(&fs, "/third/name", 5, 0, true), f);
	files_release(&fs);
}

static void no_files(void **state)
{
	struct files fs;
	struct file *anon;

	files_init(&fs);
	anon = get(&fs, "//anon", 0, 0, false);
	assert_int_equal(anon->kind, FILE_ANON);
	assert_ptr_equal(get(&fs, "", 0, 0, true), anon);
	assert_ptr_equal(get(&fs, "[heap]", 0, 0, true), anon);
	assert_ptr_equal(get(&fs, "[anon:jit code]", 0, 0, true), anon);
	assert_ptr_equal(get(&fs, "[stack]", 0, 0, true), anon);
	assert_string_equal(get(&fs, "/dev/zero (deleted)", 77, 0, false)->path, "/dev/zero");
	assert_int_equal(get(&fs, "/SYSV00000000 (deleted)", 78, 0, false)->kind, FILE_ANON);
	assert_string_equal(get(&fs, "[uprobes]", 0, 0, true)->path, "[uprobes]");
	assert_int_equal(get(&fs, "[vdso]", 0, 0, true)->kind, FILE_VDSO);
	assert_true(files_ignored("[vsyscall]", 10));
	assert_false(files_ignored("[vdso]", 6));
	files_release(&fs);
}

static void vdso_of_32_bit(void **state)
{
	struct file_name name = { .path = "[vdso]", .path_len = 6, .end = 0xf7f00000 };
	struct files fs;

	files_init(&fs);
	assert_int_equal(files_get(&fs, &name)->kind, FILE_ANON);
	files_release(&fs);
}

static void deleted(void **state)
{
	struct files fs;
	struct file *f;

	files_init(&fs);
	f = get(&fs, "/tmp/x", 5, 7, false);
	assert_ptr_equal(get(&fs, "/tmp/x (deleted)", 5, 0, true), f);
	f = get(&fs, "/memfd:code (deleted)", 9, 3, false);
	assert_string_equal(f->path, "/memfd:code");
	assert_int_equal(f->kind, FILE_REGULAR);
	assert_string_equal(get(&fs, " (deleted)", 10, 0, false)->path, " (deleted)");
	files_release(&fs);
}

static void many(void **state)
{
	struct file *first;
	struct files fs;
	char path[32];
	unsigned i;

	files_init(&fs);
	first = get(&fs, "/file0", 1, 1, false);
	for (i = 0; i < 5000; i++) {
		snprintf(path, sizeof(path), "/file%u", i);
		assert_non_null(get(&fs, path, i + 1, 1, false));
	}
	assert_int_equal(fs.cnt, 5000);
	assert_ptr_equal(get(&fs, "/file0", 1, 1, false), first);
	files_release(&fs);
}

static void descriptors_are_bounded(void **state)
{
	struct file *f[20];
	struct files fs;
	char path[32];
	unsigned i, open_cnt = 0;

	files_init(&fs);
	fs.fd_max = 10;
	for (i = 0; i < 20; i++) {
		snprintf(path, sizeof(path), "/file%u", i);
		f[i] = get(&fs, path, i + 1, 1, false);
		files_keep(&fs, f[i], dup(0));
		files_touch(&fs, f[0]);
	}
	for (i = 0; i < 20; i++)
		open_cnt += f[i]->fd >= 0;
	assert_int_equal(open_cnt, 10);
	assert_true(f[0]->fd >= 0);
	assert_true(f[19]->fd >= 0);
	assert_int_equal(f[1]->fd, -1);
	files_release(&fs);
}

static bool stat_of(const char *text, struct proc_stat *st)
{
	return proc_stat_parse(text, strlen(text), st);
}

#define STAT_TAIL " S 7 1 1 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 13 0 250 100 200"

static void stat_text(void **state)
{
	struct proc_stat st;

	assert_true(stat_of("42 (a comm)" STAT_TAIL, &st));
	assert_string_equal(st.comm, "a comm");
	assert_int_equal(st.state, 'S');
	assert_int_equal(st.ppid, 7);
	assert_int_equal(st.threads, 13);
	assert_int_equal(st.start, 250 * proc_tick_ns());
	assert_true(stat_of("42 (x) Z 1 (y))" STAT_TAIL, &st));
	assert_string_equal(st.comm, "x) Z 1 (y)");
	assert_int_equal(st.threads, 13);
	assert_true(stat_of("42 (kworker/u8:1-events_unbound)" STAT_TAIL, &st));
	assert_string_equal(st.comm, "kworker/u8:1-ev");
}

static void not_stat_text(void **state)
{
	static const char text[] = "42 (a comm)" STAT_TAIL;
	struct proc_stat st;
	size_t len;

	for (len = 0; len < sizeof(text) - 13; len++)
		assert_false(proc_stat_parse(text, len, &st));
	assert_false(stat_of(")(", &st));
	assert_false(stat_of("()", &st));
	assert_false(stat_of("1 (x) S a b c", &st));
}

static void own_stat(void **state)
{
	struct proc_stat st;
	int dir = proc_open((uint32_t)getpid());

	assert_true(dir >= 0);
	assert_int_equal(proc_stat_read(dir, &st), 0);
	assert_false(proc_stat_dead(&st));
	assert_int_equal(st.ppid, getppid());
	assert_true(st.start <= proc_now());
	close(dir);
	assert_true(proc_open(0) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_generation),
		cmocka_unit_test(by_path),
		cmocka_unit_test(no_files),
		cmocka_unit_test(vdso_of_32_bit),
		cmocka_unit_test(deleted),
		cmocka_unit_test(many),
		cmocka_unit_test(descriptors_are_bounded),
		cmocka_unit_test(stat_text),
		cmocka_unit_test(not_stat_text),
		cmocka_unit_test(own_stat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
