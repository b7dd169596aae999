// SPDX-License-Identifier: Apache-2.0
/* How ranges become one table, and the tables of real files, with and without section headers. */
#include "elf/tables.h"

#include "elf/tools.h"

#include <errno.h>

#include "elf/debug_file.h"

static void test_gaps_and_padding(void **state)
{
	struct bytes b = { .size = 0 };

	expect_rows(&b, NULL, "");
	put_cie(&b);
	expect_rows(&b, NULL, "");
	put_fde(&b, 0, 0x1000, 0x10, "0e10");
	put_fde(&b, 0, 0x1010, 0x10, "0e10");
	put_fde(&b, 0, 0x1030, 0x10, "0e18");
	put_fde(&b, 0, 0x1051, 0x0f, "0e18");
	expect_rows(&b, NULL,
	            "1000:r7+16 ra@-8 1030:r7+24 ra@-8 1040:none 1051:r7+24 ra@-8 1060:none");
}

static void test_order_and_overlap(void **state)
{
	struct bytes b = { .size = 0 };

	put_cie(&b);
	put_fde(&b, 0, 0x2000, 0x100, "0e40");
	put_fde(&b, 0, 0x1000, 0x100, "0e10");
	put_fde(&b, 0, 0x1080, 0x10, "0e18");
	put_fde(&b, 0, 0x1000, 0x200, "0e20"); /* at the same place: the first counts */
	put_fde(&b, 0, 0x1200, 0, "0e28");
	put_fde(&b, 0, 0x1300, 0x20, "0e30");
	put_fde(&b, 0, 0x1308, 0x8, "0e38");
	expect_rows(&b, NULL,
	            "1000:r7+16 ra@-8 1080:r7+24 ra@-8 1090:none 1300:r7+48 ra@-8 "
	            "1308:r7+56 ra@-8 1310:none 2000:r7+64 ra@-8 2100:none");
}

static void test_only_code(void **state)
{
	struct bytes b = { .size = 0 };

	put_cie(&b);
	put_fde(&b, 0, 0, 0x100, "");
	put_fde(&b, 0, TEXT - 1, 0x100, "");
	put_fde(&b, 0, TEXT_END, 0x100, "");
	put_fde(&b, 0, 0x7fffffff, 0x100, "");
	expect_rows(&b, NULL, "");
	put_fde(&b, 0, TEXT_END - 0x10, 0xffffffff, "");
	expect_rows(&b, NULL, "2ff0:r7+8 ra@-8 3000:none");
}

/* A signal frame takes the byte before it, from padding or from the function there. */
static void test_signal_frame(void **state)
{
	struct bytes b = { .size = 0 };
	size_t at, cie;

	put_cie(&b);
	put_fde(&b, 0, 0x1000, 0x10, "44 0e10");
	cie = b.size;
	at = record_start(&b, 0);
	put_hex(&b, "01 7a525300 01 78 10 01 1b 0f0477a00106");
	record_end(&b, at);
	put_fde(&b, cie, 0x1010, 9, "1010 0377a801 42 0607");
	expect_rows(&b, NULL, "1000:r7+8 ra@-8 1004:r7+16 ra@-8 100f:signal 1019:none");
	put_fde(&b, cie, 0x1100, 9, "1010 0377a801");
	put_fde(&b, cie, TEXT_END - 1, 9, "1010 0377a801");
	expect_rows(&b, NULL,
	            "1000:r7+8 ra@-8 1004:r7+16 ra@-8 100f:signal 1019:none 10ff:signal 1109:none "
	            "2ffe:signal 3000:none");
}

static void test_find(void **state)
{
	struct bytes b = { .size = 0 };
	struct elf_rows rows = { 0 };

	assert_null(elf_rows_find(&rows, 0));
	put_cie(&b);
	put_fde(&b, 0, 0x1000, 0x10, "44 0e10");
	assert_int_equal(build(&b, NULL, &rows), 0);
	assert_int_equal(rows.fdes, 1);
	assert_null(elf_rows_find(&rows, 0xfff));
	assert_ptr_equal(elf_rows_find(&rows, 0x1000), &rows.items[0]);
	assert_ptr_equal(elf_rows_find(&rows, 0x1003), &rows.items[0]);
	assert_ptr_equal(elf_rows_find(&rows, 0x1004), &rows.items[1]);
	assert_ptr_equal(elf_rows_find(&rows, 0x1010), &rows.items[2]);
	assert_ptr_equal(elf_rows_find(&rows, UINT64_MAX), &rows.items[2]);
	assert_int_equal(elf_rows_find(&rows, UINT64_MAX)->cfa, ROW_NONE);
	elf_rows_release(&rows);
	assert_null(elf_rows_find(&rows, 0x1000));
	elf_rows_release(&rows);
}

static void test_other_machines(void **state)
{
	struct bytes b = { .size = 0 };
	struct elf_rows rows;
	uint8_t *image;
	size_t size;

	put_cie(&b);
	put_fde(&b, 0, 0x1000, 0x10, "44 0e10");
	image = make_image(&b, NULL, &size);
	((Elf64_Ehdr *)image)->e_machine = EM_AARCH64;
	assert_int_equal(build_image(image, size, &rows), 0);
	assert_int_equal(rows.cnt, 0);
	((Elf64_Ehdr *)image)->e_machine = EM_386;
	((Elf64_Ehdr *)image)->e_ident[EI_CLASS] = ELFCLASS32;
	assert_int_equal(build_image(image, size, &rows), 0);
	assert_int_equal(rows.cnt, 0);
	free(image);
}

/* More functions than one pass of the sort tells apart, in the worst order. */
static void test_many_ranges(void **state)
{
	struct bytes b = { .size = 0 };
	struct elf_rows rows;
	size_t i;

	put_cie(&b);
	for (i = 0; i < 340; i++)
		put_fde(&b, 0, TEXT + 20 * (339 - i), 4, i & 1 ? "0e10" : "0e18");
	assert_int_equal(build(&b, NULL, &rows), 0);
	check_rows(&rows);
	assert_int_equal(rows.fdes, 340);
	assert_int_equal(rows.cnt, 341);
	for (i = 0; i < 340; i++) {
		assert_int_equal(rows.items[i].address, TEXT + 20 * i);
		assert_int_equal(rows.items[i].offset, i & 1 ? 24 : 16);
	}
	elf_rows_release(&rows);
}

static size_t count(const struct elf_rows *rows, enum row_cfa kind)
{
	size_t i, cnt = 0;

	for (i = 0; i < rows->cnt; i++)
		cnt += rows->items[i].cfa == kind;
	return cnt;
}

static void load_rows(const char *name, struct elf_rows *rows)
{
	size_t size;
	unsigned char *image = tools_load(name, &size);

	assert_int_equal(build_image(image, size, rows), 0);
	check_rows(rows);
	free(image);
}

static void expect_same(const struct elf_rows *a, const struct elf_rows *b)
{
	size_t i;

	assert_int_equal(a->cnt, b->cnt);
	for (i = 0; i < a->cnt; i++)
		assert_memory_equal(&a->items[i], &b->items[i], sizeof(a->items[i]));
}

static void test_libc(void **state)
{
	struct elf_rows rows;
	size_t i, by_register = 0;

	load_rows(LIBC, &rows);
	assert_in_range(rows.cnt, 15000, 40000);
	assert_in_range(rows.fdes, 2500, 6000);
	assert_in_range(rows.unsupported, 0, 50);
	assert_int_equal(count(&rows, ROW_SIGNAL), 1);
	assert_in_range(count(&rows, ROW_STOP), 1, 20);
	assert_int_equal(count(&rows, ROW_FP), 0);
	for (i = 0; i < rows.cnt; i++)
		by_register += rows.items[i].ra == SAVE_REG; /* vfork keeps it in rdi */
	assert_in_range(by_register, 1, 10);
	elf_rows_release(&rows);
}

/* The same file as if it had no section headers. */
static void expect_same_without_sections(const char *name)
{
	struct elf_rows with, without;
	size_t size;
	unsigned char *image = tools_load(name, &size);
	Elf64_Ehdr *e = (Elf64_Ehdr *)image;

	assert_int_equal(build_image(image, size, &with), 0);
	e->e_shoff = e->e_shnum = e->e_shstrndx = 0;
	assert_int_equal(build_image(image, size, &without), 0);
	assert_true(with.cnt > 10);
	expect_same(&with, &without);
	elf_rows_release(&with);
	elf_rows_release(&without);
	free(image);
}

static void test_without_sections(void **state)
{
	assert_true(tools_run("gcc -O2 -w -static-pie -o static-pie p.c"));
	expect_same_without_sections("pie");
	expect_same_without_sections("static-pie");
	expect_same_without_sections(LIBC);
	expect_same_without_sections("/proc/self/exe");
}

/* Functions that only .debug_frame has, compressed or not. */
static void test_compressed(void **state)
{
	struct elf_rows plain, packed, neither;

	assert_true(tools_run("gcc -w -O2 -gz=zlib -g -fno-asynchronous-unwind-tables -o pd p.c &&"
	                      "gcc -w -O2 -gz=none -g -fno-asynchronous-unwind-tables -o pn p.c &&"
	                      "cp pn pq && strip pq"));
	load_rows("pn", &plain);
	load_rows("pd", &packed);
	load_rows("pq", &neither);
	assert_true(plain.fdes >= neither.fdes + 2);
	expect_same(&plain, &packed);
	elf_rows_release(&plain);
	elf_rows_release(&packed);
	elf_rows_release(&neither);
}

/* Go: where the functions are, and what their first and a later row must be. */
struct go_symbol {
	const char *name;
	uint64_t address;
};

static int find_symbols(void *arg, const struct elf_symbol *sym)
{
	struct go_symbol *s;

	for (s = arg; s->name; s++) {
		size_t n = strlen(s->name);

		if (!strncmp(sym->name, s->name, n) &&
		    (!sym->name[n] || !strcmp(sym->name + n, ".abi0")))
			s->address = sym->address;
	}
	return 0;
}

static const struct elf_row *row_of(const struct elf_rows *rows, const struct go_symbol *s, int at)
{
	assert_true(s->address);
	return elf_rows_find(rows, s->address + (uint64_t)(int64_t)at);
}

static void expect_go_rows(const struct elf_rows *rows, const struct go_symbol *s)
{
	const struct elf_row *main_row = row_of(rows, &s[0], 0);
	size_t i, framed = 0;

	/* at its entry; somewhere it has a frame, and the caller's frame pointer in it */
	assert_int_equal(main_row->cfa, ROW_REG);
	assert_int_equal(main_row->reg, 7);
	assert_int_equal(main_row->offset, 8);
	for (i = 1; i < 40; i++) {
		const struct elf_row *r = row_of(rows, &s[0], (int)i);

		framed += r->cfa == ROW_REG && r->offset >= 24 && r->fp == SAVE_CFA &&
		          r->fp_offset == -16;
	}
	assert_true(framed > 5);
	assert_int_equal(row_of(rows, &s[1], 1)->cfa, ROW_STOP);
	assert_int_equal(row_of(rows, &s[2], 0)->cfa, ROW_STOP);
	assert_int_equal(row_of(rows, &s[3], 20)->cfa, ROW_FP);
	s += s[4].address ? 4 : 5;
	assert_int_equal(row_of(rows, s, -1)->cfa, ROW_SIGNAL);
	assert_int_equal(row_of(rows, s, 3)->cfa, ROW_SIGNAL);
	assert_in_range(rows->unsupported, 0, 10);
	assert_true(rows->fdes > 500);
}

static const char go_command[] =
	"go=$(command -v go || echo /usr/local/go/bin/go); [ -x \"$go\" ] || exit 1;"
	"export GOTOOLCHAIN=local GOFLAGS= GO111MODULE=off HOME=${HOME:-$PWD};"
	"printf 'package main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println(1) }\n' > m.go;"
	"$go build -o go m.go && $go build -ldflags='-s -w' -o go-stripped m.go &&"
	"$go build -buildmode=pie -ldflags=-s -o go-pie m.go";

static void test_go(void **state)
{
	struct go_symbol symbols[] = {
		{ "main.main", 0 },
		{ "runtime.goexit", 0 },
		{ "runtime.mcall", 0 },
		{ "runtime.systemstack", 0 },
		{ "runtime.sigreturn__sigaction", 0 },
		{ "runtime.sigreturn", 0 }, /* up to Go 1.19 */
		{ NULL, 0 },
	};
	struct elf_rows rows, others;
	struct elf_file *f;
	int fd;

	if (!tools_run("command -v go || [ -x /usr/local/go/bin/go ]"))
		skip();
	assert_true(tools_run(go_command));
	fd = tools_open("go");
	f = elf_open(fd);
	assert_non_null(f);
	assert_int_equal(elf_symbols(f, find_symbols, symbols), 0);
	assert_int_equal(elf_rows_build(f, NULL, &rows), 0);
	elf_close(f);
	close(fd);
	check_rows(&rows);
	expect_go_rows(&rows, symbols);
	load_rows("go-stripped", &others);
	expect_same(&rows, &others);
	elf_rows_release(&others);
	load_rows("go-pie", &others);
	assert_in_range(others.cnt, rows.cnt - 200, rows.cnt + 200);
	elf_rows_release(&others);
	elf_rows_release(&rows);
	expect_same_without_sections("go-stripped");
	expect_same_without_sections("go-pie");
}

/* The rows of "stripped" with what the directory of debug information has for it. */
static void load_rows_apart(const char *dir, struct elf_rows *rows)
{
	char path[64];
	const char *const dirs[] = { "/nowhere", path, NULL };
	int fd = tools_open("stripped"), debug_fd;
	struct elf_file *f = elf_open(fd);
	struct elf_rows_more more = { 0 };

	snprintf(path, sizeof(path), "%s/%s", tools_dir, dir);
	assert_non_null(f);
	debug_fd = elf_debug_fd(f, dirs);
	more.debug = debug_fd >= 0 ? elf_open(debug_fd) : NULL;
	assert_int_equal(elf_rows_build(f, &more, rows), 0);
	elf_close(more.debug);
	elf_close(f);
	if (debug_fd >= 0)
		close(debug_fd);
	close(fd);
}

static void test_debug_apart(void **state)
{
	struct elf_rows whole, apart, alone, other;

	assert_true(tools_run(
		"gcc -O2 -w -g -fno-asynchronous-unwind-tables -Wl,--build-id -o whole p.c &&"
		"id=$(readelf -n whole | sed -n 's/.*Build ID: //p') &&"
		"rest=${id#??} && first=${id%$rest} && mkdir -p d/.build-id/$first e/.build-id/$first &&"
		"objcopy --only-keep-debug whole d/.build-id/$first/$rest.debug &&"
		"strip -o stripped whole && gcc -O1 -w -g -Wl,--build-id -o e/.build-id/$first/$rest.debug p.c"));
	load_rows("whole", &whole);
	load_rows_apart("d", &apart);
	load_rows_apart("nothing", &alone);
	load_rows_apart("e", &other); /* a file of that name with another build ID */
	expect_same(&whole, &apart);
	assert_true(alone.fdes < whole.fdes);
	expect_same(&alone, &other);
	elf_rows_release(&whole);
	elf_rows_release(&apart);
	elf_rows_release(&alone);
	elf_rows_release(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gaps_and_padding),
		cmocka_unit_test(test_order_and_overlap),
		cmocka_unit_test(test_only_code),
		cmocka_unit_test(test_signal_frame),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_other_machines),
		cmocka_unit_test(test_many_ranges),
		cmocka_unit_test(test_libc),
		cmocka_unit_test(test_without_sections),
		cmocka_unit_test(test_debug_apart),
		cmocka_unit_test(test_compressed),
		cmocka_unit_test(test_go),
	};

	return cmocka_run_group_tests_name("rows", tests, tools_begin, tools_end);
}
