// SPDX-License-Identifier: Apache-2.0
/*
 * Programs with a chain of inlined functions that is known, by each compiler that is there and in each
 * form that DWARF can be kept. tests/consumers/dwarf.sh asks other tools about many addresses.
 */
#include "elf/tools.h"

#include <errno.h>

#include "elf/elf.h"
#include "process/file.h"
#include "symbolize/dwarf.h"
#include "symbolize/dwarf_spans.h"
#include "symbolize/names.h"

static const char program[] = "volatile int sink;\n"
			      "static inline __attribute__((always_inline)) int inner(int x)\n"
			      "{\n"
			      "	__asm__ volatile(\".globl here\\nhere: nop\");\n"
			      "	return x * 3;\n"
			      "}\n"
			      "\n"
			      "static inline __attribute__((always_inline)) int middle(int x)\n"
			      "{\n"
			      "	if (x > sink)\n"
			      "		sink =\n"
			      "			inner(x + 1);\n"
			      "	return sink;\n"
			      "}\n"
			      "\n"
			      "__attribute__((noinline)) int outer(int x)\n"
			      "{\n"
			      "	sink = x;\n"
			      "	return middle(x) + sink;\n"
			      "}\n"
			      "\n"
			      "int main(int argc, char **argv)\n"
			      "{\n"
			      "	return outer(argc);\n"
			      "}\n";

static const char assembly[] =
	".text\n.globl here\n.globl _start\n.type _start,@function\n"
	"_start:\n	nop\nhere:	nop\n	ret\n.size _start,.-_start\n";

static const struct names_frame chain[] = {
	{ .linkage = "inner", .line = 4, .start_line = 2 },
	{ .linkage = "middle", .line = 12, .start_line = 8 },
	{ .linkage = "outer", .line = 19, .start_line = 16 },
};

static int begin(void **state)
{
	if (!mkdtemp(tools_dir))
		return -1;
	tools_write("s.c", program, sizeof(program) - 1);
	return 0;
}

static int open_path(void *arg, const char *path)
{
	++*(int *)arg;
	return open(path, O_RDONLY | O_CLOEXEC);
}

static void check_chain(const struct names_frame *frames, size_t cnt)
{
	char path[256];
	size_t i;

	snprintf(path, sizeof(path), "%s/s.c", tools_dir);
	assert_int_equal(cnt, 3);
	for (i = 0; i < cnt; i++) {
		assert_string_equal(frames[i].linkage, chain[i].linkage);
		assert_string_equal(frames[i].path, path);
		assert_int_equal(frames[i].line, chain[i].line);
		assert_int_equal(frames[i].start_line, chain[i].start_line);
	}
}

/* 'opened': how many other files are to be opened. */
static void check_file(const char *name, struct dwarf_options *o, int opened)
{
	struct names_frame frames[NAMES_MAX];
	struct dwarf_names *d;
	int fd = tools_open(name), cnt = 0;
	uint64_t here = tools_address(name, "here");

	o->open = open_path;
	o->arg = &cnt;
	d = dwarf_open(fd, o);
	assert_non_null(d);
	check_chain(frames, dwarf_find(d, here, frames, NAMES_MAX));
	assert_int_equal(dwarf_find(d, here, frames, 2), 2);
	assert_string_equal(frames[1].linkage, "middle");
	assert_int_equal(dwarf_find(d, 0, frames, NAMES_MAX), 0);
	assert_int_equal(dwarf_find(d, UINT64_MAX, frames, NAMES_MAX), 0);
	assert_int_equal(cnt, opened);
	dwarf_close(d);
	close(fd);
}

static bool has(const char *tool)
{
	char command[128];

	snprintf(command, sizeof(command), "command -v %s > /dev/null 2>&1", tool);
	return tools_run(command);
}

static void build_and_check(const char *compiler, const char *flags, int opened)
{
	struct dwarf_options o = { .alt_fd = -1, .dwp_fd = -1 };
	char command[256];

	snprintf(command, sizeof(command), "%s -O2 %s -c -o s.o s.c && %s -O2 %s -o s s.o",
	         compiler, flags, compiler, flags);
	assert_true(tools_run(command));
	check_file("s", &o, opened);
}

static const char *const compilers[] = { "gcc", "clang" };

static void plain(void **state)
{
	static const char *const flags[] = {
		"-gdwarf-4",
		"-gdwarf-5",
		"-gdwarf-3",
		"-gdwarf-5 -gz",
		"-gdwarf-5 -gdwarf64",
		"-gdwarf-4 -ffunction-sections -no-pie -Wl,--gc-sections",
		"-g -flto",
	};
	size_t c, i;

	for (c = 0; c < 2; c++)
		for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
			if (has(compilers[c]) && (!c || !strstr(flags[i], "-flto")))
				build_and_check(compilers[c], flags[i], 0);
}

static void split(void **state)
{
	size_t c;

	for (c = 0; c < 2; c++) {
		if (!has(compilers[c]))
			continue;
		build_and_check(compilers[c], "-gdwarf-4 -gsplit-dwarf", 1);
		build_and_check(compilers[c], "-gdwarf-5 -gsplit-dwarf", 1);
	}
}

/* A .dwo of another compilation, or none: the line is known from the program itself. */
static void wrong_split(void **state)
{
	struct dwarf_options o = { .alt_fd = -1, .dwp_fd = -1, .open = open_path };
	struct names_frame frames[NAMES_MAX];
	int fd, n, cnt = 0;

	o.arg = &cnt;
	assert_true(tools_run("gcc -O2 -gdwarf-5 -gsplit-dwarf -c s.c && gcc -o s s.o &&"
	                      " gcc -O1 -DX -gdwarf-5 -gsplit-dwarf -c -o s.o s.c"));
	fd = tools_open("s");
	for (n = 0; n < 2; n++) {
		struct dwarf_names *d = dwarf_open(fd, n ? NULL : &o);

		assert_non_null(d);
		assert_int_equal(dwarf_find(d, tools_address("s", "here"), frames, NAMES_MAX), 1);
		assert_null(frames[0].linkage);
		assert_int_equal(frames[0].line, 4);
		dwarf_close(d);
	}
	assert_int_equal(cnt, 1);
	close(fd);
}

static void package(void **state)
{
	static const char *const flags[] = { "-gdwarf-4", "-gdwarf-5" };
	struct dwarf_options o = { .alt_fd = -1 };
	char command[256];
	size_t i;

	if (!has("llvm-dwp"))
		skip();
	for (i = 0; i < 2; i++) {
		snprintf(command, sizeof(command),
		         "clang -O2 %s -gsplit-dwarf -c s.c && clang -o s s.o &&"
		         " echo 'int more(int x) { return x; }' > more.c &&"
		         " clang %s -gsplit-dwarf -c more.c &&"
		         " llvm-dwp more.dwo s.dwo -o s.dwp && rm -f s.dwo more.dwo",
		         flags[i], flags[i]);
		assert_true(tools_run(command));
		o.dwp_fd = tools_open("s.dwp");
		check_file("s", &o, 0);
		close(o.dwp_fd);
	}
}

/* dwz moves what two files have in common into a third. */
static void alternate(void **state)
{
	struct dwarf_options o = { .dwp_fd = -1 };

	if (!has("dwz"))
		skip();
	assert_true(tools_run("gcc -O2 -gdwarf-4 -o s s.c && gcc -O2 -gdwarf-4 -o t s.c &&"
	                      " dwz -m common -M common s t"));
	o.alt_fd = tools_open("common");
	check_file("s", &o, 0);
	close(o.alt_fd);
}

static void no_functions(void **state)
{
	struct names_frame frames[2];
	struct dwarf_names *d;
	int fd;

	tools_write("a.s", assembly, sizeof(assembly) - 1);
	assert_true(tools_run("as -g -o a.o a.s && ld -o a a.o"));
	fd = tools_open("a");
	d = dwarf_open(fd, NULL);
	assert_non_null(d);
	assert_int_equal(dwarf_find(d, tools_address("a", "here"), frames, 2), 1);
	assert_int_equal(frames[0].line, 7);
	assert_string_equal(dwarf_outer_name(frames[0].linkage, "_start"), "_start");
	dwarf_close(d);
	close(fd);
}

static void outer_names(void **state)
{
	assert_string_equal(dwarf_outer_name("f", "f.constprop.0"), "f.constprop.0");
	assert_string_equal(dwarf_outer_name("_ZN1aD2Ev", "_ZN1aD1Ev"), "_ZN1aD2Ev");
	assert_string_equal(dwarf_outer_name("f", NULL), "f");
	assert_null(dwarf_outer_name(NULL, NULL));
}

static void nothing(void **state)
{
	int fd;

	assert_true(tools_run("gcc -O2 -s -o s s.c"));
	fd = tools_open("s");
	assert_null(dwarf_open(fd, NULL));
	assert_int_equal(errno, ENODATA);
	close(fd);
	fd = tools_open("s.c");
	assert_null(dwarf_open(fd, NULL));
	assert_int_equal(errno, ENOEXEC);
	close(fd);
	dwarf_close(NULL);
}

/* By file offset, as the source of names of a mapped file. */
static void source(void **state)
{
	struct names_frame frames[NAMES_MAX];
	struct file file = { .kind = FILE_REGULAR };
	uint64_t here, offset, vaddr;
	struct elf_file *elf;
	struct names_open o = { .file = &file, .debug_fd = -1, .alt_fd = -1 };
	void *names;

	assert_true(tools_run("gcc -O2 -g -o s s.c"));
	file.fd = tools_open("s");
	elf = elf_open(file.fd);
	assert_non_null(elf);
	here = tools_address("s", "here");
	for (offset = 0; elf_vaddr(elf, offset, &vaddr) || vaddr != here; offset++)
		;
	names = names_dwarf.open(&o);
	assert_non_null(names);
	check_chain(frames, names_dwarf.find(names, offset, frames, NAMES_MAX));
	names_dwarf.close(names);
	elf_close(elf);
	close(file.fd);
	assert_false(o.bad);
}

/* Ranges as they come, against looking at each. */
static void spans(void **state)
{
	enum { CNT = 200, TOP = 400 };
	struct dwarf_spans s = { 0 };
	uint64_t start[CNT], end[CNT], address;
	unsigned int seed = 1, round, i;

	for (round = 0; round < 50; round++) {
		for (i = 0; i < CNT; i++) {
			seed = seed * 1103515245 + 12345;
			start[i] = seed >> 16 & 0xff;
			end[i] = start[i] + (seed >> 8 & (i % 2 ? 0x7 : 0x7f));
			assert_true(dwarf_spans_add(&s, start[i], end[i], i, i));
		}
		dwarf_spans_settle(&s);
		for (address = 0; address < TOP; address++) {
			const struct dwarf_span *found = dwarf_spans_find(&s, address);

			for (i = CNT; i-- > 0;)
				if (start[i] <= address && address < end[i])
					break;
			assert_int_equal(found ? found->id : UINT32_MAX, i);
		}
		dwarf_spans_release(&s);
	}
}

static void try_image(const unsigned char *data, size_t size, uint64_t here)
{
	struct names_frame frames[NAMES_MAX];
	struct dwarf_names *d = dwarf_open_memory(data, size, NULL);
	uint64_t at;

	for (at = here - 64; d && at < here + 64; at += 16)
		dwarf_find(d, at, frames, NAMES_MAX);
	dwarf_close(d);
}

/* Prefixes and single changes: nothing but an end is asked for. */
static void broken(void **state)
{
	static const char *const flags[] = { "-gdwarf-4", "-gdwarf-5" };
	unsigned char *data, old;
	char command[128];
	size_t size, i, n;
	uint64_t here;

	for (n = 0; n < 2; n++) {
		snprintf(command, sizeof(command),
		         "gcc -O2 %s -nostdlib -static -Wl,-e,main -o s s.c", flags[n]);
		assert_true(tools_run(command));
		here = tools_address("s", "here");
		data = tools_load("s", &size);
		for (i = 0; i < size; i++) {
			old = data[i];
			data[i] ^= i % 3 ? 0xff : 1;
			try_image(data, size, here);
			data[i] = old;
			if (i % 16 == 0)
				try_image(data, i, here);
		}
		free(data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain),       cmocka_unit_test(split),
		cmocka_unit_test(wrong_split), cmocka_unit_test(package),
		cmocka_unit_test(alternate),   cmocka_unit_test(no_functions),
		cmocka_unit_test(outer_names), cmocka_unit_test(nothing),
		cmocka_unit_test(source),      cmocka_unit_test(spans),
		cmocka_unit_test(broken),
	};

	return cmocka_run_group_tests(tests, begin, tools_end);
}
