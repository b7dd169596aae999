// SPDX-License-Identifier: Apache-2.0
/* What is noted of a file is read again, whatever its path is made of; other comments are no notes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "profile/file_note.h"
#include "profile/profile.h"

static void read_again(void **state)
{
	static const char *const paths[] = { "/bin/server", "/a b/c  d", "/new\nline\ttab\\001",
		                             "/\x7f\x01\xff", "/" };
	const size_t cnt = sizeof(paths) / sizeof(paths[0]);
	struct profile *p = profile_new();
	const struct file_note *have;
	struct table notes;
	size_t i;

	for (i = 0; i < cnt; i++) {
		struct file_note n = { .path = profile_string(p, paths[i]),
			               .nsec = 5 * (uint32_t)i,
			               .size = UINT64_MAX - i,
			               .sec = (int64_t)i - 2 };

		file_note_add(p, &n);
		assert_null(strpbrk(profile_text(p, p->comments[i]), "\n\t\x7f\x01"));
	}
	assert_int_equal(file_notes_read(p, &notes), 0);
	assert_int_equal(notes.cnt, cnt);
	for (i = 0; i < cnt; i++) {
		have = table_at(&notes, i);
		assert_string_equal(profile_text(p, have->path), paths[i]);
		assert_int_equal(have->nsec, 5 * i);
		assert_true(have->size == UINT64_MAX - i);
		assert_int_equal(have->sec, (int64_t)i - 2);
	}
	table_release(&notes);
	profile_free(p);
}

static void no_notes(void **state)
{
	static const char *const comments[] = {
		"",
		"# file without build ID: size",
		"# file without build ID: size 5 mtime 7 /x",
		"# file without build ID: size 5 mtime 7.0 relative",
		"# file without build ID: size 5 mtime 7.0 ",
		"# file without build ID: size x mtime 7.0 /x",
		"# file without build ID: size 5 mtime 7.0 /x\\9",
		"# file without build ID: size 5 mtime 7.0 /x\\000y",
		"# file without build ID: size 5 mtime 7.0 /x\\777",
		"file without build ID: size 5 mtime 7.000000000 /x",
	};
	struct profile *p = profile_new();
	struct table notes;
	size_t i;

	for (i = 0; i < sizeof(comments) / sizeof(comments[0]); i++)
		profile_add_comment(p, comments[i]);
	assert_int_equal(file_notes_read(p, &notes), 0);
	assert_int_equal(notes.cnt, 0);
	table_release(&notes);
	profile_free(p);
}

static void first_counts(void **state)
{
	struct profile *p = profile_new();
	struct table notes;

	profile_add_comment(p, "# file without build ID: size 5 mtime 7.000000001 /x");
	profile_add_comment(p, "# file without build ID: size 6 mtime 8.000000000 /x");
	assert_int_equal(file_notes_read(p, &notes), 0);
	assert_int_equal(notes.cnt, 1);
	assert_int_equal(((struct file_note *)table_at(&notes, 0))->size, 5);
	table_release(&notes);
	profile_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(read_again),
		cmocka_unit_test(no_notes),
		cmocka_unit_test(first_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
