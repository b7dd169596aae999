// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/program.h"

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#else
#define MACHINE EM_AARCH64
#endif

/* A program as small as can be: loaded at address 4096, with a loader, and one library. */
struct image {
	Elf64_Ehdr head;
	Elf64_Phdr load, interp, dynamic;
	Elf64_Dyn entries[3];
	char names[32];
};

static char path[64];

static struct image program(const char *library)
{
	struct image im = {
		.head = { .e_machine = MACHINE,
		          .e_phoff = offsetof(struct image, load),
		          .e_phentsize = sizeof(Elf64_Phdr),
		          .e_phnum = 3 },
		.load = { .p_type = PT_LOAD, .p_vaddr = 4096, .p_filesz = sizeof(im) },
		.interp = { .p_type = PT_INTERP },
		.dynamic = { .p_type = PT_DYNAMIC,
		             .p_offset = offsetof(struct image, entries),
		             .p_filesz = sizeof(im.entries) },
		.entries = { { .d_tag = DT_NEEDED, .d_un.d_val = 1 },
		             { .d_tag = DT_STRTAB,
		               .d_un.d_ptr = 4096 + offsetof(struct image, names) } },
	};

	memcpy(im.head.e_ident, ELFMAG, SELFMAG);
	im.head.e_ident[EI_CLASS] = ELFCLASS64;
	snprintf(im.names + 1, sizeof(im.names) - 1, "%s", library);
	return im;
}

static enum program kind_of(const void *bytes, size_t size, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0700);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
	return program_at(path);
}

static enum program kind_of_text(const char *text)
{
	return kind_of(text, strlen(text), 0755);
}

static void test_programs(void **state)
{
	struct image im = program("libc.so.6");

	assert_int_equal(program_at("/bin/sh"), PROGRAM_DYNAMIC);
	assert_int_equal(program_at("/nowhere/at/all"), PROGRAM_UNREADABLE);
	assert_int_equal(kind_of(&im, sizeof(im), 0755), PROGRAM_DYNAMIC);
	assert_int_equal(kind_of(&im, sizeof(im), 04755), PROGRAM_SETUID);
	assert_int_equal(kind_of(&im, sizeof(im), 02755), PROGRAM_SETUID);
	im.interp.p_type = PT_NULL;
	assert_int_equal(kind_of(&im, sizeof(im), 0755), PROGRAM_STATIC);
	im = program("libasan.so.8");
	assert_int_equal(kind_of(&im, sizeof(im), 0755), PROGRAM_SANITIZED);
	im = program("libclang_rt.asan-x86_64.so");
	assert_int_equal(kind_of(&im, sizeof(im), 0755), PROGRAM_SANITIZED);
}

static void test_foreign(void **state)
{
	struct image im = program("libc.so.6");
	size_t size;

	im.head.e_machine = EM_386;
	assert_int_equal(kind_of(&im, sizeof(im), 0755), PROGRAM_FOREIGN);
	im = program("libc.so.6");
	im.head.e_ident[EI_CLASS] = ELFCLASS32;
	assert_int_equal(kind_of(&im, sizeof(im), 0755), PROGRAM_FOREIGN);
	im = program("libc.so.6");
	im.head.e_phnum = 65535;
	assert_int_equal(kind_of(&im, sizeof(im), 0755), PROGRAM_FOREIGN);
	im = program("libc.so.6");
	for (size = 0; size < offsetof(struct image, entries); size += 8)
		assert_int_equal(kind_of(&im, size, 0755), PROGRAM_FOREIGN);
	assert_int_equal(kind_of_text("no program"), PROGRAM_FOREIGN);
}

static void test_scripts(void **state)
{
	char self[128];

	assert_int_equal(kind_of_text("#!/bin/sh\necho\n"), PROGRAM_DYNAMIC);
	assert_int_equal(kind_of_text("#! \t/bin/sh -e\n"), PROGRAM_DYNAMIC);
	assert_int_equal(kind_of_text("#!/nowhere\n"), PROGRAM_UNREADABLE);
	assert_int_equal(kind_of_text("#!\n"), PROGRAM_FOREIGN);
	/* One that runs itself. */
	snprintf(self, sizeof(self), "#!%s\n", path);
	assert_int_equal(kind_of_text(self), PROGRAM_UNREADABLE);
}

static void test_find(void **state)
{
	char to[64], small[7];

	assert_string_equal(program_find("./a", "/bin", to, sizeof(to)), "./a");
	assert_string_equal(program_find("sh", "/nowhere:/bin", to, sizeof(to)), "/bin/sh");
	assert_string_equal(program_find("sh", NULL, to, sizeof(to)), "/bin/sh");
	assert_null(program_find("sh", "/nowhere", to, sizeof(to)));
	assert_null(program_find("", "/bin", to, sizeof(to)));
	assert_null(program_find("sh", "/bin", small, sizeof(small)));
	assert_string_equal(program_find("sh", "/bin", to, 8), "/bin/sh");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_scripts),
		cmocka_unit_test(test_find),
	};
	int failed;

	snprintf(path, sizeof(path), "/tmp/program_test.%d", getpid());
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return failed;
}
