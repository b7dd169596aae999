// SPDX-License-Identifier: Apache-2.0
/*
 * Any bytes as an ELF file, or as an unwind table in a file that is otherwise in order; the first
 * byte says which. The rows are what the header promises, and so are the functions and lines of Go.
 */
#include <elf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "elf/elf.h"
#include "elf/golines.h"
#include "elf/rows.h"

#define TEXT      0x1000
#define TEXT_SIZE 0x2000
#define TEXT_AT   0x800
#define TABLE     0x10000
#define TABLE_AT  (TEXT_AT + TEXT_SIZE)
#define HEADER_AT 0x780
#define FRAMES    8
#define CALLS_MAX 64 /* as in src/elf/cfi_calls.c: each may make two rows */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool true_)
{
	if (!true_)
		abort();
}

static void check(const struct elf_rows *rows)
{
	size_t i, unsupported = 0;

	for (i = 0; i < rows->cnt; i++) {
		const struct elf_row *r = &rows->items[i];

		must(r->cfa <= ROW_UNSUPPORTED && r->fp <= SAVE_UNSUPPORTED && r->reg < 16);
		must(r->ra <= SAVE_UNSUPPORTED && r->landing <= 1 && !r->pad);
		must(r->cfa == ROW_REG || r->cfa == ROW_DEREF || r->cfa == ROW_HANDLER ||
		     r->cfa == ROW_INDEX || (!r->reg && !r->offset));
		unsupported += r->cfa == ROW_UNSUPPORTED;
		if (i)
			must(r[-1].address < r->address &&
			     memcmp(&r[-1].offset, &r->offset, sizeof(*r) - 8));
	}
	must(unsupported == rows->unsupported);
	must(!rows->cnt || rows->items[rows->cnt - 1].cfa == ROW_NONE);
}

static void ask(struct golines *g, uint64_t address)
{
	struct golines_frame frames[FRAMES];
	size_t cnt = golines_find(g, address, frames, FRAMES), i;

	must(cnt <= FRAMES);
	for (i = 0; i < cnt; i++)
		must(*frames[i].name && (!frames[i].path || *frames[i].path));
}

static void ask_lines(struct elf_file *f)
{
	struct golines *g = golines_load(f);
	uint64_t at;

	for (at = 0; g && at < TEXT_SIZE; at += at < 512 ? 8 : 256)
		ask(g, TEXT + at);
	golines_free(g);
}

static void build(const void *image, size_t size, size_t input)
{
	struct elf_file *f = elf_open_memory(image, size);
	struct elf_rows rows = { 0 };

	if (f && !elf_rows_build(f, NULL, &rows)) {
		check(&rows);
		must(rows.cnt <= 2 * input + 16 + 2 * CALLS_MAX);
	}
	elf_rows_release(&rows);
	if (f)
		ask_lines(f);
	elf_close(f);
}

/* A segment of code, one for the table, and a section of that name, if any. */
static void fill_headers(uint8_t *image, const char *name, size_t size)
{
	static const Elf64_Ehdr e = { .e_ident = ELFMAG "\2\1\1",
		                      .e_machine = EM_X86_64,
		                      .e_phoff = 0x100,
		                      .e_shoff = 0x300,
		                      .e_phentsize = sizeof(Elf64_Phdr),
		                      .e_phnum = 3,
		                      .e_shentsize = sizeof(Elf64_Shdr),
		                      .e_shnum = 3,
		                      .e_shstrndx = 2 };
	const Elf64_Phdr ph[3] = {
		{ .p_type = PT_LOAD,
		  .p_flags = PF_X,
		  .p_offset = TEXT_AT,
		  .p_vaddr = TEXT,
		  .p_filesz = TEXT_SIZE,
		  .p_memsz = TEXT_SIZE },
		{ .p_type = PT_LOAD, .p_offset = TABLE_AT, .p_vaddr = TABLE, .p_filesz = size },
		{ .p_type = PT_GNU_EH_FRAME, .p_offset = HEADER_AT, .p_filesz = 8 }
	};
	const Elf64_Shdr sh[3] = { { 0 },
		                   { .sh_name = 1,
		                     .sh_type = SHT_PROGBITS,
		                     .sh_addr = TABLE,
		                     .sh_offset = TABLE_AT,
		                     .sh_size = size },
		                   { .sh_type = SHT_STRTAB, .sh_offset = 0x700, .sh_size = 32 } };
	static const uint8_t header[8] = { 1, 3, 0xff, 0xff, 0, 0, 1, 0 }; /* TABLE, absolute */

	memcpy(image, &e, sizeof(e));
	memcpy(image + 0x100, ph, sizeof(ph));
	if (!name) {
		memcpy(image + HEADER_AT, header, sizeof(header));
		memset(image + offsetof(Elf64_Ehdr, e_shoff), 0, 8);
		return;
	}
	memcpy(image + 0x300, sh, sizeof(sh));
	memcpy(image + 0x701, name, strlen(name));
}

/* Functions that push the frame pointer, call one of the first ones, and leave as src/elf/cfi_handler.c. */
static void fill_code(uint8_t *code)
{
	static const uint8_t leave[] = { 0x48, 0x8b, 0xb5, 0x68, 0xff, 0xff, 0xff, /* load */
		                         0x48, 0x8b, 0xbd, 0x60, 0xff, 0xff, 0xff, /* load */
		                         0x48, 0x89, 0x74, 0x05, 0x08,             /* store */
		                         0x48, 0x8d, 0x4c, 0x0d, 0x08,             /* lea */
		                         0x48, 0x8b, 0x6d, 0x00 };
	uint32_t i, by;

	for (i = 0; i < TEXT_SIZE; i += 64) {
		by = i % 256 - (i + 1 + 5);
		code[i] = 0x55;
		code[i + 1] = 0xe8;
		memcpy(code + i + 2, &by, sizeof(by));
		memcpy(code + i + 6, leave, sizeof(leave));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { NULL, ".eh_frame", ".debug_frame", ".gopclntab" };
	uint8_t *image;

	if (size < 2)
		return 0;
	if (*data > 3) {
		build(data, size, size); /* its first byte is 0x7f */
		return 0;
	}
	image = calloc(1, TABLE_AT + size);
	must(image);
	fill_headers(image, names[*data], size - 1);
	fill_code(image + TEXT_AT);
	memcpy(image + TABLE_AT, data + 1, size - 1);
	build(image, TABLE_AT + size - 1, size);
	free(image);
	return 0;
}
