// SPDX-License-Identifier: Apache-2.0
/* What a program that Go has built gets for names: as its own profiles have them. */
#include "elf/tools.h"

#include "elf/elf.h"
#include "elf/file.h"
#include "process/file.h"
#include "profile/profile.h"
#include "symbolize/names.h"
#include "symbolize/symbolize.h"

static const char program[] =
	"package main\n\nimport \"fmt\"\n\ntype T struct{ n int }\n\n"
	"//go:noinline\nfunc (t *T) M(x int) int {\n\treturn add(t.n, x)\n}\n\n"
	"func add(a, b int) int {\n\treturn a + b*a\n}\n\n"
	"//go:noinline\nfunc each[A, B any](a []A, f func(A) B) []B {\n\tvar r []B\n"
	"\tfor _, x := range a {\n\t\tr = append(r, f(x))\n\t}\n\treturn r\n}\n\n"
	"func main() {\n\tt := &T{3}\n"
	"\tfmt.Println(each([]int{1, 2}, func(i int) string { return fmt.Sprint(t.M(i)) }))\n}\n";

static const char build[] =
	"go=$(command -v go || echo /usr/local/go/bin/go); [ -x \"$go\" ] || exit 1;"
	"export GOTOOLCHAIN=local GOFLAGS= GO111MODULE=off HOME=${HOME:-$PWD};"
	"$go build -buildmode=pie -o go n.go";

static int find_named(void *arg, const struct elf_symbol *sym)
{
	struct elf_symbol *s = arg;

	if (!strncmp(sym->name, s->name, strlen(s->name)))
		*s = *sym;
	return 0;
}

/* The range of a function in its file. */
static uint64_t offset_of(int fd, const char *name, uint64_t *size)
{
	struct elf_symbol s = { .name = name };
	struct elf_file *f = elf_open(fd);
	uint64_t offset, left;

	assert_non_null(f);
	elf_symbols(f, find_named, &s);
	if (!s.address || elf_offset(f, s.address, &offset, &left))
		fail_msg("no %s", name);
	elf_close(f);
	*size = s.size;
	return offset;
}

static void expect_frame(const struct names_frame *frame, const char *linkage, uint32_t line,
                         uint32_t start_line)
{
	const char *path = frame->path ?: "";

	assert_string_equal(frame->linkage, linkage);
	assert_true(*path == '/' && strlen(path) > 5 && !strcmp(path + strlen(path) - 5, "/n.go"));
	if (line)
		assert_int_equal(frame->line, line);
	assert_int_equal(frame->start_line, start_line);
}

static void test_frames(void **state)
{
	struct file file = { .kind = FILE_REGULAR, .path = "go" };
	struct names_frame frames[NAMES_MAX];
	struct names_open o = { .file = &file, .debug_fd = -1, .alt_fd = -1 };
	uint64_t offset, size, i;
	size_t inlined = 0;
	void *names;

	tools_write("n.go", program, sizeof(program) - 1);
	if (!tools_run("command -v go || [ -x /usr/local/go/bin/go ]"))
		skip();
	assert_true(tools_run(build));
	file.fd = tools_open("go");
	names = names_go.open(&o);
	assert_non_null(names);
	offset = offset_of(file.fd, "main.each[", &size);
	assert_int_equal(names_go.find(names, offset, frames, NAMES_MAX), 1);
	expect_frame(&frames[0], "main.each[go.shape.int,go.shape.string]", 17, 17);
	offset = offset_of(file.fd, "main.(*T).M", &size);
	for (i = 0; i < size; i++) {
		if (names_go.find(names, offset + i, frames, NAMES_MAX) != 2)
			continue;
		expect_frame(&frames[0], "main.add", 13, 12);
		expect_frame(&frames[1], "main.(*T).M", 9, 8);
		inlined++;
	}
	assert_true(inlined > 2);
	assert_int_equal(names_go.find(names, 0, frames, NAMES_MAX), 0);
	assert_int_equal(names_go.find(names, UINT64_MAX, frames, NAMES_MAX), 0);
	assert_false(o.bad);
	names_go.close(names);
	close(file.fd);
}

/* The profile's own functions: a method's name is no mangled one. */
static void test_profile(void **state)
{
	struct symbolize_source source = { .what = SOURCE_FILE };
	struct profile_mapping mapping = { .start = 0x400000, .limit = 0x10000000 };
	struct file file = { .kind = FILE_REGULAR, .path = "go" };
	struct symbolize_options options = { .demangle = DEMANGLE_SHORT };
	struct symbolize_counters counters = { 0 };
	const struct profile_function *function;
	const struct profile_location *location;
	struct profile *p = profile_new();
	uint64_t offset, size;
	uint32_t id;

	if (!tools_run("[ -x go ]"))
		skip();
	file.fd = tools_open("go");
	source.file = &file;
	offset = offset_of(file.fd, "main.(*T).M", &size);
	id = profile_add_location(p, profile_add_mapping(p, &mapping), 0x400000 + offset);
	assert_int_equal(symbolize_profile(p, &source, 1, NULL, &options, &counters), 0);
	location = profile_location(p, id);
	function = profile_function(p, p->lines[location->line_first].function);
	assert_string_equal(profile_text(p, function->name), "main.(*T).M");
	assert_string_equal(profile_text(p, function->system_name), "main.(*T).M");
	assert_int_equal(function->start_line, 8);
	assert_int_equal(p->lines[location->line_first].line, 9);
	assert_true(p->mappings[0].has_filenames && p->mappings[0].has_line_numbers);
	assert_int_equal(counters.named, 1);
	profile_free(p);
	close(file.fd);
}

/* Files without Go's table are other sources'. */
static void test_others(void **state)
{
	static const char *const names[] = { LIBC, "pie", "static", "p.c", "prog32" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct file file = { .kind = FILE_REGULAR, .fd = tools_open(names[i]) };
		struct names_open o = { .file = &file, .debug_fd = -1, .alt_fd = -1 };

		assert_null(names_go.open(&o));
		close(file.fd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_profile),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests_name("names_go", tests, tools_begin, tools_end);
}
