// SPDX-License-Identifier: Apache-2.0
/*
 * lookup FILE SEED ADDRESSES: names so many distinct addresses of a file by its symbol tables, three times
 * in the same order, which is none: by the loop of a textbook, which looks for the last symbol at or below
 * each address by binary search; by symbols_find(); and by symbolize_profile(), from the locations of a
 * profile to their functions, which are demangled. Prints one line of JSON, CPU time of all processes.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/array.h"
#include "common/draw.h"
#include "elf/elf.h"
#include "elf/file.h"
#include "process/file.h"
#include "profile/profile.h"
#include "symbolize/symbolize.h"
#include "symbolize/symbols.h"

#define START 0x7f0000000000ull

struct symbol {
	uint64_t address, size;
	const char *name;
};

struct lookup {
	struct elf_file *elf;
	struct symbol *symbols;
	size_t cnt, cap;
	uint64_t *addresses; /* virtual ones, as linked */
	uint64_t *offsets;   /* of the file */
	size_t address_cnt;
	uint64_t random;
};

static void fail(const char *what)
{
	fprintf(stderr, "lookup: %s\n", what);
	exit(1);
}

static double cpu_of(int who)
{
	struct rusage u;

	getrusage(who, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static double cpu_s(void)
{
	return cpu_of(RUSAGE_SELF) + cpu_of(RUSAGE_CHILDREN);
}

static int add_symbol(void *arg, const struct elf_symbol *sym)
{
	struct lookup *l = arg;
	uint64_t offset, left;

	if (!sym->sized || elf_offset(l->elf, sym->address, &offset, &left) || left < sym->size)
		return 0;
	l->symbols = array_reserve(l->symbols, &l->cap, l->cnt + 1, sizeof(*l->symbols));
	if (!l->symbols)
		fail("out of memory");
	l->symbols[l->cnt++] = (struct symbol){ sym->address, sym->size, sym->name };
	return 0;
}

static int by_address(const void *pa, const void *pb)
{
	const struct symbol *a = pa, *b = pb;

	return a->address < b->address ? -1 : a->address > b->address;
}

static int by_number(const void *pa, const void *pb)
{
	const uint64_t *a = pa, *b = pb;

	return *a < *b ? -1 : *a > *b;
}

/* Every second byte of all symbols is too many: so many as are wanted, each once, shuffled. */
static void draw_addresses(struct lookup *l, size_t cnt)
{
	size_t have = 0, want = 2 * cnt, i, n;
	const struct symbol *s;
	uint64_t *all = malloc(want * sizeof(*all)), swap;

	for (i = 0; all && i < want; i++) {
		s = &l->symbols[draw(&l->random, l->cnt)];
		all[i] = s->address + draw(&l->random, s->size);
	}
	if (!all)
		fail("out of memory");
	qsort(all, want, sizeof(*all), by_number);
	for (i = 0; i < want; i++)
		if (!have || all[have - 1] != all[i])
			all[have++] = all[i];
	if (have < cnt)
		fail("too few addresses");
	for (i = 0; i < cnt; i++) {
		n = i + draw(&l->random, have - i);
		swap = all[i];
		all[i] = all[n];
		all[n] = swap;
	}
	l->addresses = all;
	l->address_cnt = cnt;
}

static void find_offsets(struct lookup *l)
{
	uint64_t left;
	size_t i;

	l->offsets = malloc(l->address_cnt * sizeof(*l->offsets));
	for (i = 0; l->offsets && i < l->address_cnt; i++)
		if (elf_offset(l->elf, l->addresses[i], &l->offsets[i], &left))
			fail("an address without an offset");
	if (!l->offsets)
		fail("out of memory");
}

/* Seconds; '*found' keeps the loop from being left out. */
static double by_loop(const struct lookup *l, size_t *found)
{
	double begin = cpu_s();
	size_t i, lo, hi, mid;

	for (*found = 0, i = 0; i < l->address_cnt; i++) {
		const uint64_t address = l->addresses[i];

		for (lo = 0, hi = l->cnt; lo < hi;) {
			mid = lo + (hi - lo) / 2;
			if (l->symbols[mid].address <= address)
				lo = mid + 1;
			else
				hi = mid;
		}
		*found += lo && address - l->symbols[lo - 1].address < l->symbols[lo - 1].size &&
		          l->symbols[lo - 1].name;
	}
	return cpu_s() - begin;
}

static double by_find(const struct lookup *l, size_t *found)
{
	struct symbols *s = symbols_load((struct elf_file *[]){ l->elf }, 1);
	double begin = cpu_s();
	uint64_t start;
	size_t i;

	if (!s)
		fail("out of memory");
	for (*found = 0, i = 0; i < l->address_cnt; i++)
		*found += symbols_find(s, l->addresses[i], &start) != NULL;
	begin = cpu_s() - begin;
	symbols_free(s);
	return begin;
}

static double by_profile(const struct lookup *l, const char *path, int fd, size_t *found)
{
	const struct symbolize_options o = { .demangle = DEMANGLE_SHORT };
	struct symbolize_counters c = { 0 };
	struct file file = { .path = (char *)path, .fd = fd };
	struct symbolize_source source = { .what = SOURCE_FILE, .file = &file };
	struct profile_mapping m = { .start = START, .limit = START + (1ull << 32) };
	struct profile *p = profile_new();
	double begin;
	size_t i;

	if (!p)
		fail("out of memory");
	m.file = profile_string(p, path);
	profile_add_mapping(p, &m);
	for (i = 0; i < l->address_cnt; i++)
		profile_add_location(p, 1, START + l->offsets[i]);
	begin = cpu_s();
	if (symbolize_profile(p, &source, 1, NULL, &o, &c) || c.failed_workers)
		fail("cannot be named");
	begin = cpu_s() - begin;
	*found = c.named;
	profile_free(p);
	return begin;
}

int main(int argc, char **argv)
{
	struct lookup l = { 0 };
	double loop, find, profile;
	size_t found[3];
	int fd;

	if (argc != 4)
		fail("usage: lookup FILE SEED ADDRESSES");
	fd = open(argv[1], O_RDONLY | O_CLOEXEC);
	l.elf = fd < 0 ? NULL : elf_open(fd);
	if (!l.elf || elf_symbols(l.elf, add_symbol, &l) || !l.cnt)
		fail("the file has no symbols");
	qsort(l.symbols, l.cnt, sizeof(*l.symbols), by_address);
	l.random = strtoul(argv[2], NULL, 10) | 1;
	draw_addresses(&l, strtoul(argv[3], NULL, 10));
	find_offsets(&l);
	loop = by_loop(&l, &found[0]);
	find = by_find(&l, &found[1]);
	profile = by_profile(&l, argv[1], fd, &found[2]);
	printf("{\"symbols\":%zu,\"loop_s\":%.6f,\"find_s\":%.6f,\"profile_s\":%.6f,"
	       "\"loop_found\":%zu,\"find_found\":%zu,\"profile_found\":%zu}\n",
	       l.cnt, loop, find, profile, found[0], found[1], found[2]);
	return 0;
}
