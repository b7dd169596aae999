// SPDX-License-Identifier: Apache-2.0
#include "symbolize/dwarf_file.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "elf/file.h"
#include "symbolize/dwarf_abbrev.h"
#include "symbolize/dwarf_unit.h"

#define SECTION_MAX (8ull << 30) /* address space kept of one; Chromium's .debug_info has 2 GB */
#define BLOCK_BITS  14           /* what is read at once, at least */
#define BLOCK       (1ull << BLOCK_BITS)
#define TEXT_MAX    (1ull << 20) /* a string without an end is not looked for any further */
#define ATTRS_MAX   (1ull << 28)
#define RANGES_MAX  (1ull << 27)

static const char *const names[DWARF_SECTIONS] = {
	[DWARF_INFO] = ".debug_info",
	[DWARF_ABBREV] = ".debug_abbrev",
	[DWARF_STR] = ".debug_str",
	[DWARF_LINE_STR] = ".debug_line_str",
	[DWARF_STR_OFFSETS] = ".debug_str_offsets",
	[DWARF_ADDR] = ".debug_addr",
	[DWARF_RANGES] = ".debug_ranges",
	[DWARF_RNGLISTS] = ".debug_rnglists",
	[DWARF_LINE] = ".debug_line",
	[DWARF_ARANGES] = ".debug_aranges",
	[DWARF_CU_INDEX] = ".debug_cu_index",
};

static void code_find(struct dwarf_file *f)
{
	const Elf64_Shdr *sh;
	size_t i;

	for (i = 1; (sh = elf_section_at(f->elf, i)); i++) {
		if (!(sh->sh_flags & SHF_ALLOC) || !(sh->sh_flags & SHF_EXECINSTR) ||
		    sh->sh_size > UINT64_MAX - sh->sh_addr)
			continue;
		if (!f->code_end || sh->sh_addr < f->code_start)
			f->code_start = sh->sh_addr;
		if (sh->sh_addr + sh->sh_size > f->code_end)
			f->code_end = sh->sh_addr + sh->sh_size;
	}
}

/* NULL: there is none that holds anything. */
static const Elf64_Shdr *section_header(struct dwarf_file *f, enum dwarf_section_id id)
{
	const Elf64_Shdr *sh;
	char name[32];

	snprintf(name, sizeof(name), "%s%s", names[id],
	         f->dwo && id != DWARF_CU_INDEX && id != DWARF_ADDR ? ".dwo" : "");
	sh = elf_section_named(f->elf, name);
	return sh && sh->sh_type != SHT_NOBITS ? sh : NULL;
}

/* Is there room for all sections that are compressed? Without one of them the others tell lies. */
static bool sections_fit(struct dwarf_file *f)
{
	const Elf64_Shdr *sh;
	uint64_t all = 0, cost;
	int id;

	for (id = 0; id < DWARF_SECTIONS; id++) {
		sh = section_header(f, id);
		cost = sh ? elf_section_cost(f->elf, sh) : 0;
		if (!elf_has_room(f->elf, cost) || !elf_has_room(f->elf, all += cost))
			return false;
	}
	return true;
}

struct dwarf_file *dwarf_file_new(struct elf_file *elf, int owned_fd, bool dwo)
{
	struct dwarf_file *f = elf ? calloc(1, sizeof(*f)) : NULL;

	if (!f) {
		elf_close(elf);
		errno = ENOMEM;
		return NULL;
	}
	f->elf = elf;
	f->dwo = dwo;
	if (!sections_fit(f)) {
		free(f);
		elf_close(elf);
		errno = EFBIG;
		return NULL;
	}
	f->owned_fd = owned_fd;
	f->left = (struct dwarf_budget){ .attrs = ATTRS_MAX,
		                         .ranges = RANGES_MAX,
		                         .lines = 4 * elf->size + ATTRS_MAX };
	code_find(f);
	return f;
}

static void section_release(struct dwarf_section *s)
{
	if (s->have)
		munmap(s->bytes, s->size);
	free(s->have);
}

void dwarf_file_free(struct dwarf_file *f)
{
	size_t i;

	if (!f)
		return;
	dwarf_units_free(f);
	dwarf_abbrevs_drop(f);
	for (i = 0; i < DWARF_SECTIONS; i++)
		section_release(&f->sections[i]);
	elf_close(f->elf);
	if (f->owned_fd >= 0)
		close(f->owned_fd);
	free(f);
}

/* Room for all of it, which costs memory only where it is read into. */
static void section_reserve(struct dwarf_section *s, const Elf64_Shdr *sh)
{
	void *bytes;

	s->have = calloc((sh->sh_size >> BLOCK_BITS) + 1, 1);
	bytes = s->have ? mmap(NULL, sh->sh_size, PROT_READ | PROT_WRITE,
	                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
	                : MAP_FAILED;
	if (bytes == MAP_FAILED) {
		free(s->have);
		s->have = NULL;
		return;
	}
	s->bytes = bytes;
	s->offset = sh->sh_offset;
	s->size = sh->sh_size;
}

static void section_find(struct dwarf_file *f, enum dwarf_section_id id)
{
	struct dwarf_section *s = &f->sections[id];
	const Elf64_Shdr *sh = section_header(f, id);

	s->tried = true;
	if (!sh)
		return;
	if (f->elf->image || elf_is_compressed(f->elf, sh))
		s->bytes = (uint8_t *)elf_section_bytes(f->elf, sh, &s->size);
	else if (sh->sh_size && sh->sh_size <= SECTION_MAX && sh->sh_offset <= f->elf->size &&
	         sh->sh_size <= f->elf->size - sh->sh_offset)
		section_reserve(s, sh);
	if (!s->bytes)
		s->size = 0;
}

static struct dwarf_section *section_get(struct dwarf_file *f, enum dwarf_section_id id)
{
	if (!f->sections[id].tried)
		section_find(f, id);
	return &f->sections[id];
}

/* Reads the blocks from 'first' to before 'end' that are not there yet, as many at once as can be. */
static bool blocks_load(const struct dwarf_file *f, struct dwarf_section *s, size_t first,
                        size_t end)
{
	size_t to, from, until;

	for (; first < end; first = to + 1) {
		for (to = first; to < end && !s->have[to]; to++)
			;
		if (to == first)
			continue;
		from = first << BLOCK_BITS;
		until = to << BLOCK_BITS < s->size ? to << BLOCK_BITS : s->size;
		if (!elf_read(f->elf, s->offset + from, s->bytes + from, until - from))
			return false;
		memset(s->have + first, 1, to - first);
	}
	return true;
}

bool dwarf_part(struct dwarf_file *f, enum dwarf_section_id id, uint64_t offset, uint64_t size,
                struct dwarf_cursor *c)
{
	struct dwarf_section *s = section_get(f, id);

	if (!size || offset > s->size || size > s->size - offset)
		return false;
	if (s->have && !s->whole &&
	    !blocks_load(f, s, offset >> BLOCK_BITS, ((offset + size - 1) >> BLOCK_BITS) + 1))
		return false;
	*c = (struct dwarf_cursor){ .at = s->bytes + offset, .end = s->bytes + offset + size };
	return true;
}

bool dwarf_rest(struct dwarf_file *f, enum dwarf_section_id id, uint64_t offset,
                struct dwarf_cursor *c)
{
	struct dwarf_section *s = section_get(f, id);

	if (offset >= s->size)
		return false;
	s->whole = s->whole || dwarf_part(f, id, 0, s->size, c);
	return s->whole && dwarf_part(f, id, offset, s->size - offset, c);
}

const char *dwarf_string(struct dwarf_file *f, enum dwarf_section_id id, uint64_t offset)
{
	size_t size = dwarf_section_size(f, id), at = offset, until;
	struct dwarf_cursor c;

	while (at < size && at - offset < TEXT_MAX) {
		until = (at & ~(BLOCK - 1)) + BLOCK;
		until = until < size ? until : size;
		if (!dwarf_part(f, id, at, until - at, &c))
			return NULL;
		if (memchr(c.at, 0, until - at))
			return (const char *)c.at - (at - offset);
		at = until;
	}
	return NULL;
}

size_t dwarf_section_size(struct dwarf_file *f, enum dwarf_section_id id)
{
	return section_get(f, id)->size;
}

bool dwarf_is_code(const struct dwarf_file *f, uint64_t address)
{
	return !f->code_end || (address >= f->code_start && address < f->code_end);
}
