// SPDX-License-Identifier: Apache-2.0
/* What is compressed in a file: .gnu_debugdata, and sections. Bombs and what is broken cost little. */
#include "elf/tools.h"

#include <elf.h>
#include <errno.h>
#include <sys/resource.h>

#include "elf/debugdata.h"
#include "elf/elf.h"
#include "elf/file.h"

/* mini: without .symtab, but with what Fedora makes of one (gdb's manual, "MiniDebugInfo"). */
static int begin(void **state)
{
	return tools_begin(state) ||
	       !tools_run(
		       "set -e; gcc -O1 -w -g -o prog p.c\n"
		       "nm -D prog --format=posix --defined-only | awk '{print $1}' | sort > dyn\n"
		       "nm prog --format=posix --defined-only |"
		       " awk '$2 ~ /[TtD]/ {print $1}' | sort > all\n"
		       "comm -13 dyn all > keep\n"
		       "objcopy --only-keep-debug prog d; objcopy -S --remove-section .comment"
		       " --keep-symbols=keep d m\n"
		       "strip -o bare prog; cp m m2; xz -9 m; cp bare mini\n"
		       "objcopy --add-section .gnu_debugdata=m.xz mini\n");
}

/* The error for a file with those bytes (a command writes them) as its .gnu_debugdata. */
static int debugdata_of(const char *command, size_t *size)
{
	int fd = tools_open_odd(".gnu_debugdata", command), err;
	unsigned char *image = NULL;
	struct elf_file *f;

	f = elf_open(fd);
	assert_non_null(f);
	*size = 0;
	err = elf_debugdata(f, &image, size);
	assert_int_equal(!image, err != 0);
	free(image);
	elf_close(f);
	close(fd);
	return err;
}

static int find_hidden(void *arg, const struct elf_symbol *sym)
{
	*(uint64_t *)arg = strcmp(sym->name, "hidden") ? *(uint64_t *)arg : sym->address;
	return 0;
}

static void its_symbols(void **state)
{
	uint64_t address = 0, want = 0;
	unsigned char *image, *plain;
	struct elf_file *f, *inner;
	size_t size, plain_size;
	int fd = tools_open("mini");

	f = elf_open(fd);
	assert_non_null(f);
	assert_false(elf_has_symtab(f));
	assert_int_equal(elf_debugdata(f, &image, &size), 0);
	plain = tools_load("m2", &plain_size);
	assert_int_equal(size, plain_size);
	assert_memory_equal(image, plain, size);
	inner = elf_open_memory(image, size);
	assert_non_null(inner);
	assert_true(elf_has_symtab(inner));
	elf_symbols(inner, find_hidden, &address);
	elf_close(inner);
	elf_close(f);
	close(fd);
	fd = tools_open("prog");
	f = elf_open(fd);
	elf_symbols(f, find_hidden, &want);
	assert_true(want && want == address);
	assert_int_equal(elf_debugdata(f, &image, &size), -ENOENT);
	elf_close(f);
	close(fd);
	free(plain);
	free(image);
}

static void broken_ones(void **state)
{
	char text[128];
	size_t size, i;

	assert_int_equal(debugdata_of("cat m.xz", &size), 0);
	assert_true(size > 0);
	/* What is behind the stream does not count, so padding is fine. */
	assert_int_equal(debugdata_of("cat m.xz; printf '\\0\\0\\0\\0'", &size), 0);
	assert_int_equal(debugdata_of("echo no xz at all", &size), -EINVAL);
	assert_int_equal(debugdata_of("xz < /dev/null", &size), -EINVAL);
	assert_int_equal(debugdata_of("gzip < m2", &size), -EINVAL);
	for (i = 1; i < 300; i += 37) {
		snprintf(text, sizeof(text), "head -c %zu m.xz", i);
		assert_int_equal(debugdata_of(text, &size), -EINVAL);
		snprintf(text, sizeof(text), "head -c %zu m.xz; printf '\\252'; tail -c +%zu m.xz",
		         i, i + 2);
		assert_int_equal(debugdata_of(text, &size), -EINVAL);
	}
	assert_int_equal(debugdata_of("head -c -1 m.xz", &size), -EINVAL);
}

static long peak_kib(void)
{
	struct rusage ru;

	assert_int_equal(getrusage(RUSAGE_SELF, &ru), 0);
	return ru.ru_maxrss;
}

static void bombs(void **state)
{
	long before = peak_kib();
	size_t size;

	assert_true(before > 0);
	assert_int_equal(debugdata_of("head -c 60M /dev/zero | xz -1", &size), 0);
	assert_int_equal(size, 60 << 20);
	assert_int_equal(debugdata_of("head -c 200M /dev/zero | xz -1", &size), -EFBIG);
	/* Its decoder wants 1 GiB. */
	assert_int_equal(debugdata_of("xz --lzma2=dict=1GiB --memlimit=0 < m2", &size), -EFBIG);
#ifndef __SANITIZE_ADDRESS__ /* which keeps what is freed */
	assert_true(peak_kib() - before < (64 + 80 + 64) << 10);
#endif
}

static const void *section(struct elf_file *f, const char *name, size_t *size)
{
	const Elf64_Shdr *sh = elf_section_named(f, name);

	*size = 0;
	return sh ? elf_section_bytes(f, sh, size) : NULL;
}

static void compressed_as(const char *how)
{
	static const char *const names[] = { ".debug_info", ".debug_line", ".debug_str" };
	struct elf_file *plain, *packed;
	const void *a, *b;
	char text[128];
	size_t n, m, i;
	int fd[2];

	snprintf(text, sizeof(text), "objcopy --compress-debug-sections=%s prog packed", how);
	if (!tools_run(text)) {
		print_message("no %s here\n", how);
		skip();
	}
	fd[0] = tools_open("prog");
	fd[1] = tools_open("packed");
	plain = elf_open(fd[0]);
	packed = elf_open(fd[1]);
	assert_true(plain && packed);
	for (i = 0; i < 3; i++) {
		a = section(plain, names[i], &n);
		b = section(packed, names[i], &m);
		assert_true(a && b && n == m);
		assert_memory_equal(a, b, n);
	}
	elf_close(plain);
	elf_close(packed);
	close(fd[0]);
	close(fd[1]);
}

/* More than is read at once. */
static void large(const char *how)
{
	struct elf_file *f;
	const void *bytes;
	size_t size, want;
	unsigned char *data;
	char text[160];
	int fd;

	snprintf(text, sizeof(text),
	         "objcopy --add-section .debug_large=large prog wide && "
	         "objcopy --compress-debug-sections=%s wide packed && "
	         "readelf -SW packed | grep '.debug_large.* C '",
	         how);
	assert_true(tools_run("seq 300000 > large"));
	if (!tools_run(text)) {
		print_message("no %s here\n", how);
		skip();
	}
	data = tools_load("large", &want);
	fd = tools_open("packed");
	f = elf_open(fd);
	assert_non_null(f);
	bytes = section(f, ".debug_large", &size);
	assert_true(bytes && size == want);
	assert_memory_equal(bytes, data, size);
	elf_close(f);
	close(fd);
	free(data);
}

static void large_by_zlib(void **state)
{
	large("zlib");
}

static void large_by_zstd(void **state)
{
	large("zstd");
}

static void compressed_by_zlib(void **state)
{
	compressed_as("zlib");
}

static void compressed_by_zstd(void **state)
{
	compressed_as("zstd");
}

static void compressed_of_old(void **state)
{
	compressed_as("zlib-gnu");
}

/* Every byte of the compressed section's head, and its claims: an error or the same size. */
static void hostile_sections(const char *how)
{
	unsigned char *data, *at;
	const Elf64_Shdr *sh;
	struct elf_file *f;
	size_t size, n, i;
	char text[128];
	Elf64_Chdr ch;

	snprintf(text, sizeof(text), "objcopy --compress-debug-sections=%s prog packed", how);
	if (!tools_run(text))
		skip();
	data = tools_load("packed", &size);
	f = elf_open_memory(data, size);
	sh = elf_section_named(f, ".debug_info");
	assert_non_null(sh);
	at = data + sh->sh_offset;
	for (i = 0; i < 80; i++) {
		at[i] ^= 0x55;
		section(f, ".debug_info", &n);
		at[i] ^= 0x55;
	}
	memcpy(&ch, at, sizeof(ch));
	for (i = 0; sh->sh_flags & SHF_COMPRESSED && i < 64; i++) {
		uint64_t claims = ch.ch_size;

		ch.ch_size = i ? 1ull << i : ch.ch_size + 1;
		memcpy(at, &ch, sizeof(ch));
		assert_null(section(f, ".debug_info", &n));
		ch.ch_size = claims;
	}
	elf_close(f);
	free(data);
}

static void hostile_zlib(void **state)
{
	hostile_sections("zlib");
}

static void hostile_zstd(void **state)
{
	hostile_sections("zstd");
}

static void hostile_old(void **state)
{
	hostile_sections("zlib-gnu");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_symbols),
		cmocka_unit_test(broken_ones),
		cmocka_unit_test(bombs),
		cmocka_unit_test(compressed_by_zlib),
		cmocka_unit_test(compressed_by_zstd),
		cmocka_unit_test(compressed_of_old),
		cmocka_unit_test(large_by_zlib),
		cmocka_unit_test(large_by_zstd),
		cmocka_unit_test(hostile_zlib),
		cmocka_unit_test(hostile_zstd),
		cmocka_unit_test(hostile_old),
	};

	return cmocka_run_group_tests(tests, begin, tools_end);
}
