// SPDX-License-Identifier: Apache-2.0
/* What is freed of the units when much is kept is there again when it is asked for. */
#include "elf/tools.h"

#include "elf/elf.h"
#include "symbolize/dwarf_file.h"
#include "symbolize/dwarf_line.h"
#include "symbolize/dwarf_tree.h"
#include "symbolize/dwarf_unit.h"

#define UNITS 3

static int begin(void **state)
{
	static const char *const names[UNITS] = { "a.c", "b.c", "c.c" };
	char text[256];
	int i;

	if (tools_begin(state))
		return -1;
	for (i = 0; i < UNITS; i++) {
		snprintf(text, sizeof(text),
		         "static inline int in%d(int x) { return x * %d; }\n"
		         "int f%d(int x) { return in%d(x) + in%d(x + 1); }\n%s",
		         i, i + 3, i, i, i, i ? "" : "int main(void) { return f0(1); }\n");
		tools_write(names[i], text, strlen(text));
	}
	return !tools_run("gcc -O2 -g -o prog a.c b.c c.c");
}

static size_t spans(struct dwarf_unit *u)
{
	struct dwarf_tree *t = dwarf_tree_get(u);

	assert_non_null(t);
	return t->spans.cnt;
}

static void trim(void **state)
{
	int fd = tools_open("prog");
	struct dwarf_file *f = dwarf_file_new(elf_open(fd), -1, false);
	size_t had[UNITS], i;

	assert_non_null(f);
	dwarf_units_scan(f);
	assert_in_range(f->unit_cnt, UNITS, 16); /* the C library's beginning may have one */
	for (i = 0; i < UNITS; i++) {
		had[i] = spans(&f->units[i]);
		assert_true(had[i] && dwarf_lines_get(&f->units[i]));
	}
	assert_true(f->kept && f->kept < 1 << 20);
	dwarf_units_trim(f, &f->units[1]);
	assert_true(f->units[0].tree && f->attrs_kept);
	f->kept = SIZE_MAX / 2;
	dwarf_units_trim(f, &f->units[1]);
	assert_true(!f->units[0].tree && !f->units[0].lines && !f->units[2].tree);
	assert_true(f->units[1].tree && f->units[1].lines);
	assert_true(!f->kept && !f->attrs_kept);
	for (i = 0; i < UNITS; i++) {
		assert_int_equal(spans(&f->units[i]), had[i]);
		assert_non_null(dwarf_lines_get(&f->units[i]));
	}
	dwarf_file_free(f);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(trim) };

	return cmocka_run_group_tests(tests, begin, tools_end);
}
