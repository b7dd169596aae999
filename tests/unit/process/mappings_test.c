// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "process/mappings.h"

static struct file a = { .id = { 1, 2, 3, 0 }, .path = (char *)"/a" };
static struct file b = { .id = { 1, 2, 4, 0 }, .path = (char *)"/b" };
static struct file anon = { .kind = FILE_ANON, .path = (char *)"//anon" };

static int add(struct mappings **ms, struct file *f, uint64_t start, uint64_t end, uint64_t offset,
               bool live)
{
	struct mapping m = { .start = start, .end = end, .offset = offset, .file = f };

	return mappings_add(ms, &m, live);
}

/* "START-END PATH@OFFSET[!]; …", hexadecimal; ! = remapped. */
static const char *text(const struct mappings *ms)
{
	static char out[1024];
	size_t len = 0;
	uint32_t i;

	out[0] = 0;
	for (i = 0; ms && i < ms->cnt; i++) {
		const struct mapping *m = &ms->items[i];

		len += (size_t)snprintf(out + len, sizeof(out) - len, "%s%lx-%lx %s@%lx%s",
		                        i ? "; " : "", m->start, m->end, m->file->path, m->offset,
		                        m->remapped ? "!" : "");
	}
	return out;
}

static void sorted(void **state)
{
	struct mappings *ms = NULL;

	add(&ms, &b, 0x5000, 0x6000, 0, true);
	add(&ms, &a, 0x1000, 0x2000, 0x1000, true);
	add(&ms, &anon, 0x3000, 0x4000, 0, true);
	assert_string_equal(text(ms), "1000-2000 /a@1000; 3000-4000 //anon@0; 5000-6000 /b@0");
	assert_null(mappings_find(ms->items, ms->cnt, 0xfff));
	assert_ptr_equal(mappings_find(ms->items, ms->cnt, 0x1000)->file, &a);
	assert_ptr_equal(mappings_find(ms->items, ms->cnt, 0x3fff)->file, &anon);
	assert_null(mappings_find(ms->items, ms->cnt, 0x4000));
	assert_null(mappings_find(ms->items, ms->cnt, 0x6000));
	assert_null(mappings_find(NULL, 0, 0));
	mappings_unref(ms);
}

static void repeated_and_continued(void **state)
{
	struct mappings *ms = NULL;

	add(&ms, &a, 0x2000, 0x3000, 0x1000, true);
	add(&ms, &a, 0x2000, 0x3000, 0x1000, true);
	assert_string_equal(text(ms), "2000-3000 /a@1000");
	add(&ms, &a, 0x3000, 0x4000, 0x2000, true); /* behind */
	add(&ms, &a, 0x1000, 0x2000, 0, true);      /* before */
	assert_string_equal(text(ms), "1000-4000 /a@0");
	add(&ms, &a, 0x3800, 0x5000, 0x2800, true); /* over the end */
	add(&ms, &a, 0x1800, 0x2000, 0x800, true);  /* within */
	assert_string_equal(text(ms), "1000-5000 /a@0");
	add(&ms, &a, 0x5000, 0x6000, 0, true); /* the same file, another place */
	assert_string_equal(text(ms), "1000-5000 /a@0; 5000-6000 /a@0");
	mappings_unref(ms);
}

static void joins_two(void **state)
{
	struct mappings *ms = NULL;

	add(&ms, &a, 0x1000, 0x2000, 0, true);
	add(&ms, &a, 0x3000, 0x4000, 0x2000, true);
	add(&ms, &a, 0x1800, 0x3800, 0x800, true);
	assert_string_equal(text(ms), "1000-4000 /a@0");
	mappings_unref(ms);
}

static void anonymous(void **state)
{
	struct mappings *ms = NULL;

	add(&ms, &anon, 0x1000, 0x2000, 0, true);
	add(&ms, &anon, 0x1800, 0x3000, 0, true);
	add(&ms, &anon, 0x3000, 0x4000, 0, true);
	assert_string_equal(text(ms), "1000-4000 //anon@0");
	mappings_unref(ms);
}

static void remapped_middle(void **state)
{
	struct mappings *ms = NULL;

	add(&ms, &a, 0x1000, 0x5000, 0x1000, true);
	add(&ms, &b, 0x2000, 0x3000, 0x7000, true);
	assert_string_equal(text(ms), "1000-2000 /a@1000; 2000-3000 /b@7000!; 3000-5000 /a@3000");
	/* The old one comes back: ambiguous it stays. */
	add(&ms, &a, 0x1000, 0x5000, 0x1000, true);
	assert_string_equal(text(ms), "1000-2000 /a@1000; 2000-3000 /a@2000!; 3000-5000 /a@3000");
	mappings_unref(ms);
}

static void remapped_over_several(void **state)
{
	struct mappings *ms = NULL;

	add(&ms, &a, 0x1000, 0x2000, 0, true);
	add(&ms, &anon, 0x3000, 0x4000, 0, true);
	add(&ms, &a, 0x5000, 0x7000, 0, true);
	add(&ms, &b, 0x1800, 0x6000, 0x800, true);
	assert_string_equal(text(ms), "1000-1800 /a@0; 1800-2000 /b@800!; 2000-3000 /b@1000; "
	                              "3000-4000 /b@2000!; 4000-5000 /b@3000; 5000-6000 /b@4000!; "
	                              "6000-7000 /a@1000");
	mappings_unref(ms);
}

static void not_live(void **state)
{
	struct mappings *ms = NULL;

	add(&ms, &a, 0x1000, 0x5000, 0, false);
	add(&ms, &b, 0x2000, 0x6000, 0, false);
	assert_string_equal(text(ms), "1000-2000 /a@0; 2000-6000 /b@0");
	mappings_unref(ms);
}

static void overlay_by_path(void **state)
{
	static struct file upper = { .id = { 0, 40, 6, 0 }, .path = (char *)"/a" };
	struct mappings *ms = NULL;

	add(&ms, &a, 0x1000, 0x2000, 0, true);
	add(&ms, &upper, 0x1000, 0x3000, 0, true);
	assert_string_equal(text(ms), "1000-3000 /a@0");
	mappings_unref(ms);
}

static void copy_on_write(void **state)
{
	struct mappings *parent = NULL, *child, *other;

	add(&parent, &a, 0x1000, 0x2000, 0, true);
	child = mappings_ref(parent);
	other = mappings_ref(parent);
	assert_int_equal(parent->refs, 3);
	add(&child, &a, 0x1000, 0x2000, 0, true); /* no news: still shared */
	assert_ptr_equal(child, parent);
	add(&child, &b, 0x3000, 0x4000, 0, true);
	assert_ptr_not_equal(child, parent);
	add(&other, &a, 0x2000, 0x3000, 0x1000, true);
	add(&parent, &b, 0x8000, 0x9000, 0, true);
	assert_string_equal(text(child), "1000-2000 /a@0; 3000-4000 /b@0");
	assert_string_equal(text(other), "1000-3000 /a@0");
	assert_string_equal(text(parent), "1000-2000 /a@0; 8000-9000 /b@0");
	mappings_unref(parent);
	mappings_unref(child);
	mappings_unref(other);
	mappings_unref(NULL);
	assert_null(mappings_ref(NULL));
}

static void empty_and_edge(void **state)
{
	struct mappings *ms = NULL;

	assert_int_equal(add(&ms, &a, 0x1000, 0x1000, 0, true), 0);
	assert_null(ms);
	add(&ms, &a, UINT64_MAX - 0xfff, UINT64_MAX, 0, true);
	add(&ms, &b, 0, UINT64_MAX, 0, true);
	assert_int_equal(ms->cnt, 2);
	assert_false(ms->items[0].remapped);
	assert_true(ms->items[1].remapped);
	mappings_unref(ms);
}

static void bounded(void **state)
{
	struct mappings *ms = NULL;
	uint64_t i;
	int err = 0;

	for (i = 0; !err && i < 2 * MAPPINGS_MAX; i++)
		err = add(&ms, &a, i * 0x2000, i * 0x2000 + 0x1000, 0, true);
	assert_int_equal(err, -ENOSPC);
	assert_true(ms->cnt <= MAPPINGS_MAX);
	mappings_unref(ms);
}

/* Against a table that knows each page by itself. */
static void random_against_pages(void **state)
{
	enum { PAGES = 64 };
	struct page {
		struct file *file;
		uint64_t offset;
		bool remapped;
	} pages[PAGES];
	struct file *files[] = { &a, &b, &anon };
	unsigned round, step, p;

	srand(1);
	for (round = 0; round < 300; round++) {
		struct mappings *ms = NULL;

		memset(pages, 0, sizeof(pages));
		for (step = 0; step < 30; step++) {
			unsigned start = (unsigned)rand() % PAGES, len = 1 + (unsigned)rand() % 12;
			struct file *f = files[rand() % 3];
			uint64_t offset = f == &anon ? 0 : (start + (unsigned)rand() % 2) * 4096ull;
			bool live = rand() % 4;

			if (start + len > PAGES)
				len = PAGES - start;
			add(&ms, f, start * 4096ull, (start + len) * 4096ull, offset, live);
			for (p = start; p < start + len; p++) {
				uint64_t at = f == &anon ? 0 : offset + (p - start) * 4096ull;

				pages[p].remapped |= pages[p].file && live &&
				                     (pages[p].file != f || pages[p].offset != at);
				pages[p].file = f;
				pages[p].offset = at;
			}
		}
		for (p = 0; p < PAGES; p++) {
			const struct mapping *m = mappings_find(ms->items, ms->cnt, p * 4096ull);

			assert_ptr_equal(m ? m->file : NULL, pages[p].file);
			if (!m)
				continue;
			assert_int_equal(m->remapped, pages[p].remapped);
			if (m->file != &anon)
				assert_int_equal(m->offset + (p * 4096ull - m->start),
				                 pages[p].offset);
		}
		for (p = 1; p < ms->cnt; p++)
			assert_true(ms->items[p - 1].end <= ms->items[p].start);
		mappings_unref(ms);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorted),          cmocka_unit_test(repeated_and_continued),
		cmocka_unit_test(joins_two),       cmocka_unit_test(anonymous),
		cmocka_unit_test(remapped_middle), cmocka_unit_test(remapped_over_several),
		cmocka_unit_test(not_live),        cmocka_unit_test(overlay_by_path),
		cmocka_unit_test(copy_on_write),   cmocka_unit_test(empty_and_edge),
		cmocka_unit_test(bounded),         cmocka_unit_test(random_against_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
