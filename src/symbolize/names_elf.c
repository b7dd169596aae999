// SPDX-License-Identifier: Apache-2.0
/* Names from the symbol tables of an ELF file; the vdso is one too (process/memory.c copied it). */
#include <stdlib.h>

#include "elf/elf.h"
#include "process/file.h"
#include "symbolize/names.h"
#include "symbolize/symbols.h"

struct names {
	struct elf_file *elf;
	struct symbols *symbols;
};

static void names_close(void *state)
{
	struct names *n = state;

	symbols_free(n->symbols);
	elf_close(n->elf);
	free(n);
}

static void *names_open(const struct file *file, bool *bad)
{
	struct names *n = file->fd >= 0 ? calloc(1, sizeof(*n)) : NULL;

	if (!n)
		return NULL;
	n->elf = elf_open(file->fd);
	*bad = !n->elf;
	if (n->elf)
		n->symbols = symbols_load(n->elf);
	if (n->symbols)
		return n;
	names_close(n);
	return NULL;
}

static size_t names_find(void *state, uint64_t offset, struct names_frame *frames, size_t max)
{
	const struct names *n = state;
	uint64_t address, start;

	if (!max || elf_vaddr(n->elf, offset, &address))
		return 0;
	frames[0] = (struct names_frame){ .linkage = symbols_find(n->symbols, address, &start) };
	return frames[0].linkage != NULL;
}

const struct names_source names_elf = {
	.name = "elf",
	.open = names_open,
	.close = names_close,
	.find = names_find,
};
