// SPDX-License-Identifier: Apache-2.0
/*
 * Any bytes as an ELF file: as an image and as a file they say the same, and what is found of their
 * symbols lies where it was asked for.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "elf/debug_file.h"
#include "elf/debugdata.h"
#include "elf/elf.h"
#include "elf/file.h"
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

static void ask_of_links(struct elf_file *f, struct said *s)
{
	char path[64] = "", id[64] = "";
	uint32_t crc = 0;

	if (!elf_debuglink(f, path, sizeof(path), &crc))
		must(path[0] && !strchr(path, '/') && strlen(path) < sizeof(path));
	s->hash = s->hash * 31 + crc + strlen(path);
	if (!elf_altlink(f, path, sizeof(path), id, sizeof(id)))
		must(path[0] && id[0] && strlen(path) < sizeof(path) && strlen(id) < sizeof(id));
	s->hash = s->hash * 31 + strlen(path) + strlen(id);
}

/* What is kept compressed in it, which is an ELF file again or none. */
static void ask_of_debugdata(struct elf_file *f, struct said *s)
{
	struct elf_file *inner;
	unsigned char *image;
	size_t size = 0;

	if (elf_debugdata(f, &image, &size))
		return;
	must(size);
	s->hash = s->hash * 31 + size;
	inner = elf_open_memory(image, size);
	if (inner)
		elf_symbols(inner, each, s);
	elf_close(inner);
	free(image);
}

static void ask_of_sections(struct elf_file *f, struct said *s)
{
	static const char *const names[] = { ".debug_info", ".debug_line", ".debug_str" };
	const unsigned char *bytes;
	const Elf64_Shdr *sh;
	size_t i, size;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		sh = elf_section_named(f, names[i]);
		bytes = sh ? elf_section_bytes(f, sh, &size) : NULL;
		if (bytes)
			s->hash = s->hash * 31 + size + bytes[size - 1];
	}
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
	ask_of_links(f, s);
	ask_of_sections(f, s);
	elf_symbols(f, each, s);
	symbols = symbols_load(&f, 1);
	must(symbols);
	s->kept = symbols_count(symbols);
	must(s->kept <= s->symbols);
	look_up(symbols, s);
	symbols_free(symbols);
	ask_of_debugdata(f, s);
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
