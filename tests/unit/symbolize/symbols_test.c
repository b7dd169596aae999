// SPDX-License-Identifier: Apache-2.0
/* Which name an address gets: by the rules on a program made for them, by nm on real libraries. */
#include "elf/tools.h"

#include "elf/elf.h"
#include "symbolize/symbols.h"

/* One file and its table. */
struct loaded {
	struct elf_file *elf;
	struct symbols *symbols;
	int fd;
};

static struct loaded load(const char *name)
{
	struct loaded l = { .fd = tools_open(name) };

	l.elf = elf_open(l.fd);
	assert_non_null(l.elf);
	l.symbols = symbols_load(&l.elf, 1);
	assert_non_null(l.symbols);
	return l;
}

static void unload(struct loaded *l)
{
	symbols_free(l->symbols);
	elf_close(l->elf);
	close(l->fd);
}

/* Each name begins at a multiple of 0x100 behind 'base', the first symbol of the file. */
static const char aliases[] =
	".macro sized name, bytes, type=@function\n"
	" .type \\name, \\type\n \\name: .size \\name, \\bytes\n.endm\n"
	".text\n.p2align 12\n.globl base\n sized base, 16\n .skip 0x100\n"
	/* 0x100: sized before unsized */
	".globl a_unsized\n a_unsized:\n sized b_sized, 16\n .skip 0x100\n"
	/* 0x200: global before weak before local */
	".weak b_weak\n .globl c_global\n"
	"sized a_local, 16\n sized b_weak, 16\n sized c_global, 16\n .skip 0x100\n"
	/* 0x300: fewer underscores, for mangled names too */
	".globl __a, _b, c\n sized __a, 16\n sized _b, 16\n sized c, 16\n .skip 0x100\n"
	".globl _Z1xv, _y\n sized _y, 16\n sized _Z1xv, 16\n .skip 0x100\n"
	/* 0x500: the alphabet, whatever the order here */
	".globl zz, aa\n sized zz, 16\n sized aa, 16\n .skip 0x100\n"
	/* 0x600: a label inside; 0x700: one function in another, which goes on behind it */
	"sized with_label, 0x100\n .skip 0x40\n label:\n .skip 0xc0\n"
	"sized outer, 0x80\n .skip 0x20\n sized inner, 0x20\n .skip 0x20\n sized second, 0x10\n"
	".skip 0xc0\n"
	/* 0x800: no size: up to the next, and to the end of the section */
	"no_size:\n .skip 0x100\n next:\n .skip 0x40\n"
	".section .text.last, \"ax\"\n last:\n .skip 0x10\n"
	".data\n .globl an_object, odd\n sized an_object, 16, @object\n .skip 0x1000\n";

struct row {
	uint64_t offset;
	const char *name;
};

static const struct row rows[] = {
	{ 0, "base" },           { 15, "base" },          { 16, NULL }, /* a gap */
	{ 0xff, NULL },          { 0x100, "b_sized" },    { 0x110, NULL },
	{ 0x200, "c_global" },   { 0x300, "c" },          { 0x400, "_Z1xv" },
	{ 0x500, "aa" },         { 0x600, "with_label" }, { 0x650, "with_label" },
	{ 0x6ff, "with_label" }, { 0x700, "outer" },      { 0x720, "inner" },
	{ 0x73f, "inner" },      { 0x740, "second" },     { 0x750, "outer" },
	{ 0x77f, "outer" },      { 0x780, NULL },         { 0x800, "no_size" },
	{ 0x8ff, "no_size" },    { 0x900, "next" },       { 0x93f, "next" },
};

static void rules(void **state)
{
	uint64_t base, start;
	struct loaded l;
	const char *name;
	size_t i;

	tools_write("aliases.s", aliases, sizeof(aliases) - 1);
	assert_true(tools_run("as -o aliases.o aliases.s && ld -shared -o aliases.so aliases.o"));
	base = tools_address("aliases.so", "base");
	l = load("aliases.so");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		name = symbols_find(l.symbols, base + rows[i].offset, &start);
		if (!name != !rows[i].name || (name && strcmp(name, rows[i].name)))
			fail_msg("%lx: %s instead of %s", (long)rows[i].offset,
			         name ? name : "(null)", rows[i].name ? rows[i].name : "(null)");
		assert_true(!name || start <= base + rows[i].offset);
	}
	assert_null(symbols_find(l.symbols, base - 1, &start));
	assert_null(symbols_find(l.symbols, 0, &start));
	assert_null(symbols_find(l.symbols, UINT64_MAX, &start));
	assert_null(symbols_find(l.symbols, tools_address("aliases.so", "an_object"), &start));
	unload(&l);
}

/* The names that nm shows, in order of address. */
struct listed {
	uint64_t address, size;
	char name[200];
};

static struct listed *list(const char *options, const char *file, size_t *cnt)
{
	struct listed *all = NULL;
	size_t cap = 0;
	unsigned long address, size;
	char command[512], line[8192], type;
	FILE *lines;

	snprintf(command, sizeof(command), "nm -n -S --defined-only %s '%s' | grep ' [TtWi] '",
	         options, file);
	lines = tools_lines(command);
	for (*cnt = 0; fgets(line, sizeof(line), lines); ++*cnt) {
		char name[4096];

		if (sscanf(line, "%lx %lx %c %4095s", &address, &size, &type, name) != 4) {
			--*cnt; /* without a size */
			continue;
		}
		if (*cnt == cap) {
			cap = cap ? 2 * cap : 1024;
			all = realloc(all, cap * sizeof(*all));
			assert_non_null(all);
		}
		name[strcspn(name, "@")] = 0;
		all[*cnt].address = address;
		all[*cnt].size = size;
		snprintf(all[*cnt].name, sizeof(all[*cnt].name), "%.199s", name);
	}
	fclose(lines);
	return all;
}

/* Is 'name' one of those that nm has at the address? */
static bool is_listed(const struct listed *all, size_t cnt, uint64_t address, const char *name)
{
	size_t lo = 0, hi = cnt, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (all[mid].address < address)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < cnt && all[lo].address == address; lo++)
		if (!strncmp(all[lo].name, name, strlen(all[lo].name)))
			return true;
	return false;
}

/* At its begin each function has one of its names; at its end it has it or a function inside. */
static void compare(const char *options, const char *file)
{
	size_t cnt, i;
	struct listed *all = list(options, file, &cnt);
	struct loaded l = load(file);
	uint64_t start = 0;
	const char *name;

	assert_true(cnt > 20);
	assert_true(symbols_count(l.symbols) > 20);
	for (i = 0; i < cnt; i++) {
		if (!all[i].size)
			continue;
		name = symbols_find(l.symbols, all[i].address, &start);
		if (!name || start != all[i].address || !is_listed(all, cnt, start, name))
			fail_msg("%s: %s at %lx", file, name ? name : "(null)",
			         (long)all[i].address);
		name = symbols_find(l.symbols, all[i].address + all[i].size - 1, &start);
		if (!name || start < all[i].address)
			fail_msg("%s: %s at the end of %s", file, name ? name : "(null)",
			         all[i].name);
	}
	unload(&l);
	free(all);
}

static bool is_there(const char *file)
{
	return !access(file, R_OK);
}

static void libraries(void **state)
{
	static const char *const files[] = {
		LIBC,
		"/usr/lib/x86_64-linux-gnu/libstdc++.so.6",
		"/usr/lib/llvm-14/lib/libLLVM-14.so.1",
		"/usr/bin/python3",
	};
	size_t i, n = 0;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (is_there(files[i]) && ++n)
			compare("-D", files[i]);
	if (!n)
		skip();
}

static void copy_self(void)
{
	char command[64];

	snprintf(command, sizeof(command), "cp /proc/%d/exe self", (int)getpid());
	assert_true(tools_run(command));
}

static void this_program(void **state)
{
	copy_self();
	compare("", "self");
}

/* addr2line -f, in the middle of every function of this program. */
static void as_addr2line(void **state)
{
	char *text = NULL, have[4096], where[8192];
	size_t cnt, i, size, differ = 0;
	struct listed *all;
	struct loaded l;
	uint64_t start;
	const char *name;
	FILE *f;

	copy_self();
	all = list("", "self", &cnt);
	f = open_memstream(&text, &size);
	assert_non_null(f);
	for (i = 0; i < cnt; i++)
		fprintf(f, "%lx\n", (long)(all[i].address + all[i].size / 2));
	fclose(f);
	tools_write("addresses", text, size);
	free(text);
	f = tools_lines("addr2line -f -e self < addresses");
	l = load("self");
	for (i = 0; i < cnt; i++) {
		assert_int_equal(fscanf(f, "%4095s %8191[^\n]", have, where), 2);
		name = symbols_find(l.symbols, all[i].address + all[i].size / 2, &start);
		assert_non_null(name);
		/* An alias is as good; what is inlined is not in the table. */
		differ += strcmp(name, have) && !is_listed(all, cnt, start, name);
	}
	assert_int_equal(differ, 0);
	fclose(f);
	unload(&l);
	free(all);
}

static void no_symbols(void **state)
{
	struct loaded l;
	uint64_t start;

	assert_true(
		tools_run("printf '.text\\nnop\\n' | as -o bare.o - && ld -s -o bare bare.o -e 0"));
	l = load("bare");
	assert_int_equal(symbols_count(l.symbols), 0);
	assert_null(symbols_find(l.symbols, 0x401000, &start));
	unload(&l);
}

/* All prefixes and many single changes of a small program: nothing but an end is asked for. */
static void broken(void **state)
{
	unsigned char *data, *copy, old;
	size_t size, i, n;
	uint64_t start;

	data = tools_load("prog32", &size);
	for (n = 0; n < 2; n++) {
		for (i = 0; i < size; i += 1 + i / 512) {
			struct elf_file *f;
			struct symbols *s;

			old = data[i];
			data[i] ^= n ? 0xff : 0;
			copy = malloc(n ? size : i ? i : 1);
			assert_non_null(copy);
			memcpy(copy, data, n ? size : i);
			f = elf_open_memory(copy, n ? size : i);
			s = f ? symbols_load(&f, 1) : NULL;
			if (s)
				symbols_find(s, 0x8049000, &start);
			symbols_free(s);
			elf_close(f);
			free(copy);
			data[i] = old;
		}
		free(data);
		data = tools_load("stripped", &size);
	}
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules),        cmocka_unit_test(libraries),
		cmocka_unit_test(this_program), cmocka_unit_test(as_addr2line),
		cmocka_unit_test(no_symbols),   cmocka_unit_test(broken),
	};

	return cmocka_run_group_tests(tests, tools_begin, tools_end);
}
