// SPDX-License-Identifier: Apache-2.0
/* Names from the symbol tables of an ELF file, or of the vdso in ebprof's own memory. */
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "elf/elf.h"
#include "process/file.h"
#include "symbolize/names.h"
#include "symbolize/symbols.h"

#define VDSO_SIZE 8192 /* at least two pages on x86-64 and arm64; vdso_size() reads the real one */

struct names {
	struct elf_file *elf;
	struct symbols *symbols;
	void *image; /* a copy of the vdso, NULL for a file */
};

/* The vdso ends in its section headers (linked last): e_shoff, e_shentsize and e_shnum give the end. */
static size_t vdso_size(const unsigned char *image)
{
	uint64_t offset;
	uint16_t size, cnt;

	memcpy(&offset, image + 40, sizeof(offset));
	memcpy(&size, image + 58, sizeof(size));
	memcpy(&cnt, image + 60, sizeof(cnt));
	if (memcmp(image, "\177ELF\2", 5) || offset > 16 * VDSO_SIZE)
		return 0;
	return offset + (size_t)size * cnt;
}

static bool open_vdso(struct names *n)
{
	const unsigned char *vdso = (const unsigned char *)getauxval(AT_SYSINFO_EHDR);
	size_t size = vdso ? vdso_size(vdso) : 0;

	n->image = size ? malloc(size) : NULL;
	if (!n->image)
		return false;
	memcpy(n->image, vdso, size);
	n->elf = elf_open_memory(n->image, size);
	return n->elf;
}

static void names_close(void *state)
{
	struct names *n = state;

	symbols_free(n->symbols);
	elf_close(n->elf);
	free(n->image);
	free(n);
}

static void *names_open(const struct file *file, bool *bad)
{
	struct names *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	if (file->kind == FILE_VDSO)
		open_vdso(n);
	else if (file->fd >= 0)
		n->elf = elf_open(file->fd);
	*bad = !n->elf && file->fd >= 0;
	if (n->elf)
		n->symbols = symbols_load(n->elf);
	if (n->symbols)
		return n;
	names_close(n);
	return NULL;
}

static const char *names_find(void *state, uint64_t offset)
{
	const struct names *n = state;
	uint64_t address, start;

	if (elf_vaddr(n->elf, offset, &address))
		return NULL;
	return symbols_find(n->symbols, address, &start);
}

const struct names_source names_elf = {
	.name = "elf",
	.open = names_open,
	.close = names_close,
	.find = names_find,
};
