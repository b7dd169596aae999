// SPDX-License-Identifier: Apache-2.0
/*
 * Functions, lines and inlined calls of programs that Go has built, stripped ones and position
 * independent ones too, as `go tool addr2line` and, by DWARF, llvm-symbolizer tell them.
 */
#include "elf/tools.h"

#include <elf.h>
#include <stdbool.h>

#include "elf/elf.h"
#include "elf/go_frames.h"
#include "elf/golines.h"

static const char go_program[] =
	"package main\n\nimport (\n\t\"fmt\"\n\t\"sort\"\n\t\"strings\"\n)\n\n"
	"type T struct{ n int }\n\n"
	"func (t *T) M(x int) int { return t.n*x + add(x, 3) }\n"
	"func add(a, b int) int {\n\treturn a + mul(b, a)\n}\n"
	"func mul(a, b int) int {\n\treturn a*b ^ 5\n}\n\n"
	"func each[A, B any](a []A, f func(A) B) []B {\n\tvar r []B\n"
	"\tfor _, x := range a {\n\t\tr = append(r, f(x))\n\t}\n\treturn r\n}\n\n"
	"func main() {\n\tt, s := &T{3}, 0\n\tfor i := 0; i < 1000; i++ {\n\t\ts += t.M(i)\n\t}\n"
	"\tr := each([]int{1, 2, s}, func(i int) string { return strings.Repeat(\"a\", i%7) })\n"
	"\tsort.Strings(r)\n\tfmt.Println(r)\n}\n";

/* The usual go, which reads what all have made, and an older one. */
static const char *const go_commands[] = {
	"$(command -v go || echo /usr/local/go/bin/go)",
	"/usr/lib/go-1.19/bin/go",
};

#define GO_ENV "export GOTOOLCHAIN=local GOFLAGS= GO111MODULE=off HOME=${HOME:-$PWD};"

static bool go_build(const char *go)
{
	char command[1024];

	snprintf(command, sizeof(command),
	         "go=%s; [ -x \"$go\" ] || exit 1;" GO_ENV
	         "$go build -o go m.go && $go build -ldflags='-s -w' -o go-s m.go &&"
	         "$go build -buildmode=pie -o gop m.go &&"
	         "$go build -buildmode=pie -ldflags='-s -w' -o gop-s m.go",
	         go);
	return tools_run(command);
}

/* A program and addresses all over its code. */
struct asked {
	int fd;
	struct elf_file *f;
	struct golines *g;
	uint64_t start, cnt;
};

#define STRIDE 311

static void asked_open(struct asked *a, const char *name)
{
	Elf64_Ehdr e;
	Elf64_Phdr ph;
	size_t i;

	*a = (struct asked){ .fd = tools_open(name) };
	a->f = elf_open(a->fd);
	assert_non_null(a->f);
	a->g = golines_load(a->f);
	assert_non_null(a->g);
	assert_int_equal(pread(a->fd, &e, sizeof(e), 0), sizeof(e));
	for (i = 0; i < e.e_phnum; i++) {
		assert_int_equal(pread(a->fd, &ph, sizeof(ph), (off_t)(e.e_phoff + i * sizeof(ph))),
		                 sizeof(ph));
		if (ph.p_type == PT_LOAD && ph.p_flags & PF_X) {
			a->start = ph.p_vaddr + 0x1000;
			a->cnt = (ph.p_filesz - 0x1000) / STRIDE;
		}
	}
	assert_true(a->cnt >= 1000);
}

static void asked_close(struct asked *a)
{
	golines_free(a->g);
	elf_close(a->f);
	close(a->fd);
}

/* Writes them to the file "addresses". */
static void asked_write(const struct asked *a)
{
	char path[64];
	uint64_t i;
	FILE *out;

	snprintf(path, sizeof(path), "%s/addresses", tools_dir);
	out = fopen(path, "we");
	assert_non_null(out);
	for (i = 0; i < a->cnt; i++)
		fprintf(out, "0x%lx\n", (unsigned long)(a->start + i * STRIDE));
	assert_int_equal(fclose(out), 0);
}

static bool next_line(FILE *in, char *line, int size)
{
	if (!fgets(line, size, in))
		return false;
	line[strcspn(line, "\n")] = 0;
	return true;
}

/* go tool addr2line tells the function without those inlined, and the line of the innermost. */
static void expect_as_go(const char *name)
{
	struct golines_frame frames[64];
	char name_want[4096], line_want[4096], line[4096], command[512];
	uint64_t i, cnt, named = 0;
	struct asked a;
	FILE *in;

	asked_open(&a, name);
	asked_write(&a);
	snprintf(command, sizeof(command), GO_ENV "%s tool addr2line %s < addresses",
	         go_commands[0], name);
	in = tools_lines(command);
	for (i = 0; i < a.cnt; i++) {
		cnt = golines_find(a.g, a.start + i * STRIDE, frames, 64);
		assert_true(next_line(in, name_want, sizeof(name_want)));
		assert_true(next_line(in, line_want, sizeof(line_want)));
		assert_string_equal(cnt ? frames[cnt - 1].name : "?", name_want);
		if (!cnt)
			continue;
		named++;
		snprintf(line, sizeof(line), "%s:%d", frames[0].path ?: "",
		         frames[0].path ? (int)frames[0].line : -1);
		assert_string_equal(line, line_want);
	}
	assert_true(named >= 1000);
	fclose(in);
	asked_close(&a);
}

static void expect_same_lines(const char *name, const char *stripped)
{
	struct golines_frame frames[64];
	char want[8192], text[8192];
	struct asked a, b;
	uint64_t i, inlined = 0;
	size_t cnt;

	asked_open(&a, name);
	asked_open(&b, stripped);
	for (i = 0; i < a.cnt; i++) {
		cnt = golines_find(a.g, a.start + i * STRIDE, frames, 64);
		inlined += cnt > 1;
		print_frames(frames, cnt, want, sizeof(want));
		cnt = golines_find(b.g, a.start + i * STRIDE, frames, 64);
		print_frames(frames, cnt, text, sizeof(text));
		assert_string_equal(text, want);
	}
	assert_true(inlined > a.cnt / 10);
	asked_close(&a);
	asked_close(&b);
}

/* What DWARF has otherwise: a directory for no file, an ABI behind a name, array lengths, a dot. */
static void tidy(char *name, char *path)
{
	char *abi = strstr(name, ".abi0"), *bracket = strchr(name, '[');
	char *dot = strstr(name, "\302\267");
	char *generated = strstr(path, "<autogenerated>");

	if (abi)
		*abi = 0;
	if (dot)
		memmove(dot + 1, dot + 2, strlen(dot + 1));
	if (dot)
		*dot = '.';
	if (bracket)
		*bracket = 0;
	if (generated)
		memmove(path, generated, strlen(generated) + 1);
}

/* One answer of llvm-symbolizer as print_frames() has it, without start lines; "" = none. */
static bool next_answer(FILE *in, char *text, size_t size)
{
	char name[4096], path[4096], *column;
	size_t at = 0;

	for (text[0] = 0; next_line(in, name, sizeof(name)) && name[0];) {
		if (!next_line(in, path, sizeof(path)))
			return false;
		column = strrchr(path, ':');
		if (!column || !strcmp(name, "??"))
			continue;
		*column = 0;
		tidy(name, path);
		at += (size_t)snprintf(text + at, size - at, "%s%s %s", at ? "|" : "", name, path);
	}
	return true;
}

static void print_tidy(const struct golines_frame *frames, size_t cnt, char *text, size_t size)
{
	char name[4096], path[4096];
	size_t i, at = 0;

	for (i = 0, text[0] = 0; i < cnt; i++) {
		snprintf(name, sizeof(name), "%s", frames[i].name);
		snprintf(path, sizeof(path), "%s:%u", frames[i].path ?: "?", frames[i].line);
		tidy(name, path);
		at += (size_t)snprintf(text + at, size - at, "%s%s %s", at ? "|" : "", name, path);
	}
}

/* Every answer with a line, and all of its inlined functions. */
static void expect_as_dwarf(const char *name)
{
	struct golines_frame frames[64];
	char want[16384], text[16384], command[256];
	uint64_t i, inlined = 0, same = 0, all = 0;
	struct asked a;
	size_t cnt;
	FILE *in;

	asked_open(&a, name);
	asked_write(&a);
	snprintf(command, sizeof(command), "llvm-symbolizer -e %s -i -f --no-demangle < addresses",
	         name);
	in = tools_lines(command);
	for (i = 0; i < a.cnt; i++) {
		cnt = golines_find(a.g, a.start + i * STRIDE, frames, 64);
		print_tidy(frames, cnt, text, sizeof(text));
		assert_true(next_answer(in, want, sizeof(want)));
		if (!want[0] || strstr(want, "??") || strstr(want, ":0") || !cnt || !frames[0].path)
			continue;
		all++;
		inlined += cnt > 1;
		same += !strcmp(text, want);
		if (strcmp(text, want))
			print_message("%s: 0x%lx is %s, by DWARF %s\n", name,
			              (unsigned long)(a.start + i * STRIDE), text, want);
	}
	assert_true(all >= 1000);
	assert_true(inlined > all / 10);
	/* at a few of 1.19's addresses it lacks the inlined function */
	assert_true(same >= all - all / 500);
	fclose(in);
	asked_close(&a);
}

static void test_programs(void **state)
{
	static const char *const names[] = { "go", "go-s", "gop", "gop-s" };
	size_t i, k, built = 0;
	bool llvm = tools_run("command -v llvm-symbolizer > /dev/null");

	tools_write("m.go", go_program, sizeof(go_program) - 1);
	for (i = 0; i < sizeof(go_commands) / sizeof(go_commands[0]); i++) {
		if (!go_build(go_commands[i]))
			continue;
		built++;
		for (k = 0; k < 4; k++)
			expect_as_go(names[k]);
		expect_same_lines("go", "go-s");
		expect_same_lines("gop", "gop-s");
		if (llvm) {
			expect_as_dwarf("go");
			expect_as_dwarf("gop");
		}
	}
	if (!built) {
		assert_false(tools_run("command -v go"));
		skip();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_programs),
	};

	return cmocka_run_group_tests_name("golines of Go", tests, tools_begin, tools_end);
}
