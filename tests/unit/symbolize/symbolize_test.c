// SPDX-License-Identifier: Apache-2.0
/* Profiles of made-up locations in real files get the names, flags and counters that they must. */
#include "elf/tools.h"

#include <sys/auxv.h>
#include <sys/mman.h>

#include "base/err.h"
#include "elf/elf.h"
#include "process/file.h"
#include "profile/profile.h"
#include "symbolize/ksyms.h"
#include "symbolize/symbolize.h"

#define MAPPINGS_MAX 16

struct fixture {
	struct profile *p;
	struct symbolize_source sources[MAPPINGS_MAX];
	struct symbolize_counters counters;
};

static struct fixture begin(void)
{
	struct fixture f = { .p = profile_new() };

	assert_non_null(f.p);
	profile_add_type(f.p, "samples", "count");
	return f;
}

static uint32_t map(struct fixture *f, const char *path, uint64_t start, uint64_t size,
                    uint64_t offset, int what, struct file *file)
{
	struct profile_mapping m = { .start = start,
		                     .limit = start + size,
		                     .offset = offset,
		                     .file = profile_string(f->p, path) };
	uint32_t id = profile_add_mapping(f->p, &m);

	assert_in_range(id, 1, MAPPINGS_MAX);
	f->sources[id - 1].what = what;
	f->sources[id - 1].file = file;
	return id;
}

static void name_all(struct fixture *f, const struct ksyms *k)
{
	static const struct symbolize_options options;

	assert_int_equal(
		symbolize_profile(f->p, f->sources, f->p->mapping_cnt, k, &options, &f->counters),
		0);
	assert_null(profile_check_references(f->p));
}

static const struct profile_function *function_of(const struct fixture *f, uint32_t location)
{
	const struct profile_location *l = profile_location(f->p, location);

	assert_int_equal(l->line_cnt, 1);
	assert_int_equal(f->p->lines[l->line_first].line, 0);
	return profile_function(f->p, f->p->lines[l->line_first].function);
}

static void expect(const struct fixture *f, uint32_t location, const char *name,
                   const char *system_name, const char *filename)
{
	const struct profile_function *fn = function_of(f, location);

	assert_string_equal(profile_text(f->p, fn->name), name);
	assert_string_equal(profile_text(f->p, fn->system_name), system_name);
	assert_string_equal(profile_text(f->p, fn->filename), filename);
	assert_int_equal(fn->start_line, 0);
}

/* A file with functions of C and C++, code at an offset that differs from its address. */
static struct file make_file(const char *name)
{
	static const char source[] =
		".text\n.globl c_function, _ZN1AIiE3fooEi, _ZN4core3ptr4drop17h1234567890abcdefE\n"
		".type c_function, @function\nc_function: .skip 16\n.size c_function, 16\n"
		".type _ZN1AIiE3fooEi, @function\n_ZN1AIiE3fooEi: .skip 16\n"
		".size _ZN1AIiE3fooEi, 16\n"
		".type _ZN4core3ptr4drop17h1234567890abcdefE, @function\n"
		"_ZN4core3ptr4drop17h1234567890abcdefE: .skip 16\n"
		".size _ZN4core3ptr4drop17h1234567890abcdefE, 16\n"
		".type versioned, @function\nversioned: .skip 16\n.size versioned, 16\n"
		".symver versioned, foo@@V1\n.skip 64\n";
	static const char versions[] = "V1 { global: *; };\n";
	struct file file = { .fd = -1, .path = (char *)name };
	char command[256];

	tools_write("f.s", source, sizeof(source) - 1);
	tools_write("v.map", versions, sizeof(versions) - 1);
	snprintf(command, sizeof(command),
	         "as -o f.o f.s && ld -shared -z separate-code --version-script=v.map "
	         "-Ttext=0x201000 -o %s f.o",
	         name);
	assert_true(tools_run(command));
	file.fd = tools_open(name);
	return file;
}

static uint64_t offset_of(const struct file *file, uint64_t address)
{
	struct elf_file *elf = elf_open(file->fd);
	uint64_t offset, vaddr;

	assert_non_null(elf);
	for (offset = 0; elf_vaddr(elf, offset, &vaddr) || vaddr != address; offset++)
		assert_true(offset < 1 << 22);
	elf_close(elf);
	return offset;
}

static uint64_t offset_of_code(const struct file *file)
{
	return offset_of(file, 0x201000);
}

static void native_names(void **state)
{
	struct file file = make_file("native.so");
	uint64_t code = offset_of_code(&file), start = 0x7f0000000000;
	struct fixture f = begin();
	uint32_t m = map(&f, "/lib/native.so", start, 0x1000, code & ~0xfffull, SOURCE_FILE, &file);
	uint32_t l[6];
	int i;

	for (i = 0; i < 5; i++)
		l[i] = profile_add_location(f.p, m, start + (code & 0xfff) + 16 * (uint64_t)i + 3);
	l[5] = profile_add_location(f.p, m, start + 0xfff);
	name_all(&f, NULL);
	expect(&f, l[0], "c_function", "c_function", "");
	expect(&f, l[1], "A::foo", "_ZN1AIiE3fooEi", "");
	expect(&f, l[2], "core::ptr::drop", "_ZN4core3ptr4drop17h1234567890abcdefE", "");
	assert_null(strchr(profile_text(f.p, function_of(&f, l[3])->name), '@'));
	expect(&f, l[4], "[native.so]", "[native.so]", "/lib/native.so");
	expect(&f, l[5], "[native.so]", "[native.so]", "/lib/native.so");
	assert_true(profile_mapping(f.p, m)->has_functions);
	assert_false(profile_mapping(f.p, m)->has_filenames);
	assert_false(profile_mapping(f.p, m)->has_line_numbers);
	assert_int_equal(f.counters.locations, 6);
	assert_int_equal(f.counters.named, 4);
	assert_int_equal(f.counters.unreadable_files, 0);
	profile_free(f.p);
	close(file.fd);
}

/* Mappings of one file are not beside each other, and one function is one function. */
static void one_file_many_mappings(void **state)
{
	struct file file = make_file("many.so"), other = { .fd = -1, .path = (char *)"/gone" };
	uint64_t code = offset_of_code(&file), i, step = 0x100000;
	struct fixture f = begin();
	uint32_t l[6];

	for (i = 0; i < 6; i++) {
		bool mine = i % 2 == 0;
		uint32_t m = map(&f, mine ? "/lib/many.so" : "/gone", (i + 1) * step, 0x1000,
		                 code & ~0xfffull, SOURCE_FILE, mine ? &file : &other);

		l[i] = profile_add_location(f.p, m, (i + 1) * step + (code & 0xfff));
	}
	name_all(&f, NULL);
	for (i = 0; i < 6; i++)
		if (i % 2)
			expect(&f, l[i], "[gone]", "[gone]", "/gone");
		else
			expect(&f, l[i], "c_function", "c_function", "");
	assert_ptr_equal(function_of(&f, l[0]), function_of(&f, l[4]));
	assert_int_equal(f.counters.named, 3);
	profile_free(f.p);
	close(file.fd);
}

static void nameless(void **state)
{
	static const struct {
		const char *path, *name;
		int what;
	} rows[] = {
		{ "/usr/lib/libfoo.so.1", "[libfoo.so.1]", SOURCE_NONE },
		{ "//anon", "[anon]", SOURCE_NONE },
		{ "", "[anon]", SOURCE_NONE },
		{ "[vdso]", "[vdso]", SOURCE_NONE },
		{ "[kernel.kallsyms]_text", "[kernel.kallsyms]", SOURCE_KERNEL },
		{ "[nf_conntrack]", "[nf_conntrack]", SOURCE_KERNEL },
		{ "/dir/", "[anon]", SOURCE_FILE },
		{ "/memfd:x (y)", "[memfd:x (y)]", SOURCE_FILE },
	};
	const size_t n = sizeof(rows) / sizeof(rows[0]);
	struct fixture f = begin();
	uint32_t l[MAPPINGS_MAX], m;
	size_t i;

	for (i = 0; i < n; i++) {
		m = map(&f, rows[i].path, (i + 1) << 20, 0x1000, 0, rows[i].what, NULL);
		l[i] = profile_add_location(f.p, m, ((i + 1) << 20) + 4);
	}
	l[n] = profile_add_location(f.p, 0, 42);
	name_all(&f, NULL);
	for (i = 0; i < n; i++)
		expect(&f, l[i], rows[i].name, rows[i].name, rows[i].path);
	expect(&f, l[n], "[unknown]", "[unknown]", "");
	assert_int_equal(f.counters.locations, n + 1);
	assert_int_equal(f.counters.named, 0);
	profile_free(f.p);
}

/* Lines that are there stay. */
static void fixed(void **state)
{
	struct fixture f = begin();
	uint32_t m = map(&f, "[ebprof]", 0x1000, 0x1000, 0, SOURCE_FIXED, NULL);
	uint32_t fn = profile_add_function(f.p, "module", "", "/x.py", 7), l;
	struct profile_line line = { .function = fn, .line = 9 };

	l = profile_add_location(f.p, m, 0x1004);
	profile_set_lines(f.p, l, &line, 1);
	name_all(&f, NULL);
	assert_int_equal(f.p->lines[profile_location(f.p, l)->line_first].line, 9);
	assert_int_equal(f.counters.locations, 0);
	profile_free(f.p);
}

static struct ksyms *kernel(void)
{
	static const char text[] = "ffffffff81000000 T _text\nffffffff81000100 t do_thing\n"
				   "ffffffff81000200 T _etext\n"
				   "ffffffffc0000000 t nf_in\t[nf]\n";
	struct err e = { "" };
	char path[64];

	tools_write("kallsyms", text, sizeof(text) - 1);
	snprintf(path, sizeof(path), "%s/kallsyms", tools_dir);
	return ksyms_load(path, &e);
}

static void kernel_names(void **state)
{
	const uint64_t text = 0xffffffff81000000, module = 0xffffffffc0000000;
	struct fixture f = begin();
	struct ksyms *k = kernel();
	uint32_t l[3], m;

	assert_non_null(k);
	m = map(&f, "[kernel.kallsyms]_text", text, 0x1000, 0, SOURCE_KERNEL, NULL);
	l[0] = profile_add_location(f.p, m, text + 0x123);
	l[1] = profile_add_location(f.p, m, text + 0x300);
	m = map(&f, "[nf]", module, 0x1000, 0, SOURCE_KERNEL, NULL);
	l[2] = profile_add_location(f.p, m, module + 8);
	name_all(&f, k);
	expect(&f, l[0], "do_thing", "do_thing", "");
	expect(&f, l[1], "[kernel.kallsyms]", "[kernel.kallsyms]", "[kernel.kallsyms]_text");
	expect(&f, l[2], "nf_in", "nf_in", "");
	assert_int_equal(f.counters.named, 2);
	ksyms_free(k);
	profile_free(f.p);
}

/* The one of this process, by its own address; that of a 32-bit one is another. */
static void vdso(void **state)
{
	uint64_t base = getauxval(AT_SYSINFO_EHDR), offset;
	int fd = memfd_create("vdso", MFD_CLOEXEC);
	struct file file = { .kind = FILE_VDSO, .fd = fd, .path = (char *)"[vdso]" };
	struct fixture f = begin();
	uint32_t m, low, l;
	size_t i;

	if (!base)
		skip();
	assert_int_equal(write(fd, (const void *)base, 4096), 4096);
	(void)!write(fd, (const char *)base + 4096, 4096);
	m = map(&f, "[vdso]", base, 0x2000, 0, SOURCE_FILE, &file);
	low = map(&f, "[vdso]", 0xf7f00000, 0x2000, 0, SOURCE_FILE, &file);
	for (offset = 0; offset < 0x2000; offset += 16)
		profile_add_location(f.p, m, base + offset);
	l = profile_add_location(f.p, low, 0xf7f00c00);
	name_all(&f, NULL);
	expect(&f, l, "[vdso]", "[vdso]", "[vdso]");
	assert_true(f.counters.named > 10);
	for (i = 1; i <= f.p->functions.cnt; i++)
		if (strstr(profile_text(f.p, profile_function(f.p, (uint32_t)i)->name),
		           "clock_gettime"))
			break;
	assert_true(i <= f.p->functions.cnt);
	profile_free(f.p);
	close(fd);
}

static void unreadable(void **state)
{
	struct file text, gone = { .fd = -1, .path = (char *)"/gone" };
	struct fixture f = begin();
	uint32_t m;

	tools_write("text", "#!/bin/sh\n", 10);
	text = (struct file){ .fd = tools_open("text"), .path = (char *)"/text" };
	m = map(&f, "/text", 1 << 20, 0x1000, 0, SOURCE_FILE, &text);
	profile_add_location(f.p, m, (1 << 20) + 1);
	m = map(&f, "/gone", 2 << 20, 0x1000, 0, SOURCE_FILE, &gone);
	profile_add_location(f.p, m, (2 << 20) + 1);
	name_all(&f, NULL);
	assert_int_equal(f.counters.unreadable_files, 1);
	assert_int_equal(f.counters.named, 0);
	profile_free(f.p);
	close(text.fd);
}

/* A name of a megabyte, as a hostile file may have. */
static void long_name(void **state)
{
	const size_t size = 1 << 20;
	char *source = malloc(2 * size + 200);
	struct file file = { .path = (char *)"/long" };
	struct fixture f = begin();
	uint32_t m, l;
	int n;

	assert_non_null(source);
	n = snprintf(source, 100, ".section .text\n.p2align 12\n.type ");
	memset(source + n, 'x', size);
	n += (int)size;
	n += snprintf(source + n, 100, ", @function\n");
	memset(source + n, 'x', size);
	n += (int)size;
	n += snprintf(source + n, 100, ": .skip 16\n");
	tools_write("long.s", source, (size_t)n);
	free(source);
	assert_true(tools_run("as -o long.o long.s && ld -shared -Ttext=0x1000 -o long long.o"));
	file.fd = tools_open("long");
	m = map(&f, "/long", 1 << 20, 0x1000, offset_of(&file, 0x1000), SOURCE_FILE, &file);
	l = profile_add_location(f.p, m, 1 << 20);
	name_all(&f, NULL);
	assert_int_equal(f.counters.named, 1);
	assert_in_range(strlen(profile_text(f.p, function_of(&f, l)->name)), 1000, 65535);
	assert_in_range(strlen(profile_text(f.p, function_of(&f, l)->system_name)), 1000, 65535);
	profile_free(f.p);
	close(file.fd);
}

static void nothing(void **state)
{
	struct fixture f = begin();

	name_all(&f, NULL);
	assert_int_equal(f.counters.locations, 0);
	profile_free(f.p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(native_names), cmocka_unit_test(one_file_many_mappings),
		cmocka_unit_test(nameless),     cmocka_unit_test(fixed),
		cmocka_unit_test(kernel_names), cmocka_unit_test(vdso),
		cmocka_unit_test(unreadable),   cmocka_unit_test(long_name),
		cmocka_unit_test(nothing),
	};

	return cmocka_run_group_tests(tests, tools_begin, tools_end);
}
