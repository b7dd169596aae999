// SPDX-License-Identifier: Apache-2.0
/*
 * Any bytes as an ELF file: as an image and as a file they say the same, and what is found of their
 * symbols lies where it was asked for.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "elf/elf.h"
#include "symbolize/symbols.h"

/* What a file says, in short. */
struct said {
	char id[128];
	int id_err;
	uint64_t symbols, hash, vaddr;
	size_t kept;
};

static void must(bool true_)
{
	if (!true_)
		abort();
}

static int each(void *arg, const struct elf_symbol *sym)
{
	struct said *s = arg;
	const char *c;

	must(sym->address && sym->size && *sym->name);
	s->symbols++;
	s->hash = s->hash * 31 + sym->address + sym->size * 7 + sym->plt + sym->sized * 2u;
	for (c = sym->name; *c && c < sym->name + 1000; c++)
		s->hash = s->hash * 31 + (unsigned char)*c;
	return 0;
}

static void look_up(const struct symbols *symbols, struct said *s)
{
	uint64_t address, start = 0;
	const char *name;

	for (address = 0; address < 0x3000; address += 5) {
		name = symbols_find(symbols, address, &start);
		must(!name || (*name && start <= address));
		s->hash = s->hash * 31 + (name ? start : 1);
	}
	symbols_find(symbols, UINT64_MAX, &start);
}

static void ask(struct elf_file *f, struct said *s)
{
	struct symbols *symbols;
	uint64_t offset;

	for (offset = 0; offset < 8192; offset += 33)
		if (!elf_vaddr(f, offset, &s->vaddr))
			s->hash = s->hash * 31 + s->vaddr;
	s->id_err = elf_build_id(f, s->id, sizeof(s->id));
	must(s->id_err || (s->id[0] && strlen(s->id) < sizeof(s->id)));
	elf_symbols(f, each, s);
	symbols = symbols_load(f);
	must(symbols);
	s->kept = symbols_count(symbols);
	must(s->kept <= s->symbols);
	look_up(symbols, s);
	symbols_free(symbols);
	elf_close(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct said image, file;
	struct elf_file *f = elf_open_memory(data, size);
	int fd;

	memset(&image, 0, sizeof(image));
	memset(&file, 0, sizeof(file));
	if (!f)
		return 0;
	ask(f, &image);
	fd = memfd_create("elf", MFD_CLOEXEC);
	must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	f = elf_open(fd);
	must(f);
	ask(f, &file);
	must(!memcmp(&image, &file, sizeof(file)));
	close(fd);
	return 0;
}
