// SPDX-License-Identifier: Apache-2.0
/*
 * Programs whose debug information is in .dwo files or their package, against a twin that has all in
 * itself: through the worker, which finds them, the same functions, files and lines at every address.
 */
#include "elf/tools.h"

#include <elf.h>
#include <stdbool.h>

#include "elf/elf.h"
#include "elf/file.h"
#include "process/file.h"
#include "symbolize/worker.h"

#define ADDRESSES 1500

static const struct names_source *const sources[] = { &names_dwarf, &names_elf };

static const char program[] =
	"#include <stdio.h>\n#include <stdlib.h>\n"
	"static inline __attribute__((always_inline)) int deepest(int x)\n"
	"{ return x & 1 ? x * 17 : x / 3; }\n"
	"static inline __attribute__((always_inline)) int helper(int x)\n"
	"{ int r = 0;\n for (int i = 0; i < (x & 7); i++)\n  r += deepest(x + i);\n return r; }\n"
	"__attribute__((noinline)) static int part(int x) { return helper(x) + deepest(x); }\n"
	"int other(int x);\n"
	"int main(int argc, char **argv)\n"
	"{ printf(\"%d\\n\", part(argc) + helper(atoi(argv[0])) + other(argc)); }\n";
static const char second[] =
	"#include <stdlib.h>\n"
	"static inline __attribute__((always_inline)) long twice(long x) { return labs(x) * 2; }\n"
	"int other(int x)\n{\n int r = (int)twice(x);\n"
	" if (r > 7)\n  r ^= (int)twice(r);\n return r; }\n";

/* The whole one, and the split one in a directory of its own, of which it may be moved away. */
static void build(const char *compiler, int version)
{
	char text[1024];

	tools_write("one.c", program, sizeof(program) - 1);
	tools_write("two.c", second, sizeof(second) - 1);
	snprintf(text, sizeof(text),
	         "F='-w -O2 -gdwarf-%d'; rm -rf s m; mkdir s m; cp one.c two.c s; cd s && "
	         "%s $F -o ../whole one.c two.c && "
	         "%s $F -gsplit-dwarf -c one.c && %s $F -gsplit-dwarf -c two.c && "
	         "%s $F -gsplit-dwarf -o split one.o two.o",
	         version, compiler, compiler, compiler, compiler);
	assert_true(tools_run(text));
}

static struct file file_of(const char *name, char *path, size_t size)
{
	struct file f = { .fd = tools_open(name), .path = path };

	snprintf(path, size, "%s/%s", tools_dir, name);
	return f;
}

/* The answers to what lies in the code. */
static void ask(const char *name, const char *dirs, struct answer *a)
{
	const char *const debug_dirs[] = { dirs ?: "/nowhere", NULL };
	uint64_t offsets[ADDRESSES], offset, vaddr, start, size;
	struct worker_job job = { .sources = sources,
		                  .source_cnt = 2,
		                  .offsets = offsets,
		                  .debug_dirs = debug_dirs,
		                  .seconds = 10 };
	char path[256];
	struct file f = file_of(name, path, sizeof(path));
	struct elf_file *elf = elf_open(f.fd);
	const Elf64_Shdr *text = elf_section_named(elf, ".text");

	start = text->sh_addr;
	size = text->sh_size;
	for (offset = 0; job.cnt < ADDRESSES && offset < 1 << 16; offset++)
		if (!elf_vaddr(elf, offset, &vaddr) && vaddr >= start && vaddr < start + size)
			offsets[job.cnt++] = offset;
	assert_in_range(job.cnt, 200, ADDRESSES);
	job.file = &f;
	assert_int_equal(worker_run(&job, a), 0);
	assert_true(a->whole);
	elf_close(elf);
	close(f.fd);
}

static const char *base(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path ?: "";
}

struct tally {
	size_t lines, inlined, differ;
};

static struct tally compare(const struct answer *a, const struct answer *b)
{
	struct tally t = { 0 };
	size_t i, k, cnt, other;

	assert_int_equal(a->place_cnt, b->place_cnt);
	for (i = 0; i < a->place_cnt; i++) {
		const struct names_frame *left = answer_frames(a, i, &cnt),
					 *right = answer_frames(b, i, &other);
		bool same = cnt == other;

		for (k = 0; same && k < cnt; k++)
			same = !strcmp(left[k].linkage, right[k].linkage) &&
			       left[k].line == right[k].line &&
			       left[k].start_line == right[k].start_line &&
			       !strcmp(base(left[k].path), base(right[k].path));
		t.differ += !same;
		t.inlined += same && cnt > 1;
		t.lines += same && cnt && left[0].line;
	}
	return t;
}

/* The split program 'name' is as good as the whole one. */
static void same_as_whole(const char *name, const char *dir)
{
	struct answer a, b;
	struct tally t;

	ask("whole", NULL, &a);
	ask(name, dir, &b);
	t = compare(&a, &b);
	assert_int_equal(t.differ, 0);
	assert_true(t.inlined >= 40 && t.lines >= 150);
	assert_int_equal(b.end.missing_dwo, 0);
	answer_release(&a);
	answer_release(&b);
}

/* It has lines alone: nothing was found of its two units, and that is said. */
static void has_lines_alone(const char *name)
{
	struct answer a, b;
	struct tally t;
	size_t i, cnt;

	ask("whole", NULL, &a);
	ask(name, NULL, &b);
	t = compare(&a, &b);
	assert_in_range(t.differ, 40, ADDRESSES);
	assert_int_equal(b.end.missing_dwo, 2);
	for (i = 0; i < b.place_cnt; i++) {
		answer_frames(&b, i, &cnt);
		assert_true(cnt <= 1);
	}
	answer_release(&a);
	answer_release(&b);
}

/* In the package of the program or of its debug file, and without .dwo files. */
static void check_packages(const char *packer)
{
	char text[256];

	snprintf(text, sizeof(text), "cd m && %s -o split.dwp *.dwo && mkdir no && mv *.dwo no",
	         packer);
	assert_true(tools_run(text));
	same_as_whole("m/split", NULL);
	assert_true(tools_run("cd m && objcopy --only-keep-debug split split.debug && "
	                      "strip -o bare split && "
	                      "objcopy --add-gnu-debuglink=split.debug bare && "
	                      "mv split.dwp split.debug.dwp"));
	same_as_whole("m/bare", NULL);
	assert_true(tools_run("cd m && rm split.debug.dwp && mv no/*.dwo ."));
}

static void check(const char *compiler, int version, const char *packer)
{
	build(compiler, version);
	same_as_whole("s/split", NULL); /* where the compiler left them */
	assert_true(tools_run("mv s/split s/*.dwo m"));
	same_as_whole("m/split", NULL); /* beside the program */
	if (packer)
		check_packages(packer);
	assert_true(tools_run("rm m/*.dwo"));
	has_lines_alone("m/split");
	/* What another compilation left behind, a pipe and a link to what is none. */
	assert_true(tools_run("cd m && echo 'int other; int f(void) { return other; }' > two.c && "
	                      "gcc -g -gsplit-dwarf -c two.c && mkfifo one.dwo && "
	                      "ln -s /etc/passwd split-one.dwo"));
	has_lines_alone("m/split");
}

static void gcc(void **state)
{
	check("gcc", 4, "dwp");
	check("gcc", 5, NULL); /* no packer of Debian 12 knows these .dwo files */
}

static void clang(void **state)
{
	check("clang", 4, "dwp");
	check("clang", 4, "llvm-dwp");
	check("clang", 5, "llvm-dwp");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(gcc), cmocka_unit_test(clang) };

	return cmocka_run_group_tests(tests, tools_begin, tools_end);
}
