// SPDX-License-Identifier: Apache-2.0
/*
 * Functions, files and lines from the DWARF that the mapped file has, or its file of debug information.
 * Of an address without a line the symbol table alone knows as much: that is left to names_elf.c.
 */
#include <errno.h>
#include <stdlib.h>

#include "elf/elf.h"
#include "process/file.h"
#include "symbolize/dwarf.h"
#include "symbolize/names.h"
#include "symbolize/opener.h"
#include "symbolize/symbols.h"

struct names {
	struct names_open *o;
	struct dwarf_names *dwarf;
	struct elf_file *elf;
	struct elf_file *apart;  /* the file of debug information, NULL = none */
	struct symbols *symbols; /* NULL until one is needed */
};

static void names_close(void *state)
{
	struct names *n = state;

	dwarf_close(n->dwarf);
	symbols_free(n->symbols);
	elf_close(n->apart);
	elf_close(n->elf);
	free(n);
}

/* Not to be parsed is for names_elf.c to say: the same headers are read there. */
static void *names_open(struct names_open *o)
{
	const struct dwarf_options more = { .alt_fd = o->alt_fd,
		                            .dwp_fd = o->dwp_fd,
		                            .open = o->dwo ? opener_ask : NULL,
		                            .arg = o->dwo };
	struct names *n = o->file->fd >= 0 ? calloc(1, sizeof(*n)) : NULL;

	if (!n)
		return NULL;
	n->o = o;
	n->elf = elf_open(o->file->fd);
	n->apart = o->debug_fd >= 0 ? elf_open(o->debug_fd) : NULL;
	n->dwarf = n->elf ? dwarf_open(o->file->fd, &more) : NULL;
	o->large = n->elf && !n->dwarf && errno == EFBIG;
	if (!n->dwarf && n->apart) {
		n->dwarf = dwarf_open(o->debug_fd, &more);
		o->large |= !n->dwarf && errno == EFBIG;
	}
	if (n->dwarf)
		return n;
	names_close(n);
	return NULL;
}

static const char *symbol_at(struct names *n, uint64_t address)
{
	uint64_t start;

	if (!n->symbols)
		n->symbols = symbols_load((struct elf_file *[]){ n->elf, n->apart }, 2);
	return n->symbols ? symbols_find(n->symbols, address, &start) : NULL;
}

static size_t names_find(void *state, uint64_t offset, struct names_frame *frames, size_t max)
{
	struct names *n = state;
	struct names_frame *outer;
	uint64_t address;
	size_t cnt;

	if (elf_vaddr(n->elf, offset, &address))
		return 0;
	cnt = dwarf_find(n->dwarf, address, frames, max);
	n->o->missing_dwo = dwarf_missing(n->dwarf);
	if (!cnt)
		return 0;
	outer = &frames[cnt - 1];
	outer->linkage = dwarf_outer_name(outer->linkage, symbol_at(n, address));
	return outer->linkage ? cnt : 0;
}

const struct names_source names_dwarf = {
	.name = "dwarf",
	.open = names_open,
	.close = names_close,
	.find = names_find,
};
