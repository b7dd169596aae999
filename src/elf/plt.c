// SPDX-License-Identifier: Apache-2.0
/*
 * Names of PLT stubs. The order of relocations is not that of the stubs (IRELATIVE ones go last),
 * and headers differ between linkers: so each stub's own jump says which slot is its, and the
 * relocation of that slot says which symbol.
 */
#include <stdlib.h>

#include "base/array.h"
#include "elf/arch.h"
#include "elf/table.h"

#define STUBS_MAX   65536
#define STUB_BYTES  32  /* the longest one */
#define RELOCATIONS 256 /* that are read at once */

struct stub {
	uint64_t slot, address, size;
};

struct plt {
	struct elf_file *f;
	const struct elf_table *dynsym;
	size_t dynsym_number;
	uint64_t got;
	struct stub *stubs;
	size_t cnt, cap, named;
	elf_symbol_fn each;
	void *arg;
};

static bool decode(const struct elf_file *f, const struct arch_stub *s, uint64_t *slot)
{
	switch (f->machine) {
	case EM_X86_64:
		return arch_x86_64_stub(s, slot);
	case EM_386:
		return arch_i386_stub(s, slot);
	case EM_AARCH64:
		return arch_arm64_stub(s, slot);
	default:
		return false;
	}
}

static void find_stubs(struct plt *p, const char *section)
{
	const Elf64_Shdr *sh = elf_section_named(p->f, section);
	const unsigned char *code;
	size_t step = p->f->machine == EM_AARCH64 ? 4 : 8, at, size;

	if (!sh || sh->sh_type == SHT_NOBITS || sh->sh_size > STUBS_MAX * STUB_BYTES)
		return;
	code = elf_chunk(p->f, sh->sh_offset, sh->sh_size);
	size = sh->sh_entsize >= 8 && sh->sh_entsize <= STUB_BYTES ? sh->sh_entsize : 16;
	for (at = 0; code && at < sh->sh_size && p->cnt < STUBS_MAX; at += step) {
		struct stub stub = { 0 }, *stubs;
		size_t left = sh->sh_size - at;
		struct arch_stub s = { .code = code + at,
			               .size = left < size ? left : size,
			               .address = sh->sh_addr + at,
			               .got = p->got };

		if (!decode(p->f, &s, &stub.slot))
			continue;
		stub.address = s.address;
		stub.size = s.size;
		stubs = array_reserve(p->stubs, &p->cap, p->cnt + 1, sizeof(stub));
		if (!stubs)
			return;
		p->stubs = stubs;
		stubs[p->cnt++] = stub;
	}
}

static int by_slot(const void *pa, const void *pb)
{
	const struct stub *a = pa, *b = pb;

	return a->slot < b->slot ? -1 : a->slot > b->slot;
}

/* The first stub of a slot, NULL = none jumps there. */
static struct stub *stub_of_slot(const struct plt *p, uint64_t slot)
{
	size_t lo = 0, hi = p->cnt, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (p->stubs[mid].slot < slot)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < p->cnt && p->stubs[lo].slot == slot ? &p->stubs[lo] : NULL;
}

/* Names the stubs of one slot, mostly one, by the first relocation that it has. */
static int name_stubs(struct plt *p, uint64_t slot, size_t symbol)
{
	struct elf_symbol sym = { .binding = STB_LOCAL, .sized = true, .plt = true };
	struct stub *s = stub_of_slot(p, slot);
	Elf64_Sym of;
	int err = 0;

	if (!s || !s->size || !elf_table_at(p->f, p->dynsym, symbol, &of))
		return 0;
	sym.name = elf_string(&p->dynsym->strings, of.st_name);
	if (!sym.name || !*sym.name)
		return 0;
	for (; !err && s < p->stubs + p->cnt && s->slot == slot; s++) {
		sym.address = s->address;
		sym.size = s->size;
		err = p->each(p->arg, &sym);
		s->size = 0; /* named */
		p->named++;
	}
	return err;
}

static int relocations_each(struct plt *p, const char *section)
{
	const Elf64_Shdr *sh = elf_section_named(p->f, section);
	size_t size = p->f->is64 ? sizeof(Elf64_Rela) : sizeof(Elf32_Rel), n, i;
	uint64_t at, cnt = sh && sh->sh_link == p->dynsym_number ? sh->sh_size / size : 0;
	Elf64_Rela r[RELOCATIONS];
	Elf32_Rel r32[RELOCATIONS];
	int err = 0;

	for (at = 0; !err && at < cnt && p->named < p->cnt; at += n) {
		n = cnt - at < RELOCATIONS ? cnt - at : RELOCATIONS;
		if (!elf_read(p->f, sh->sh_offset + at * size, p->f->is64 ? (void *)r : r32,
		              n * size))
			return 0;
		for (i = 0; !err && i < n; i++) {
			uint64_t slot = p->f->is64 ? r[i].r_offset : r32[i].r_offset;
			size_t symbol =
				p->f->is64 ? ELF64_R_SYM(r[i].r_info) : ELF32_R_SYM(r32[i].r_info);

			if (symbol)
				err = name_stubs(p, slot, symbol);
		}
	}
	return err;
}

int elf_plt_each(struct elf_file *f, const struct elf_table *dynsym, size_t number,
                 elf_symbol_fn each, void *arg)
{
	const Elf64_Shdr *got = elf_section_named(f, ".got.plt");
	struct plt p = {
		.f = f, .dynsym = dynsym, .dynsym_number = number, .each = each, .arg = arg
	};
	int err;

	if (!got)
		got = elf_section_named(f, ".got");
	p.got = got ? got->sh_addr : 0;
	find_stubs(&p, ".plt");
	find_stubs(&p, ".plt.sec");
	find_stubs(&p, ".plt.got");
	if (p.cnt)
		qsort(p.stubs, p.cnt, sizeof(*p.stubs), by_slot);
	err = relocations_each(&p, f->is64 ? ".rela.plt" : ".rel.plt");
	if (!err)
		err = relocations_each(&p, f->is64 ? ".rela.dyn" : ".rel.dyn");
	free(p.stubs);
	return err;
}
