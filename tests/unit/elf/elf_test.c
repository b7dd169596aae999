// SPDX-License-Identifier: Apache-2.0
/* What is read of an ELF file is what binutils read of it. */
#include "elf/tools.h"

#include <elf.h>
#include <errno.h>

#include "elf/arch.h"
#include "elf/elf.h"
#include "elf/file.h"

static const char *const programs[] = { "pie",  "nopie",  "stripped", "lazy",   "ibt",
	                                "hash", "lib.so", "static",   "prog32", LIBC };
#define PROGRAMS (sizeof(programs) / sizeof(programs[0]))

static struct elf_file *open_file(const char *name, int *fd)
{
	struct elf_file *f;

	*fd = tools_open(name);
	f = elf_open(*fd);
	if (!f)
		fail_msg("cannot open %s", name);
	return f;
}

static void build_id_is_that_of_readelf(void **state)
{
	char command[256], want[128], have[128];
	struct elf_file *f;
	FILE *lines;
	size_t i;
	int fd;

	for (i = 0; i < PROGRAMS; i++) {
		snprintf(command, sizeof(command), "readelf -n %s | sed -n 's/.*Build ID: //p'",
		         programs[i]);
		lines = tools_lines(command);
		assert_int_equal(fscanf(lines, "%127s", want), 1);
		fclose(lines);
		f = open_file(programs[i], &fd);
		assert_int_equal(elf_build_id(f, have, sizeof(have)), 0);
		assert_string_equal(have, want);
		assert_int_equal(elf_build_id(f, have, strlen(want)), -ENOSPC);
		elf_close(f);
		close(fd);
	}
}

static void addresses_are_those_of_readelf(void **state)
{
	unsigned long off, vaddr, filesz;
	char command[256], line[512];
	struct elf_file *f;
	uint64_t have;
	FILE *lines;
	size_t i, n;
	int fd;

	for (i = 0; i < PROGRAMS; i++) {
		snprintf(command, sizeof(command), "readelf -lW %s | grep LOAD", programs[i]);
		lines = tools_lines(command);
		f = open_file(programs[i], &fd);
		for (n = 0; fgets(line, sizeof(line), lines); n++) {
			assert_int_equal(
				sscanf(line, " LOAD %lx %lx %*x %lx", &off, &vaddr, &filesz), 3);
			assert_int_equal(elf_vaddr(f, off, &have), 0);
			assert_int_equal(have, vaddr);
			assert_int_equal(elf_vaddr(f, off + filesz - 1, &have), 0);
			assert_int_equal(have, vaddr + filesz - 1);
			assert_true(elf_vaddr(f, off + filesz, &have) || have != vaddr + filesz);
		}
		assert_in_range(n, 1, 8);
		assert_int_equal(elf_vaddr(f, 1ull << 40, &have), -ENOENT);
		fclose(lines);
		elf_close(f);
		close(fd);
	}
}

/* What elf_symbols() is to deliver; those it did are marked. */
struct wanted {
	struct {
		uint64_t address, size;
		char name[120];
		bool seen;
	} items[8192];
	size_t cnt;
	bool plt;
	size_t others;
};

static int mark(void *arg, const struct elf_symbol *sym)
{
	struct wanted *w = arg;
	bool any = false;
	size_t i;

	if (sym->plt != w->plt)
		return 0;
	for (i = 0; i < w->cnt; i++) {
		if (w->items[i].address != sym->address || strcmp(w->items[i].name, sym->name))
			continue;
		if (!w->plt && (w->items[i].size ? sym->size : 0) != w->items[i].size)
			continue;
		w->items[i].seen = any = true;
	}
	w->others += !any;
	return 0;
}

static void check_wanted(const char *program, struct wanted *w, size_t others_max)
{
	struct elf_file *f;
	size_t i;
	int fd;

	f = open_file(program, &fd);
	assert_int_equal(elf_symbols(f, mark, w), 0);
	for (i = 0; i < w->cnt; i++)
		if (!w->items[i].seen)
			fail_msg("%s: %s at %lx is missing", program, w->items[i].name,
			         (unsigned long)w->items[i].address);
	if (w->others > others_max)
		fail_msg("%s: %zu others", program, w->others);
	elf_close(f);
	close(fd);
}

static void add(struct wanted *w, uint64_t address, uint64_t size, const char *name)
{
	assert_true(w->cnt < sizeof(w->items) / sizeof(w->items[0]));
	w->items[w->cnt].address = address;
	w->items[w->cnt].size = size;
	snprintf(w->items[w->cnt++].name, sizeof(w->items[0].name), "%.100s", name);
}

static void functions_are_those_of_readelf(void **state)
{
	struct wanted *w = malloc(sizeof(*w));
	char command[256], line[1024], name[512], size[32], *version;
	unsigned long address;
	FILE *lines;
	size_t i;

	assert_non_null(w);
	for (i = 0; i < PROGRAMS; i++) {
		memset(w, 0, sizeof(*w));
		snprintf(command, sizeof(command),
		         "readelf -sW %s | grep -E ' (FUNC|IFUNC) ' | grep -v ' UND '",
		         programs[i]);
		lines = tools_lines(command);
		while (fgets(line, sizeof(line), lines)) {
			assert_int_equal(sscanf(line, " %*s %lx %31s %*s %*s %*s %*s %511s",
			                        &address, size, name),
			                 3);
			/* readelf puts the versions behind the names of .dynsym itself. */
			version = programs[i][0] == '/' ? strchr(name, '@') : NULL;
			if (version)
				*version = 0;
			add(w, address, strtoul(size, NULL, 0), name);
		}
		fclose(lines);
		assert_in_range(w->cnt, 3, 8192);
		check_wanted(programs[i], w, 8); /* functions without a type */
	}
	free(w);
}

static void stubs_are_those_of_objdump(void **state)
{
	static const char *const with_plt[] = { "pie", "nopie", "stripped", "lazy",
		                                "ibt", "hash",  "lib.so",   LIBC };
	struct wanted *w = malloc(sizeof(*w));
	char command[256], name[512];
	unsigned long address;
	FILE *lines;
	size_t i;

	assert_non_null(w);
	for (i = 0; i < sizeof(with_plt) / sizeof(with_plt[0]); i++) {
		memset(w, 0, sizeof(*w));
		w->plt = true;
		snprintf(command, sizeof(command),
		         "objdump -d -j .plt -j .plt.sec -j .plt.got %s | sed -n 's/@plt>:$//p'",
		         with_plt[i]);
		lines = tools_lines(command);
		while (fscanf(lines, "%lx <%511s", &address, name) == 2)
			if (name[0] != '*') /* IRELATIVE has no symbol */
				add(w, address, 0, name);
		fclose(lines);
		assert_true(w->cnt >= 2);
		check_wanted(with_plt[i], w, 0);
	}
	free(w);
}

static struct elf_file *open_without_sections(const char *name, unsigned char **data)
{
	struct elf_file *f;
	Elf64_Ehdr e;
	size_t size;

	*data = tools_load(name, &size);
	memcpy(&e, *data, sizeof(e));
	e.e_shoff = 0;
	e.e_shnum = e.e_shstrndx = 0;
	memcpy(*data, &e, sizeof(e));
	f = elf_open_memory(*data, size);
	assert_non_null(f);
	return f;
}

static int count(void *arg, const struct elf_symbol *sym)
{
	++*(size_t *)arg;
	return 0;
}

struct named {
	const char *name;
	uint64_t address;
};

static int find_named(void *arg, const struct elf_symbol *sym)
{
	struct named *n = arg;

	if (!strcmp(sym->name, n->name) && !sym->plt)
		n->address = sym->address;
	return 0;
}

static void sections_are_not_needed(void **state)
{
	static const char *const with_dynsym[] = { "stripped", "hash", LIBC };
	struct named want = { .name = "outer" }, have;
	struct elf_file *with, *without;
	size_t i, n[2], others;
	unsigned char *data;
	char id[2][128];
	int fd;

	for (i = 0; i < 3; i++) {
		with = open_file(with_dynsym[i], &fd);
		without = open_without_sections(with_dynsym[i], &data);
		if (i == 2)
			want.name = "malloc";
		have = want;
		n[0] = n[1] = others = 0;
		elf_symbols(with, count, &n[0]);
		elf_symbols(without, count, &n[1]);
		elf_symbols(with, find_named, &want);
		elf_symbols(without, find_named, &have);
		assert_true(want.address && want.address == have.address);
		/* The stubs are not found. */
		assert_in_range(n[1], n[0] - (i == 2 ? 64 : 12), n[0]);
		assert_int_equal(elf_build_id(with, id[0], sizeof(id[0])), 0);
		assert_int_equal(elf_build_id(without, id[1], sizeof(id[1])), 0);
		assert_string_equal(id[0], id[1]);
		elf_close(with);
		elf_close(without);
		close(fd);
		free(data);
	}
}

/* As they are in memory, where ld.so has added its base to the addresses of PT_DYNAMIC. */
static void relocated_addresses_are_undone(void **state)
{
	static const int64_t addresses[] = { DT_SYMTAB, DT_STRTAB, DT_GNU_HASH, DT_HASH };
	struct named have = { .name = "outer" }, want = have;
	struct elf_file *f;
	unsigned char *data;
	Elf64_Dyn dyn;
	size_t i, k;

	f = open_without_sections("stripped", &data);
	elf_symbols(f, find_named, &want);
	for (i = 0; f->phdrs[i].p_type != PT_DYNAMIC; i++)
		;
	for (k = 0; k < f->phdrs[i].p_filesz; k += sizeof(dyn)) {
		memcpy(&dyn, data + f->phdrs[i].p_offset + k, sizeof(dyn));
		if (dyn.d_tag == addresses[0] || dyn.d_tag == addresses[1] ||
		    dyn.d_tag == addresses[2] || dyn.d_tag == addresses[3])
			dyn.d_un.d_ptr += 0x7f1234561000;
		memcpy(data + f->phdrs[i].p_offset + k, &dyn, sizeof(dyn));
	}
	assert_int_equal(elf_symbols(f, find_named, &have), 0);
	assert_true(want.address && have.address == want.address);
	elf_close(f);
	free(data);
}

static void arm64_stubs(void **state)
{
	/* adrp x16, 0x1f pages on; ldr x17, [x16, #0xf98]; add; br x17 */
	static const uint32_t plain[] = { 0xf00000f0, 0xf947ce11, 0x913e6210, 0xd61f0220 };
	static const uint32_t bti[] = { 0xd503245f, 0xf0fffff0, 0xf9400211, 0xd61f0220 };
	struct arch_stub s = { (const unsigned char *)plain, 16, 0x10640, 0 };
	uint64_t slot = 0;

	assert_true(arch_arm64_stub(&s, &slot));
	assert_int_equal(slot, 0x10000 + 0x1f000 + 0xf98);
	s.size = 7;
	assert_false(arch_arm64_stub(&s, &slot));
	s = (struct arch_stub){ (const unsigned char *)bti, 16, 0x10640, 0 };
	assert_true(arch_arm64_stub(&s, &slot));
	assert_int_equal(slot, 0xf000);
}

static void i386_stubs(void **state)
{
	static const unsigned char absolute[] = { 0xff, 0x25, 0x0c, 0xc0, 0x04, 0x08, 0x68, 0 };
	static const unsigned char pic[] = { 0xff, 0xa3, 0x0c, 0, 0, 0, 0x68, 0 };
	struct arch_stub s = { absolute, 8, 0x8049030, 0x804c000 };
	uint64_t slot = 0;

	assert_true(arch_i386_stub(&s, &slot));
	assert_int_equal(slot, 0x804c00c);
	s.code = pic;
	assert_true(arch_i386_stub(&s, &slot));
	assert_int_equal(slot, 0x804c00c);
	s.size = 5;
	assert_false(arch_i386_stub(&s, &slot));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(build_id_is_that_of_readelf),
		cmocka_unit_test(addresses_are_those_of_readelf),
		cmocka_unit_test(functions_are_those_of_readelf),
		cmocka_unit_test(stubs_are_those_of_objdump),
		cmocka_unit_test(sections_are_not_needed),
		cmocka_unit_test(relocated_addresses_are_undone),
		cmocka_unit_test(arm64_stubs),
		cmocka_unit_test(i386_stubs),
	};

	return cmocka_run_group_tests(tests, tools_begin, tools_end);
}
