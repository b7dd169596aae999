// SPDX-License-Identifier: Apache-2.0
/* Function symbols: of the sections, of PT_DYNAMIC when there are none, and the PLT's stubs. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "elf/file.h"

#define SYMBOLS_MAX (64u << 20) /* entries of one table */
#define PLT_STUB    16          /* bytes of a stub on x86-64 and arm64 */
#define CHAIN_MAX   (1u << 24)  /* length of one chain of DT_GNU_HASH */

typedef int (*symbol_fn)(void *arg, const struct elf_symbol *sym);

/* One symbol table and its strings, wherever they were found. */
struct symbol_table {
	const unsigned char *entries;
	const char *strings;
	size_t cnt, strings_size;
	bool is64;
};

static bool is_64(struct elf_file *f)
{
	return gelf_getclass(f->elf) == ELFCLASS64;
}

static GElf_Sym symbol_at(const struct symbol_table *t, size_t i)
{
	GElf_Sym s = { 0 };
	Elf32_Sym s32;

	if (t->is64) {
		memcpy(&s, t->entries + i * sizeof(s), sizeof(s));
		return s;
	}
	memcpy(&s32, t->entries + i * sizeof(s32), sizeof(s32));
	s.st_name = s32.st_name;
	s.st_info = s32.st_info;
	s.st_shndx = s32.st_shndx;
	s.st_value = s32.st_value;
	s.st_size = s32.st_size;
	return s;
}

static size_t entry_size(bool is64)
{
	return is64 ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
}

/* Assembly has functions without a type (_start): taken where they lie in code. */
static bool in_code(struct elf_file *f, uint64_t index)
{
	Elf_Scn *scn = index < SHN_LORESERVE ? elf_getscn(f->elf, index) : NULL;
	GElf_Shdr sh;

	return scn && gelf_getshdr(scn, &sh) && sh.sh_flags & SHF_EXECINSTR;
}

static bool is_function(struct elf_file *f, const GElf_Sym *s, const char *name)
{
	unsigned int type = GELF_ST_TYPE(s->st_info);

	if (s->st_shndx == SHN_UNDEF || !s->st_value || !name || !*name)
		return false;
	if (type == STT_FUNC || type == STT_GNU_IFUNC)
		return true;
	/* $x and $d mark code and data on arm64 */
	return type == STT_NOTYPE && name[0] != '$' && in_code(f, s->st_shndx);
}

static int each_in_table(struct elf_file *f, const struct symbol_table *t, symbol_fn each,
                         void *arg)
{
	struct elf_symbol sym = { 0 };
	size_t i;
	int err = 0;

	for (i = 1; !err && i < t->cnt; i++) {
		GElf_Sym s = symbol_at(t, i);

		sym.name = elf_string(t->strings, t->strings_size, s.st_name);
		if (!is_function(f, &s, sym.name))
			continue;
		sym.address = s.st_value;
		sym.size = s.st_size;
		sym.binding = GELF_ST_BIND(s.st_info);
		err = each(arg, &sym);
	}
	return err;
}

/* The table of a SHT_SYMTAB or SHT_DYNSYM section; false when it is not all there. */
static bool table_of_section(struct elf_file *f, Elf_Scn *scn, const GElf_Shdr *sh,
                             struct symbol_table *t)
{
	size_t size;

	t->is64 = is_64(f);
	t->entries = elf_section(f, scn, &size);
	t->cnt = size / entry_size(t->is64);
	t->strings = elf_section(f, elf_getscn(f->elf, sh->sh_link), &t->strings_size);
	return t->entries && t->strings && t->cnt <= SYMBOLS_MAX;
}

/* Without sections: the number of dynamic symbols is only in the hash tables. */
struct dynamic {
	uint64_t symtab, strtab, strsz, hash, gnu_hash;
};

static void read_dynamic(struct elf_file *f, const GElf_Phdr *ph, struct dynamic *d)
{
	const unsigned char *p = elf_chunk(f, ph->p_offset, ph->p_filesz);
	size_t entry = is_64(f) ? sizeof(Elf64_Dyn) : sizeof(Elf32_Dyn), i;

	for (i = 0; p && i + entry <= ph->p_filesz; i += entry) {
		Elf64_Dyn dyn = { 0 };
		Elf32_Dyn dyn32;

		if (is_64(f)) {
			memcpy(&dyn, p + i, sizeof(dyn));
		} else {
			memcpy(&dyn32, p + i, sizeof(dyn32));
			dyn.d_tag = dyn32.d_tag;
			dyn.d_un.d_val = dyn32.d_un.d_val;
		}
		if (dyn.d_tag == DT_SYMTAB)
			d->symtab = dyn.d_un.d_val;
		else if (dyn.d_tag == DT_STRTAB)
			d->strtab = dyn.d_un.d_val;
		else if (dyn.d_tag == DT_STRSZ)
			d->strsz = dyn.d_un.d_val;
		else if (dyn.d_tag == DT_HASH)
			d->hash = dyn.d_un.d_val;
		else if (dyn.d_tag == DT_GNU_HASH)
			d->gnu_hash = dyn.d_un.d_val;
	}
}

/* A 32-bit word at a virtual address; 0 when the file does not have it. */
static uint32_t word_at(struct elf_file *f, uint64_t vaddr)
{
	uint64_t offset, left;
	const void *p;
	uint32_t w = 0;

	if (!elf_offset(f, vaddr, &offset, &left) && left >= 4 && (p = elf_chunk(f, offset, 4)))
		memcpy(&w, p, 4);
	return w;
}

/* The highest symbol of DT_GNU_HASH, plus one: the end of the last bucket's chain. */
static size_t gnu_hash_count(struct elf_file *f, uint64_t at)
{
	uint32_t buckets = word_at(f, at), first = word_at(f, at + 4), bloom = word_at(f, at + 8);
	uint64_t bucket_at = at + 16 + (uint64_t)bloom * (is_64(f) ? 8 : 4), chain_at, offset, left;
	uint32_t last = 0, i;
	const unsigned char *p;

	if (elf_offset(f, bucket_at, &offset, &left) || (uint64_t)buckets * 4 > left)
		return 0;
	p = elf_chunk(f, offset, (uint64_t)buckets * 4);
	for (i = 0; p && i < buckets; i++) {
		uint32_t b;

		memcpy(&b, p + 4ull * i, 4);
		if (b > last)
			last = b;
	}
	chain_at = bucket_at + (uint64_t)buckets * 4;
	if (last < first || elf_offset(f, chain_at + (last - first) * 4ull, &offset, &left))
		return last ? first : 0;
	p = elf_chunk(f, offset, left & ~3ull);
	for (i = 0; p && i < CHAIN_MAX && 4ull * i + 4 <= left; i++, last++)
		if (p[4ull * i] & 1)
			break;
	return (size_t)last + 1;
}

static bool table_of_dynamic(struct elf_file *f, const struct dynamic *d, struct symbol_table *t)
{
	uint64_t offset, left;

	t->is64 = is_64(f);
	t->cnt = d->hash       ? word_at(f, d->hash + 4)
	         : d->gnu_hash ? gnu_hash_count(f, d->gnu_hash)
	                       : 0;
	if (!t->cnt || t->cnt > SYMBOLS_MAX || elf_offset(f, d->symtab, &offset, &left))
		return false;
	if (t->cnt > left / entry_size(t->is64))
		t->cnt = left / entry_size(t->is64);
	t->entries = elf_chunk(f, offset, t->cnt * entry_size(t->is64));
	if (elf_offset(f, d->strtab, &offset, &left))
		return false;
	t->strings_size = d->strsz < left ? d->strsz : left;
	t->strings = elf_chunk(f, offset, t->strings_size);
	return t->entries && t->strings;
}

/* Section numbers mean nothing without section headers: a typed symbol is enough. */
static int each_dynamic(struct elf_file *f, symbol_fn each, void *arg)
{
	struct symbol_table t = { 0 };
	struct dynamic d = { 0 };
	GElf_Phdr ph;
	size_t cnt, i;

	if (elf_getphdrnum(f->elf, &cnt))
		return 0;
	for (i = 0; i < cnt && i < 256; i++)
		if (gelf_getphdr(f->elf, (int)i, &ph) && ph.p_type == PT_DYNAMIC)
			read_dynamic(f, &ph, &d);
	return d.symtab && table_of_dynamic(f, &d, &t) ? each_in_table(f, &t, each, arg) : 0;
}

/* The symbol of a relocation of the PLT. */
static uint32_t relocation_symbol(const unsigned char *p, bool is64)
{
	Elf64_Rela r;
	Elf32_Rel r32;

	if (is64) {
		memcpy(&r, p, sizeof(r));
		return (uint32_t)ELF64_R_SYM(r.r_info);
	}
	memcpy(&r32, p, sizeof(r32));
	return ELF32_R_SYM(r32.r_info);
}

/*
 * Stub i of .plt.sec belongs to relocation i; .plt alone has a header of one stub (x86-64) or two
 * (arm64) before them.
 */
static int each_plt(struct elf_file *f, const struct symbol_table *dynsym, symbol_fn each,
                    void *arg)
{
	GElf_Shdr sh, plt;
	Elf_Scn *rel = elf_section_named(f, is_64(f) ? ".rela.plt" : ".rel.plt", &sh);
	size_t entry = is_64(f) ? sizeof(Elf64_Rela) : sizeof(Elf32_Rel), size, i;
	const unsigned char *p = elf_section(f, rel, &size);
	struct elf_symbol sym = { .size = PLT_STUB, .binding = STB_LOCAL, .plt = true };
	int err = 0;

	if (!elf_section_named(f, ".plt.sec", &plt)) {
		if (!elf_section_named(f, ".plt", &plt) || plt.sh_size < 2 * PLT_STUB)
			return 0;
		plt.sh_addr += PLT_STUB;
	}
	for (i = 0; p && !err && (i + 1) * entry <= size && i * PLT_STUB < plt.sh_size; i++) {
		uint32_t n = relocation_symbol(p + i * entry, is_64(f));

		if (!n || n >= dynsym->cnt)
			continue;
		sym.name = elf_string(dynsym->strings, dynsym->strings_size,
		                      symbol_at(dynsym, n).st_name);
		sym.address = plt.sh_addr + i * PLT_STUB;
		if (sym.name && *sym.name)
			err = each(arg, &sym);
	}
	return err;
}

int elf_symbols(struct elf_file *f, symbol_fn each, void *arg)
{
	struct symbol_table t;
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;
	bool any = false;
	int n, err = 0;

	for (n = 0; !err && n < 65536 && (scn = elf_nextscn(f->elf, scn)); n++) {
		any = true;
		if (!gelf_getshdr(scn, &sh) ||
		    (sh.sh_type != SHT_SYMTAB && sh.sh_type != SHT_DYNSYM) ||
		    !table_of_section(f, scn, &sh, &t))
			continue;
		err = each_in_table(f, &t, each, arg);
		if (!err && sh.sh_type == SHT_DYNSYM)
			err = each_plt(f, &t, each, arg);
	}
	return err || any ? err : each_dynamic(f, each, arg);
}
