// SPDX-License-Identifier: Apache-2.0
/*
 * Names from symbol tables: those of the file itself (the vdso is one too: process/memory.c copied
 * it), and when it has no .symtab, of its debug file, else of its .gnu_debugdata. The dynamic symbols
 * and the PLT's stubs are the file's own in any case.
 */
#include <errno.h>
#include <stdlib.h>

#include "elf/debugdata.h"
#include "elf/elf.h"
#include "process/file.h"
#include "symbolize/names.h"
#include "symbolize/symbols.h"

struct names {
	struct elf_file *elf;
	struct elf_file *apart;  /* the debug file or .gnu_debugdata; NULL = none */
	unsigned char *image;    /* of 'apart', NULL = none */
	struct symbols *symbols; /* NULL until one is asked for */
};

static void apart_close(struct names *n)
{
	elf_close(n->apart);
	n->apart = NULL;
	free(n->image);
	n->image = NULL;
}

static void names_close(void *state)
{
	struct names *n = state;

	symbols_free(n->symbols);
	apart_close(n);
	elf_close(n->elf);
	free(n);
}

/* Keeps 'apart' if it has what the file itself lacks. */
static bool apart_keep(struct names *n)
{
	if (n->apart && elf_has_symtab(n->apart))
		return true;
	apart_close(n);
	return false;
}

static bool debug_file_open(struct names *n, struct names_open *o)
{
	if (o->debug_fd < 0)
		return false;
	n->apart = elf_open(o->debug_fd);
	return apart_keep(n);
}

static bool debugdata_open(struct names *n, struct names_open *o)
{
	size_t size;
	int err = elf_debugdata(n->elf, &n->image, &size);

	if (err) {
		o->bad |= err == -EINVAL || err == -EFBIG;
		return false;
	}
	n->apart = elf_open_memory(n->image, size);
	o->bad |= !n->apart;
	return apart_keep(n);
}

static void *names_open(struct names_open *o)
{
	struct names *n = o->file->fd >= 0 ? calloc(1, sizeof(*n)) : NULL;

	if (!n)
		return NULL;
	n->elf = elf_open(o->file->fd);
	o->bad |= !n->elf;
	if (n->elf) {
		if (!elf_has_symtab(n->elf) && !debug_file_open(n, o))
			debugdata_open(n, o);
		return n;
	}
	names_close(n);
	return NULL;
}

static size_t names_find(void *state, uint64_t offset, struct names_frame *frames, size_t max)
{
	struct names *n = state;
	uint64_t address, start;

	if (!max || elf_vaddr(n->elf, offset, &address))
		return 0;
	if (!n->symbols)
		n->symbols = symbols_load((struct elf_file *[]){ n->elf, n->apart }, 2);
	if (!n->symbols)
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
