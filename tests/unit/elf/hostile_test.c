// SPDX-License-Identifier: Apache-2.0
/* Files that are cut, flipped, change while they are read, or claim what they do not have. */
#include "elf/tools.h"

#include <elf.h>
#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

#include "elf/elf.h"
#include "elf/file.h"

static int use(void *arg, const struct elf_symbol *sym)
{
	*(size_t *)arg += strlen(sym->name) + 1;
	return 0;
}

/* All that the room can be asked, of a file that may be none. */
static size_t ask(struct elf_file *f)
{
	uint64_t vaddr;
	size_t n = 0;
	char id[64];

	if (!f)
		return 0;
	elf_build_id(f, id, sizeof(id));
	elf_vaddr(f, 0x1000, &vaddr);
	elf_symbols(f, use, &n);
	elf_close(f);
	return n;
}

static size_t ask_memory(const void *data, size_t size)
{
	/* Memory of exactly that size, so that a sanitizer sees what is read behind it. */
	unsigned char *copy = malloc(size + !size);
	size_t n;

	assert_non_null(copy);
	memcpy(copy, data, size);
	n = ask(elf_open_memory(copy, size));
	free(copy);
	return n;
}

static int new_file(const void *data, size_t size, uint64_t claimed)
{
	int fd = memfd_create("elf", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, size), size);
	assert_int_equal(ftruncate(fd, (off_t)claimed), 0);
	return fd;
}

static void cut_at_any_length(void **state)
{
	static const char *const names[] = { "stripped", "prog32" };
	unsigned char *data;
	size_t size, at, i;

	for (i = 0; i < 2; i++) {
		data = tools_load(names[i], &size);
		assert_true(ask_memory(data, size) > 0);
		for (at = 0; at < size; at += at < 1100 ? 1 : 97)
			ask_memory(data, at);
		free(data);
	}
}

static void flipped_bytes(void **state)
{
	static const char *const names[] = { "stripped", "pie", "hash", "prog32" };
	unsigned char *data, *bad;
	size_t size, head, i, k, n;

	srand(5);
	for (i = 0; i < 4; i++) {
		data = tools_load(names[i], &size);
		bad = malloc(size);
		assert_non_null(bad);
		for (n = 0; n < 1500; n++) {
			memcpy(bad, data, size);
			head = rand() % 3 ? 1024 : size; /* headers, or anything */
			if (head > size)
				head = size;
			for (k = 0; k < 1 + n % 8; k++)
				bad[(size_t)rand() % head] ^= (unsigned char)(1 << rand() % 8);
			/* and the section headers */
			if (n % 2)
				bad[size - 1 - (size_t)rand() % 1800] = (unsigned char)rand();
			ask_memory(bad, size);
		}
		free(bad);
		free(data);
	}
}

static void what_is_no_elf(void **state)
{
	unsigned char *data;
	char text[64] = "#!/bin/sh\n";
	int fds[2], fd;
	size_t size;

	assert_null(elf_open_memory(text, sizeof(text)));
	assert_null(elf_open_memory(text, 0));
	assert_null(elf_open(-1));
	assert_int_equal(pipe(fds), 0);
	assert_null(elf_open(fds[0]));
	close(fds[0]);
	close(fds[1]);
	fd = open("/", O_RDONLY);
	assert_null(elf_open(fd));
	close(fd);
	data = tools_load("pie", &size);
	assert_null(elf_open_memory(data, sizeof(Elf64_Ehdr) - 1));
	data[EI_DATA] = ELFDATA2MSB; /* the other byte order: to be refused, not misread */
	assert_null(elf_open_memory(data, size));
	data[EI_DATA] = ELFDATA2LSB;
	data[EI_CLASS] = 3;
	assert_null(elf_open_memory(data, size));
	free(data);
}

static void other_machines_have_names(void **state)
{
	unsigned char *data;
	size_t size, ours;
	Elf64_Ehdr e;

	data = tools_load("pie", &size);
	ours = ask_memory(data, size);
	memcpy(&e, data, sizeof(e));
	e.e_machine = EM_RISCV;
	memcpy(data, &e, sizeof(e));
	/* But its stubs are another machine's code. */
	assert_in_range(ask_memory(data, size), ours / 2, ours - 1);
	free(data);
}

static void a_file_that_shrinks(void **state)
{
	struct elf_file *f;
	unsigned char *data;
	size_t size, n = 0;
	char id[64];
	int fd;

	data = tools_load("pie", &size);
	fd = new_file(data, size, size);
	f = elf_open(fd);
	assert_non_null(f);
	assert_int_equal(ftruncate(fd, 100), 0);
	elf_symbols(f, use, &n);
	assert_int_equal(n, 0);
	assert_int_equal(elf_build_id(f, id, sizeof(id)), -ENOENT);
	elf_close(f);
	close(fd);
	free(data);
}

struct tiny {
	Elf64_Ehdr e;
	Elf64_Phdr ph[2];
	Elf64_Shdr sh[5];
	char rest[256];
};

static struct tiny tiny_new(void)
{
	struct tiny t = { .rest = "\0.symtab\0f" };
	size_t rest = offsetof(struct tiny, rest);

	memcpy(t.e.e_ident, ELFMAG "\2\1\1", 7);
	t.e.e_machine = EM_X86_64;
	t.e.e_phoff = offsetof(struct tiny, ph);
	t.e.e_phentsize = sizeof(Elf64_Phdr);
	t.e.e_phnum = 2;
	t.e.e_shoff = offsetof(struct tiny, sh);
	t.e.e_shentsize = sizeof(Elf64_Shdr);
	t.e.e_shnum = 5;
	t.e.e_shstrndx = 2;
	t.ph[0] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_filesz = UINT64_MAX, .p_flags = PF_X };
	t.sh[1] = (Elf64_Shdr){ .sh_type = SHT_SYMTAB, .sh_link = 2, .sh_offset = rest };
	t.sh[2] = (Elf64_Shdr){ .sh_type = SHT_STRTAB, .sh_offset = rest, .sh_size = 20 };
	return t;
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

/* A small or sparse file: little time, and no more memory than is allowed for one file. */
static void check_cheap(const struct tiny *t, uint64_t size)
{
	int fd = new_file(t, sizeof(*t), size);
	double start = seconds();
	struct rusage ru;

	ask(elf_open(fd));
	close(fd);
	if (seconds() - start > 5)
		fail_msg("%.1f s", seconds() - start);
	getrusage(RUSAGE_SELF, &ru);
	if (ru.ru_maxrss > 1 << 20)
		fail_msg("%ld KiB", ru.ru_maxrss);
}

static void great_claims(void **state)
{
	const uint64_t sparse = 1ull << 40;
	struct tiny t = tiny_new();

	t.sh[1].sh_size = 24ull << 32; /* 2^32 symbols */
	check_cheap(&t, sizeof(t));
	check_cheap(&t, sparse);
	t.sh[2].sh_size = sparse / 2; /* their names */
	check_cheap(&t, sparse);
	t = tiny_new();
	t.e.e_shnum = 0; /* their number is in section 0 */
	t.sh[0].sh_size = 1u << 31;
	t.sh[0].sh_info = UINT32_MAX;
	t.e.e_phnum = PN_XNUM;
	check_cheap(&t, sizeof(t));
	check_cheap(&t, sparse);
	t = tiny_new();
	t.e.e_shnum = SHN_LORESERVE - 1;
	t.e.e_phnum = UINT16_MAX - 1;
	check_cheap(&t, sparse);
}

/* A hash table of any size, whose chains never end. */
static void great_hash_tables(void **state)
{
	const uint64_t sparse = 1ull << 40;
	struct tiny t = tiny_new();
	Elf64_Dyn dyn[] = {
		{ .d_tag = DT_SYMTAB, .d_un.d_val = sparse / 2 },
		{ .d_tag = DT_STRTAB, .d_un.d_val = offsetof(struct tiny, rest) },
		{ .d_tag = DT_STRSZ, .d_un.d_val = 20 },
		{ .d_tag = DT_GNU_HASH, .d_un.d_val = offsetof(struct tiny, rest) + 200 },
	};
	uint32_t hash[] = { 1u << 24, 0, 0, 0, 1u << 31 };

	t.e.e_shnum = 0;
	t.ph[1] = (Elf64_Phdr){ .p_type = PT_DYNAMIC, .p_filesz = sparse };
	t.ph[1].p_offset = offsetof(struct tiny, rest) + 32;
	t.ph[1].p_filesz = sparse - t.ph[1].p_offset;
	memcpy(t.rest + 32, dyn, sizeof(dyn));
	memcpy(t.rest + 200, hash, sizeof(hash));
	check_cheap(&t, sparse);
	hash[0] = UINT32_MAX;
	memcpy(t.rest + 200, hash, sizeof(hash));
	check_cheap(&t, sparse);
	dyn[3].d_tag = DT_HASH; /* 2^24 chains: as many symbols */
	memcpy(t.rest + 32, dyn, sizeof(dyn));
	check_cheap(&t, sparse);
}

static int count(void *arg, const struct elf_symbol *sym)
{
	++*(size_t *)arg;
	return 0;
}

/* Every section says it is the symbol table: only one is. */
static void many_tables(void **state)
{
	struct tiny t = tiny_new();
	Elf64_Sym sym = {
		.st_name = 1, .st_info = STT_FUNC, .st_shndx = 1, .st_value = 16, .st_size = 1
	};
	struct elf_file *f;
	size_t n = 0, i;

	t.sh[1].sh_offset = offsetof(struct tiny, rest) + 64;
	t.sh[1].sh_size = 4 * sizeof(sym);
	for (i = 0; i < 4; i++)
		memcpy(t.rest + 64 + i * sizeof(sym), &sym, sizeof(sym));
	t.sh[3] = t.sh[4] = t.sh[1];
	f = elf_open_memory(&t, sizeof(t));
	assert_non_null(f);
	elf_symbols(f, count, &n);
	assert_int_equal(n, 3); /* number 0 is none */
	elf_close(f);
}

static int stop(void *arg, const struct elf_symbol *sym)
{
	++*(size_t *)arg;
	return -ECANCELED;
}

static void the_caller_may_stop(void **state)
{
	int fd = tools_open(LIBC);
	struct elf_file *f = elf_open(fd);
	size_t n = 0;

	assert_non_null(f);
	assert_int_equal(elf_symbols(f, stop, &n), -ECANCELED);
	assert_int_equal(n, 1);
	elf_close(f);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cut_at_any_length),   cmocka_unit_test(flipped_bytes),
		cmocka_unit_test(what_is_no_elf),      cmocka_unit_test(other_machines_have_names),
		cmocka_unit_test(a_file_that_shrinks), cmocka_unit_test(great_claims),
		cmocka_unit_test(great_hash_tables),   cmocka_unit_test(many_tables),
		cmocka_unit_test(the_caller_may_stop),
	};

	return cmocka_run_group_tests(tests, tools_begin, tools_end);
}
