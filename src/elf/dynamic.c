// SPDX-License-Identifier: Apache-2.0
/*
 * The dynamic symbols of a file without section headers: PT_DYNAMIC says where they are, their number
 * is only in the hash tables.
 */
#include <string.h>

#include "elf/table.h"

#define DYNAMIC_MAX 4096  /* entries */
#define WORDS       1024  /* that are read at once */
#define CHAIN_MAX   65536 /* symbols of one bucket; linkers aim at fewer than ten */

enum { SYMTAB, STRTAB, HASH, GNU_HASH, STRSZ, ENTRY_CNT, ADDRESS_CNT = STRSZ };

struct dynamic {
	uint64_t v[ENTRY_CNT]; /* the first ADDRESS_CNT are virtual addresses */
};

static int entry_of(int64_t tag)
{
	switch (tag) {
	case DT_SYMTAB:
		return SYMTAB;
	case DT_STRTAB:
		return STRTAB;
	case DT_HASH:
		return HASH;
	case DT_GNU_HASH:
		return GNU_HASH;
	case DT_STRSZ:
		return STRSZ;
	default:
		return -1;
	}
}

static void read_segment(const struct elf_file *f, const Elf64_Phdr *ph, struct dynamic *d)
{
	size_t size = f->is64 ? sizeof(Elf64_Dyn) : sizeof(Elf32_Dyn), i;
	int entry;

	for (i = 0; i < DYNAMIC_MAX && (i + 1) * size <= ph->p_filesz; i++) {
		Elf64_Dyn dyn;
		Elf32_Dyn dyn32;

		if (!elf_read(f, ph->p_offset + i * size, f->is64 ? (void *)&dyn : &dyn32, size))
			return;
		if (!f->is64) {
			dyn.d_tag = dyn32.d_tag;
			dyn.d_un.d_val = dyn32.d_un.d_val;
		}
		if (dyn.d_tag == DT_NULL)
			return;
		entry = entry_of(dyn.d_tag);
		if (entry >= 0)
			d->v[entry] = dyn.d_un.d_val;
	}
}

/*
 * In a copy of a process's memory the addresses are where they were loaded: ld.so has added its base
 * (glibc elf/get-dynamic-info.h). The lowest of them lies in the first page, behind the headers.
 */
static void unrelocate(const struct elf_file *f, struct dynamic *d)
{
	uint64_t low = UINT64_MAX, offset, left;
	int i;

	if (!elf_offset(f, d->v[SYMTAB], &offset, &left))
		return;
	for (i = 0; i < ADDRESS_CNT; i++)
		if (d->v[i] && d->v[i] < low)
			low = d->v[i];
	for (i = 0; i < ADDRESS_CNT; i++)
		if (d->v[i])
			d->v[i] -= low & ~0xfffull;
}

/* 'cnt' words at a virtual address; false when the file does not have them. */
static bool words_at(const struct elf_file *f, uint64_t vaddr, uint32_t *words, size_t cnt)
{
	uint64_t offset, left;

	return !elf_offset(f, vaddr, &offset, &left) && left / 4 >= cnt &&
	       elf_read(f, offset, words, cnt * 4);
}

static bool max_bucket(const struct elf_file *f, uint64_t at, uint32_t cnt, uint32_t *max)
{
	uint32_t words[WORDS];
	size_t n, i;

	for (*max = 0; cnt; cnt -= (uint32_t)n, at += n * 4) {
		n = cnt < WORDS ? cnt : WORDS;
		if (!words_at(f, at, words, n))
			return false;
		for (i = 0; i < n; i++)
			if (words[i] > *max)
				*max = words[i];
	}
	return true;
}

/* The highest symbol of DT_GNU_HASH, plus one: the end of the last bucket's chain. 0 = no sense. */
static uint64_t gnu_hash_count(const struct elf_file *f, uint64_t at)
{
	uint32_t head[4] /* buckets, first symbol, words of the filter, shift */, last, word;
	uint64_t buckets_at, chains_at;
	size_t i;

	if (!words_at(f, at, head, 4) || head[0] > ELF_SYMBOLS_MAX)
		return 0;
	buckets_at = at + sizeof(head) + (uint64_t)head[2] * (f->is64 ? 8 : 4);
	chains_at = buckets_at + (uint64_t)head[0] * 4;
	if (!max_bucket(f, buckets_at, head[0], &last) || last < head[1])
		return 0;
	chains_at += (last - head[1]) * 4ull;
	for (i = 0; i < CHAIN_MAX && words_at(f, chains_at + 4 * i, &word, 1); i++)
		if (word & 1)
			break;
	return (uint64_t)last + i + 1;
}

bool elf_table_of_dynamic(struct elf_file *f, struct elf_table *t)
{
	struct dynamic d = { 0 };
	uint64_t cnt = 0, left, offset;
	uint32_t words[2];
	size_t i;

	for (i = 0; i < f->phdr_cnt; i++)
		if (f->phdrs[i].p_type == PT_DYNAMIC) {
			read_segment(f, &f->phdrs[i], &d);
			break;
		}
	unrelocate(f, &d);
	if (d.v[HASH] && words_at(f, d.v[HASH], words, 2))
		cnt = words[1];
	else if (d.v[GNU_HASH])
		cnt = gnu_hash_count(f, d.v[GNU_HASH]);
	if (elf_offset(f, d.v[SYMTAB], &t->offset, &left))
		return false;
	left /= elf_symbol_size(f);
	t->cnt = cnt < left ? cnt : left;
	if (t->cnt > ELF_SYMBOLS_MAX)
		t->cnt = ELF_SYMBOLS_MAX;
	if (elf_offset(f, d.v[STRTAB], &offset, &left))
		return false;
	return t->cnt &&
	       elf_strings_read(f, offset, d.v[STRSZ] < left ? d.v[STRSZ] : left, &t->strings);
}
