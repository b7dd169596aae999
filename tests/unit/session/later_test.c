// SPDX-License-Identifier: Apache-2.0
/* What waits for `ebprof symbolize`, what is named at once, and what is noted of files for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <sys/stat.h>

#include "process/file.h"
#include "profile/file_note.h"
#include "profile/profile.h"
#include "session/later.h"
#include "symbolize/symbolize.h"

static void add(struct profile *p, const char *path, const char *id)
{
	struct profile_mapping m = { .start = 0x1000, .limit = 0x2000 };

	m.file = profile_string(p, path);
	m.build_id = profile_string(p, id);
	profile_add_mapping(p, &m);
}

static void what_waits(void **state)
{
	struct file file = { .fd = -1 };
	struct symbolize_source sources[] = {
		{ .what = SOURCE_FILE, .file = &file },
		{ .what = SOURCE_NONE },
		{ .what = SOURCE_KERNEL },
		{ .what = SOURCE_KERNEL },
		{ .what = SOURCE_JIT },
		{ .what = SOURCE_FIXED },
	};
	static const int want[] = { SOURCE_LATER,  SOURCE_LATER, SOURCE_LATER,
		                    SOURCE_KERNEL, SOURCE_JIT,   SOURCE_FIXED };
	struct profile *p = profile_new();
	size_t i;

	add(p, "/bin/x", "0011");
	add(p, "//anon", "");
	add(p, "[kernel.kallsyms]_text", "0022");
	add(p, "[bpf]", "");
	add(p, "//anon", "");
	add(p, "[ebprof]", "");
	later_mark(p, sources, 6);
	for (i = 0; i < 6; i++)
		assert_int_equal(sources[i].what, want[i]);
	assert_int_equal(p->comment_cnt, 0);
	profile_free(p);
}

/* Once a file, of those that are open and have no build ID. */
static void what_is_noted(void **state)
{
	FILE *f = tmpfile();
	struct file open_one = { .fd = fileno(f) }, copy = { .fd = fileno(f), .memory = true },
		    closed = { .fd = -1 }, vdso = { .fd = fileno(f), .kind = FILE_VDSO };
	struct symbolize_source sources[] = {
		{ .what = SOURCE_FILE, .file = &open_one },
		{ .what = SOURCE_FILE, .file = &copy },
		{ .what = SOURCE_FILE, .file = &open_one },
		{ .what = SOURCE_FILE, .file = &closed },
		{ .what = SOURCE_FILE, .file = &vdso },
	};
	struct profile *p = profile_new();
	const struct file_note *note;
	struct table notes;
	struct stat st;
	size_t i;

	fputs("text", f);
	fflush(f);
	assert_int_equal(fstat(fileno(f), &st), 0);
	for (i = 0; i < 5; i++)
		add(p, i == 0 || i == 2 ? "/bin/server" : "/bin/other", "");
	later_mark(p, sources, 5);
	assert_int_equal(file_notes_read(p, &notes), 0);
	assert_int_equal(p->comment_cnt, 1);
	assert_int_equal(notes.cnt, 1);
	note = table_at(&notes, 0);
	assert_int_equal(note->path, profile_mapping(p, 1)->file);
	assert_int_equal(note->size, 4);
	assert_int_equal(note->sec, st.st_mtim.tv_sec);
	assert_int_equal(note->nsec, st.st_mtim.tv_nsec);
	table_release(&notes);
	profile_free(p);
	fclose(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_waits),
		cmocka_unit_test(what_is_noted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
