// SPDX-License-Identifier: Apache-2.0
/*
 * The next functions: of each name the first one behind this library among the loaded files, in the order in
 * which the loader has them, which is that of its searches at a program's start. The symbol tables are read here,
 * since dlsym() is in a library of its own before glibc 2.34, allocates in some, and may not be there at all.
 */
#include <elf.h>
#include <link.h>

#include "sampler.h"

struct next next;

extern int dl_iterate_phdr(int (*each)(struct dl_phdr_info *info, size_t size, void *arg),
                           void *arg) __attribute__((weak));

#define NEXT_ROW(type, name, args) { #name, offsetof(struct next, name) },
static const struct row {
	const char *name;
	size_t offset;
} rows[NEXT_CNT] = { NEXTS(NEXT_ROW) };

/* What a loaded file says of its symbols. */
struct symbols {
	uintptr_t base;
	const ElfW(Sym) * table;
	const char *names;
	const uint32_t *gnu_hash, *hash;
	const uint16_t *versions;
};

/* glibc has added the file's base to these addresses, musl has not. */
static uintptr_t address_of(uintptr_t base, uintptr_t value)
{
	return value < base ? base + value : value;
}

static const ElfW(Dyn) * dynamic_of(const struct dl_phdr_info *info)
{
	int i;

	for (i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_DYNAMIC)
			return (const void *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
	return NULL;
}

/* False: the file has none. */
static bool symbols_of(const struct dl_phdr_info *info, struct symbols *s)
{
	const ElfW(Dyn) *d = dynamic_of(info);
	uintptr_t at;

	*s = (struct symbols){ .base = info->dlpi_addr };
	for (; d && d->d_tag != DT_NULL; d++) {
		at = address_of(s->base, d->d_un.d_ptr);
		if (d->d_tag == DT_SYMTAB)
			s->table = (const void *)at;
		else if (d->d_tag == DT_STRTAB)
			s->names = (const void *)at;
		else if (d->d_tag == DT_GNU_HASH)
			s->gnu_hash = (const void *)at;
		else if (d->d_tag == DT_HASH)
			s->hash = (const void *)at;
		else if (d->d_tag == DT_VERSYM)
			s->versions = (const void *)at;
	}
	return s->table && s->names && (s->gnu_hash || s->hash);
}

static bool is_same(const char *a, const char *b)
{
	for (; *a && *a == *b; a++)
		b++;
	return *a == *b;
}

/* Is it a function of that name, which the file defines, and not an old version of it? */
static bool is_wanted(const struct symbols *s, uint32_t at, const char *name)
{
	const ElfW(Sym) *sym = &s->table[at];

	return sym->st_shndx != SHN_UNDEF && sym->st_value &&
	       (ELF64_ST_TYPE(sym->st_info) == STT_FUNC ||
	        ELF64_ST_TYPE(sym->st_info) == STT_NOTYPE) &&
	       ELF64_ST_BIND(sym->st_info) != STB_LOCAL &&
	       !(s->versions && s->versions[at] & 0x8000) && /* VERSYM_HIDDEN of gABI's extension */
	       is_same(s->names + sym->st_name, name);
}

/* DT_GNU_HASH: buckets, first symbol, words of the filter and its shift; filter; buckets; chains. */
static const ElfW(Sym) * find_by_gnu_hash(const struct symbols *s, const char *name)
{
	const uint32_t *head = s->gnu_hash, cnt = head[0], first = head[1], words = head[2];
	const ElfW(Addr) *filter = (const void *)(head + 4);
	const uint32_t *buckets = (const void *)(filter + words), *chains = buckets + cnt;
	uint32_t hash = 5381, at, bits = 8 * sizeof(*filter);
	const char *c;

	for (c = name; *c; c++)
		hash = hash * 33 + (unsigned char)*c;
	if (!cnt || !(filter[hash / bits % words] >> hash % bits & 1))
		return NULL;
	for (at = buckets[hash % cnt]; at >= first; at++) {
		if ((chains[at - first] | 1) == (hash | 1) && is_wanted(s, at, name))
			return &s->table[at];
		if (chains[at - first] & 1)
			break;
	}
	return NULL;
}

/* DT_HASH: buckets, symbols; buckets; chains. Small files only: each symbol is looked at. */
static const ElfW(Sym) * find_by_hash(const struct symbols *s, const char *name)
{
	uint32_t at;

	for (at = 1; at < s->hash[1]; at++)
		if (is_wanted(s, at, name))
			return &s->table[at];
	return NULL;
}

struct search {
	struct next found;
	bool behind; /* this library has been met */
};

static bool holds(const struct dl_phdr_info *info, uintptr_t address)
{
	const ElfW(Phdr) *p = info->dlpi_phdr;
	int i;

	for (i = 0; i < info->dlpi_phnum; i++, p++)
		if (p->p_type == PT_LOAD && address - info->dlpi_addr - p->p_vaddr < p->p_memsz)
			return true;
	return false;
}

static void **field(struct next *n, const struct row *row)
{
	return (void **)((char *)n + row->offset);
}

static int search_file(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct search *search = arg;
	const ElfW(Sym) * sym;
	struct symbols s;
	uint64_t own = 0;
	int i;

	if (!search->behind) {
		search->behind = holds(info, (uintptr_t)search_file);
		return 0;
	}
	if (!symbols_of(info, &s))
		return 0;
	for (i = 0; i < NEXT_CNT; i++) {
		if (*field(&search->found, &rows[i]))
			continue;
		sym = s.gnu_hash ? find_by_gnu_hash(&s, rows[i].name)
		                 : find_by_hash(&s, rows[i].name);
		if (!sym)
			continue;
		*field(&search->found, &rows[i]) = (void *)(s.base + sym->st_value);
		own |= 1ull << i;
	}
	if (own & 1ull << NEXT_malloc)
		search->found.own = own;
	return 0;
}

void next_resolve(void)
{
	struct search search = { .behind = false };
	int i;

	if (!dl_iterate_phdr)
		__builtin_trap(); /* glibc, musl and uClibc have it */
	dl_iterate_phdr(search_file, &search);
	next.own = search.found.own;
	/* malloc() comes last: who sees it sees all. */
	for (i = NEXT_CNT; i--;)
		__atomic_store_n(field(&next, &rows[i]), *field(&search.found, &rows[i]),
		                 __ATOMIC_RELEASE);
}
