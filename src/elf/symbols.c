// SPDX-License-Identifier: Apache-2.0
/* Function symbols: of the sections, of PT_DYNAMIC when there are none, and the PLT's stubs. */
#include "elf/table.h"

#define AT_ONCE 256 /* entries that are read at once */

static Elf64_Sym symbol_of(const Elf32_Sym *s)
{
	return (Elf64_Sym){ .st_name = s->st_name,
		            .st_info = s->st_info,
		            .st_shndx = s->st_shndx,
		            .st_value = s->st_value,
		            .st_size = s->st_size };
}

/* Symbols [i, i + cnt) of a table, at most AT_ONCE; false when the file does not have them. */
static bool read_symbols(const struct elf_file *f, const struct elf_table *t, size_t i, size_t cnt,
                         Elf64_Sym *to)
{
	size_t size = elf_symbol_size(f), k;
	Elf32_Sym s32[AT_ONCE];

	if (!elf_read(f, t->offset + i * size, f->is64 ? (void *)to : s32, cnt * size))
		return false;
	for (k = 0; !f->is64 && k < cnt; k++)
		to[k] = symbol_of(&s32[k]);
	return true;
}

bool elf_table_at(const struct elf_file *f, const struct elf_table *t, size_t i, Elf64_Sym *s)
{
	return i < t->cnt && read_symbols(f, t, i, 1, s);
}

static bool is_function(const struct elf_file *f, const Elf64_Sym *s, const char *name)
{
	unsigned int type = ELF64_ST_TYPE(s->st_info);
	const Elf64_Shdr *sh;

	if (s->st_shndx == SHN_UNDEF || !s->st_value || !name || !*name)
		return false;
	if (type == STT_FUNC || type == STT_GNU_IFUNC)
		return true;
	/* Assembly has functions without a type (_start): taken where they lie in code. */
	sh = elf_section_at(f, s->st_shndx);
	/* $x and $d mark code and data on arm64 */
	return type == STT_NOTYPE && name[0] != '$' && sh && sh->sh_flags & SHF_EXECINSTR;
}

/* How far a symbol without a size may reach: to the end of its section, else of its segment. */
static uint64_t room_of(const struct elf_file *f, const Elf64_Sym *s)
{
	const Elf64_Shdr *sh = elf_section_at(f, s->st_shndx);
	uint64_t offset, left;

	if (sh)
		return s->st_value - sh->sh_addr < sh->sh_size
		               ? sh->sh_addr + sh->sh_size - s->st_value
		               : 0;
	return elf_offset(f, s->st_value, &offset, &left) ? 0 : left;
}

static int each_in_table(const struct elf_file *f, const struct elf_table *t, elf_symbol_fn each,
                         void *arg)
{
	struct elf_symbol sym = { 0 };
	Elf64_Sym s[AT_ONCE];
	size_t at, n, i;
	int err = 0;

	for (at = 1; !err && at < t->cnt; at += n) { /* symbol 0 is none */
		n = t->cnt - at < AT_ONCE ? t->cnt - at : AT_ONCE;
		if (!read_symbols(f, t, at, n, s))
			return 0;
		for (i = 0; !err && i < n; i++) {
			sym.name = elf_string(&t->strings, s[i].st_name);
			if (!is_function(f, &s[i], sym.name))
				continue;
			sym.address = s[i].st_value;
			sym.sized = s[i].st_size;
			sym.size = sym.sized ? s[i].st_size : room_of(f, &s[i]);
			sym.binding = ELF64_ST_BIND(s[i].st_info);
			err = sym.size ? each(arg, &sym) : 0;
		}
	}
	return err;
}

/* The number of the first section of a type (more than one of these make no sense); 0 = none. */
static size_t section_of_type(const struct elf_file *f, uint32_t type)
{
	size_t i;

	for (i = 1; i < f->shdr_cnt; i++)
		if (f->shdrs[i].sh_type == type)
			return i;
	return 0;
}

/* The table of a SHT_SYMTAB or SHT_DYNSYM section; false when it is not all there. */
static bool table_of_section(struct elf_file *f, size_t number, struct elf_table *t)
{
	const Elf64_Shdr *sh = elf_section_at(f, number);
	const Elf64_Shdr *strings = number ? elf_section_at(f, sh->sh_link) : NULL;

	if (!strings || sh->sh_offset > f->size || sh->sh_size > f->size - sh->sh_offset)
		return false;
	t->offset = sh->sh_offset;
	t->cnt = sh->sh_size / elf_symbol_size(f);
	if (t->cnt > ELF_SYMBOLS_MAX)
		t->cnt = ELF_SYMBOLS_MAX;
	return elf_strings_read(f, strings->sh_offset, strings->sh_size, &t->strings);
}

bool elf_has_symtab(struct elf_file *f)
{
	struct elf_table t;

	return table_of_section(f, section_of_type(f, SHT_SYMTAB), &t) && t.cnt > 1;
}

int elf_symbols(struct elf_file *f, elf_symbol_fn each, void *arg)
{
	size_t dynsym = section_of_type(f, SHT_DYNSYM);
	struct elf_table t;
	bool any = false;
	int err = 0;

	if (table_of_section(f, section_of_type(f, SHT_SYMTAB), &t)) {
		any = true;
		err = each_in_table(f, &t, each, arg);
	}
	if (!err && table_of_section(f, dynsym, &t)) {
		any = true;
		err = each_in_table(f, &t, each, arg);
		if (!err)
			err = elf_plt_each(f, &t, dynsym, each, arg);
	}
	if (!err && !any && elf_table_of_dynamic(f, &t))
		err = each_in_table(f, &t, each, arg);
	return err;
}
