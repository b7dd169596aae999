// SPDX-License-Identifier: Apache-2.0
/* Functions, lines and inlined calls of Go's table, made by hand in its three layouts, and broken. */
#include "elf/go_table.h"

#include "elf/go_frames.h"
#include "elf/golines.h"

#define FUNC_CNT 6
#define TABLE_AT 0x800 /* in the image */

/*
 * Each function is "main.f" of 64 bytes: its own line 10 for 16 bytes; of /in.go, line 20 of a call
 * inlined for 8, line 30 of one inlined in that for 8; its own line 11.
 */
#define DEPTHS "02 01 10 3f 00"
#define FILES  "02 10 02 10 01 20 00"
#define LINES  "16 10 14 08 14 08 25 20 00"
#define CALLS  "00 10 02 08 02 08 03 20 00"
#define ONE    4  /* its own code, from which the first one is called */
#define TWO    16 /* of the first one, from which the second is called */

struct table {
	struct bytes bytes;
	size_t trees; /* where they begin */
};

/* The parts, each at an offset of the whole that the header has. */
struct parts {
	struct bytes names, units, files, pcs, funcs;
	uint32_t magic;
	size_t name[3], pcsp, pcfile, pcln, calls;
	size_t funcs_at;
	size_t trees; /* from the beginning of the table on */
};

static size_t put_values(struct bytes *b, const char *hex)
{
	size_t at = b->size;

	put_hex(b, hex);
	return at;
}

static size_t tree_size(uint32_t magic)
{
	return magic == GO_120 ? 32 : 40;
}

static void put_trees(struct parts *p, size_t i)
{
	if (p->magic != GO_116) {
		put(&p->funcs, UINT32_MAX, 4);
		put(&p->funcs, 0, 8);
		put(&p->funcs, 0x20 + i * tree_size(p->magic), 4);
		return;
	}
	assert_int_equal((p->funcs_at + p->funcs.size) & 7, 4);
	put(&p->funcs, 0, 4);
	put(&p->funcs, 0, 24);
	put(&p->funcs, EH + p->trees + i * tree_size(p->magic), 8);
}

static void put_function(struct parts *p, size_t i)
{
	struct bytes *b = &p->funcs;

	put(b, i * GO_FUNC_SIZE + (p->magic == GO_116 ? TEXT : 0), p->magic == GO_116 ? 8 : 4);
	put(b, p->name[0], 4);
	put(b, 0, 8);
	put(b, p->pcsp, 4);
	put(b, p->pcfile, 4);
	put(b, p->pcln, 4);
	put(b, p->magic == GO_116 ? 4 : 3, 4);
	put(b, 1, 4); /* its unit: the first of the files is another's */
	if (p->magic == GO_120)
		put(b, 9, 4);
	put_hex(b, "00 00 00 04");
	put(b, 0, 8);
	put(b, p->calls, 4);
	if (p->magic == GO_116)
		put(b, 0, 4);
	put_trees(p, i);
}

static void make_parts(struct parts *p)
{
	size_t entry = p->magic == GO_116 ? 8 : 4, size, i;

	put(&p->pcs, 0, 1);
	p->pcsp = put_values(&p->pcs, DEPTHS);
	p->pcfile = put_values(&p->pcs, FILES);
	p->pcln = put_values(&p->pcs, LINES);
	p->calls = put_values(&p->pcs, CALLS);
	put_string(&p->names, "other");
	p->name[0] = put_string(&p->names, "main.f");
	p->name[1] = put_string(&p->names, "main.one");
	p->name[2] = put_string(&p->names, "main.(*two).M");
	put(&p->units, put_string(&p->files, "/other.go"), 4);
	put(&p->units, put_string(&p->files, "/m.go"), 4);
	put(&p->units, put_string(&p->files, "/in.go"), 4);
	p->funcs_at = GO_HEADER + p->names.size + p->units.size + p->files.size + p->pcs.size;
	for (; p->funcs_at & 7; p->funcs_at++)
		put(&p->pcs, 0, 1);
	size = p->magic == GO_116 ? 96 : p->magic == GO_118 ? 68 : 72;
	for (i = 0; i <= FUNC_CNT; i++) {
		put(&p->funcs, i * GO_FUNC_SIZE + (p->magic == GO_116 ? TEXT : 0), (int)entry);
		put(&p->funcs, (FUNC_CNT + 1) * entry * 2 + i * size, (int)entry);
	}
	p->trees = p->funcs_at + (FUNC_CNT + 1) * entry * 2 + FUNC_CNT * size + 0x20;
	for (i = 0; i < FUNC_CNT; i++) {
		assert_int_equal(p->funcs.size, (FUNC_CNT + 1) * entry * 2 + i * size);
		put_function(p, i);
	}
}

static void put_call(struct bytes *b, const struct parts *p, int number)
{
	size_t name = p->name[number + 1], parent = number ? TWO : ONE;

	if (p->magic == GO_120) {
		put(b, 0, 4);
		put(b, name, 4);
		put(b, parent, 4);
		put(b, 18 + (uint64_t)number, 4);
		return;
	}
	put(b, (uint64_t)(number - 1), 2);
	put(b, 0, 2);
	put(b, 0, 4);
	put(b, number ? 20 : 10, 4);
	put(b, name, 4);
	put(b, parent, 4);
}

static void make_table(struct table *t, uint32_t magic)
{
	struct parts p = { .magic = magic };
	const struct bytes *const all[] = { &p.names, &p.units, &p.files, &p.pcs, &p.funcs };
	struct bytes *b = &t->bytes;
	size_t i;

	make_parts(&p);
	put_go_table(b, magic, TEXT, FUNC_CNT, 3, all);
	put(b, 0, 32); /* what else functions have */
	t->trees = b->size;
	assert_int_equal(t->trees, p.trees);
	for (i = 0; i < FUNC_CNT; i++) {
		put_call(b, &p, 0);
		put_call(b, &p, 1);
	}
}

static uint8_t *make_go_image(const struct table *t, size_t *size)
{
	uint8_t *image = make_image(&t->bytes, NULL, size);
	Elf64_Ehdr *e = (Elf64_Ehdr *)image;
	Elf64_Phdr *ph = (Elf64_Phdr *)(image + e->e_phoff);
	Elf64_Shdr *sh = (Elf64_Shdr *)(image + e->e_shoff);
	size_t i;

	memcpy(image + 0x700 + sh[3].sh_size, ".gopclntab", 11);
	sh[1].sh_name = (uint32_t)sh[3].sh_size;
	sh[3].sh_size += 11;
	ph[0].p_offset = TABLE_AT + TABLE;
	ph[0].p_filesz = ph[0].p_memsz;
	ph[1].p_filesz = t->bytes.size; /* it ends with the last tree */
	for (i = 0; i < FUNC_CNT; i++)
		image[TABLE_AT + TABLE + i * GO_FUNC_SIZE] = 0x55;
	return image;
}

static void expect_at(struct golines *g, uint64_t address, size_t max, const char *want)
{
	struct golines_frame frames[64];
	char text[1024];
	size_t cnt = golines_find(g, address, frames, max);

	assert_true(cnt <= max);
	print_frames(frames, cnt, text, sizeof(text));
	assert_string_equal(text, want);
}

/* The answers for the last function. 'starts': those of its lines that this version has. */
static void expect_layout(struct golines *g, bool starts)
{
	const uint64_t f = TEXT + (FUNC_CNT - 1) * GO_FUNC_SIZE;

	assert_non_null(g);
	expect_at(g, TEXT - 1, 64, "");
	expect_at(g, 0, 64, "");
	expect_at(g, UINT64_MAX, 64, "");
	expect_at(g, f + GO_FUNC_SIZE, 64, "");
	expect_at(g, f, 64, starts ? "main.f /m.go:10 9" : "main.f /m.go:10 0");
	expect_at(g, f + 40, 64, starts ? "main.f /m.go:11 9" : "main.f /m.go:11 0");
	expect_at(g, f + 16, 64,
	          starts ? "main.one /in.go:20 18|main.f /m.go:10 9"
	                 : "main.one /in.go:20 0|main.f /m.go:10 0");
	expect_at(g, f + 24, 64,
	          starts ? "main.(*two).M /in.go:30 19|main.one /in.go:20 18|main.f /m.go:10 9"
	                 : "main.(*two).M /in.go:30 0|main.one /in.go:20 0|main.f /m.go:10 0");
	expect_at(g, f + 24, 0, "");
}

static void test_layouts(void **state)
{
	static const uint32_t magics[] = { GO_116, GO_118, GO_120 };
	struct elf_file *f;
	struct golines *g;
	struct table t;
	uint8_t *image;
	size_t size, i;

	for (i = 0; i < 3; i++) {
		make_table(&t, magics[i]);
		image = make_go_image(&t, &size);
		f = elf_open_memory(image, size);
		g = golines_load(f);
		expect_layout(g, magics[i] == GO_120);
		golines_free(g);
		elf_close(f);
		free(image);
	}
}

/* The same with some bytes changed in the table. */
static void expect_changed(struct table *t, size_t at, uint64_t value, int n, const char *want)
{
	uint8_t was[TABLE], *image;
	size_t was_size = t->bytes.size, size;
	struct elf_file *f;
	struct golines *g;

	memcpy(was, t->bytes.data, sizeof(was));
	t->bytes.size = at;
	put(&t->bytes, value, n);
	t->bytes.size = was_size;
	image = make_go_image(t, &size);
	f = elf_open_memory(image, size);
	g = golines_load(f);
	assert_non_null(g);
	expect_at(g, TEXT + 24, 64, want);
	golines_free(g);
	elf_close(f);
	free(image);
	memcpy(t->bytes.data, was, sizeof(was));
}

/* Where a function was inlined and it cannot be told which, no line is told of the wrong one. */
static void test_unknown_trees(void **state)
{
	struct table t;

	make_table(&t, GO_120);
	expect_changed(&t, t.trees + 32 * (FUNC_CNT - 1) + 4, 0x7fffffff, 4, "main.f /m.go:0 9");
	make_table(&t, GO_118);
	expect_changed(&t, t.trees + 1, 0x7f, 1, "main.f /m.go:0 0");
	make_table(&t, GO_116);
	expect_changed(&t, t.trees + 12, 0, 4, "main.f /m.go:0 0");
}

/* Calls that are each other's callers, or their own, end. */
static void test_loops(void **state)
{
	struct table t;

	make_table(&t, GO_120);
	expect_changed(&t, t.trees + 16 + 8, 24, 4, "main.(*two).M /in.go:30 19|main.f /m.go:0 9");
	expect_changed(&t, t.trees + 8, 24, 4,
	               "main.(*two).M /in.go:30 19|main.one /in.go:20 18|main.f /m.go:0 9");
}

/* No more frames than there is room for: the last is the function that has all. */
static void test_room(void **state)
{
	struct elf_file *f;
	struct golines *g;
	struct table t;
	uint8_t *image;
	size_t size;

	make_table(&t, GO_120);
	image = make_go_image(&t, &size);
	f = elf_open_memory(image, size);
	g = golines_load(f);
	assert_non_null(g);
	expect_at(g, TEXT + 24, 1, "main.f /m.go:0 9");
	expect_at(g, TEXT + 24, 2, "main.(*two).M /in.go:30 19|main.f /m.go:0 9");
	expect_at(g, TEXT + 24, 3,
	          "main.(*two).M /in.go:30 19|main.one /in.go:20 18|main.f /m.go:10 9");
	golines_free(g);
	elf_close(f);
	free(image);
}

static void ask_all(const uint8_t *image, size_t size)
{
	struct elf_file *f = elf_open_memory(image, size);
	struct golines *g = golines_load(f);
	struct golines_frame frames[8];
	char text[40000];
	uint64_t at;
	size_t cnt;

	for (at = TEXT; g && at < TEXT + FUNC_CNT * GO_FUNC_SIZE; at += 8) {
		cnt = golines_find(g, at, frames, 8);
		assert_true(cnt <= 8);
		print_frames(frames, cnt, text, sizeof(text));
	}
	golines_free(g);
	elf_close(f);
}

static void test_changed_bytes(void **state)
{
	static const uint32_t magics[] = { GO_116, GO_118, GO_120 };
	static const uint8_t values[] = { 0, 1, 0x7f, 0x80, 0xff };
	uint8_t *image, was;
	struct table t;
	size_t size, i, k, m;

	for (m = 0; m < 3; m++) {
		make_table(&t, magics[m]);
		image = make_go_image(&t, &size);
		for (i = 0; i < t.bytes.size; i++)
			for (k = 0; k < sizeof(values); k++) {
				was = image[TABLE_AT + i];
				image[TABLE_AT + i] = values[k];
				ask_all(image, size);
				image[TABLE_AT + i] = was;
			}
		free(image);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layouts),       cmocka_unit_test(test_unknown_trees),
		cmocka_unit_test(test_loops),         cmocka_unit_test(test_room),
		cmocka_unit_test(test_changed_bytes),
	};

	return cmocka_run_group_tests_name("golines", tests, NULL, NULL);
}
