// SPDX-License-Identifier: Apache-2.0
/* Files of debug information alone are told from whole ones, and where their code was mapped is known. */
#include "elf/tools.h"

#include <errno.h>

#include "elf/elf.h"

static int begin(void **state)
{
	return tools_begin(state) ||
	       !tools_run("set -e; for f in pie nopie lib.so; do\n"
	                  "objcopy --only-keep-debug $f $f.gnu\n"
	                  "llvm-objcopy --only-keep-debug $f $f.llvm; strip -o $f.bare $f; done\n"
	                  "gcc -c -O1 -w -o object.o p.c\n");
}

static bool is_hollow(const char *name)
{
	int fd = tools_open(name);
	struct elf_file *f = elf_open(fd);
	bool is;

	assert_non_null(f);
	is = elf_is_hollow(f);
	elf_close(f);
	close(fd);
	return is;
}

static void which(void **state)
{
	static const char *const whole[] = { "pie",         "nopie",  "lib.so",   "stripped",
		                             "static",      "prog32", "object.o", "pie.bare",
		                             "lib.so.bare", LIBC };
	static const char *const hollow[] = { "pie.gnu",    "pie.llvm",   "nopie.gnu",
		                              "nopie.llvm", "lib.so.gnu", "lib.so.llvm" };
	size_t i;

	for (i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
		if (is_hollow(whole[i]))
			fail_msg("%s has code", whole[i]);
	for (i = 0; i < sizeof(hollow) / sizeof(hollow[0]); i++)
		if (!is_hollow(hollow[i]))
			fail_msg("%s has no code", hollow[i]);
}

/* As readelf has it of the whole file; an address is its own offset. */
static void where(void **state)
{
	static const char *const names[] = { "pie.gnu", "pie.llvm", "nopie.gnu", "lib.so.llvm" };
	unsigned long want, size;
	char command[256];
	uint64_t vaddr;
	size_t i;
	FILE *out;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int fd = tools_open(names[i]);
		struct elf_file *f = elf_open(fd);

		snprintf(command, sizeof(command),
		         "readelf -lW $(echo %s | sed 's/\\.[a-z]*$//') | "
		         "awk '$1 == \"LOAD\" && $7 $8 ~ /RE/ { print $3, $6 }'",
		         names[i]);
		out = tools_lines(command);
		assert_int_equal(fscanf(out, "%lx %lx", &want, &size), 2);
		fclose(out);
		size = (size + 0xfff) & ~0xffful; /* it begins a page */
		assert_int_equal(elf_code_vaddr(f, size, &vaddr), 0);
		assert_int_equal(vaddr, want);
		assert_int_equal(elf_code_vaddr(f, size + 0x1000, &vaddr), -ENOENT);
		assert_int_equal(elf_code_vaddr(f, 0, &vaddr), -ENOENT);
		assert_int_equal(elf_vaddr(f, want + 0x123, &vaddr), 0);
		assert_int_equal(vaddr, want + 0x123);
		elf_close(f);
		close(fd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(which),
		cmocka_unit_test(where),
	};

	return cmocka_run_group_tests(tests, begin, tools_end);
}
