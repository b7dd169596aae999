/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Images with unwind tables made by hand: code at 0x1000 to 0x3000, .eh_frame at 0x10000, perhaps
 * .debug_frame; and their rows as text.
 */
#ifndef TESTS_UNIT_ELF_TABLES_H
#define TESTS_UNIT_ELF_TABLES_H

#include <elf.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include "elf/elf.h"
#include "elf/rows.h"

#define TEXT     0x1000
#define TEXT_END 0x3000
#define EH       0x10000
#define TABLE    8192

struct bytes {
	uint8_t data[TABLE];
	size_t size;
};

/* Adds n bytes of a little-endian number. */
static inline void put(struct bytes *b, uint64_t v, int n)
{
	while (n--) {
		assert_true(b->size < TABLE);
		b->data[b->size++] = (uint8_t)v;
		v >>= 8;
	}
}

static inline void put_bytes(struct bytes *b, const void *p, size_t n)
{
	assert_true(b->size + n <= TABLE);
	memcpy(b->data + b->size, p, n);
	b->size += n;
}

/* "4130 0e10" as bytes */
static inline void put_hex(struct bytes *b, const char *hex)
{
	char digits[3] = { 0 };

	for (; *hex; hex += *hex == ' ' ? 1 : 2)
		if (*hex != ' ') {
			digits[0] = hex[0];
			digits[1] = hex[1];
			put(b, strtoul(digits, NULL, 16), 1);
		}
}

/* A record starts with its length, which record_end() fills in. */
static inline size_t record_start(struct bytes *b, uint32_t id)
{
	size_t at = b->size;

	put(b, 0, 4);
	put(b, id, 4);
	return at;
}

static inline void record_end(struct bytes *b, size_t at)
{
	uint32_t size;

	while (b->size % 4)
		put(b, 0, 1);
	size = (uint32_t)(b->size - at - 4);
	memcpy(b->data + at, &size, 4);
}

/* The usual CIE, "zR" with pcrel sdata4: CFA = rsp+8, return address at CFA-8. */
static inline void put_cie(struct bytes *b)
{
	size_t at = record_start(b, 0);

	put_hex(b, "01 7a5200 01 78 10 01 1b 0c0708 9001");
	record_end(b, at);
}

/* An FDE of that CIE, which is at 'cie'. */
static inline void put_fde(struct bytes *b, size_t cie, uint64_t start, uint32_t size,
                           const char *program)
{
	size_t at = record_start(b, (uint32_t)(b->size + 4 - cie));

	put(b, start - (EH + b->size), 4);
	put(b, size, 4);
	put(b, 0, 1);
	put_hex(b, program);
	record_end(b, at);
}

/* An ELF file around the tables; either may be NULL. The caller frees it. */
static inline uint8_t *make_image(const struct bytes *eh, const struct bytes *debug, size_t *size)
{
	static const char names[] = "\0.eh_frame\0.debug_frame\0.names";
	const Elf64_Ehdr e = { .e_ident = ELFMAG "\2\1\1",
		               .e_type = ET_DYN,
		               .e_machine = EM_X86_64,
		               .e_version = EV_CURRENT,
		               .e_phoff = 0x100,
		               .e_shoff = 0x200,
		               .e_ehsize = sizeof(e),
		               .e_phentsize = sizeof(Elf64_Phdr),
		               .e_phnum = 2,
		               .e_shentsize = sizeof(Elf64_Shdr),
		               .e_shnum = 4,
		               .e_shstrndx = 3 };
	const Elf64_Phdr ph[2] = { { .p_type = PT_LOAD,
		                     .p_flags = PF_R | PF_X,
		                     .p_vaddr = TEXT,
		                     .p_memsz = TEXT_END - TEXT },
		                   { .p_type = PT_LOAD,
		                     .p_flags = PF_R,
		                     .p_vaddr = EH,
		                     .p_offset = 0x800,
		                     .p_filesz = TABLE } };
	const Elf64_Shdr sh[4] = { { 0 },
		                   { .sh_name = 1,
		                     .sh_type = eh ? SHT_PROGBITS : SHT_NOBITS,
		                     .sh_addr = EH,
		                     .sh_offset = 0x800,
		                     .sh_size = eh ? eh->size : 0 },
		                   { .sh_name = 11,
		                     .sh_type = debug ? SHT_PROGBITS : SHT_NOBITS,
		                     .sh_offset = 0x800 + TABLE,
		                     .sh_size = debug ? debug->size : 0 },
		                   { .sh_name = 24,
		                     .sh_type = SHT_STRTAB,
		                     .sh_offset = 0x700,
		                     .sh_size = sizeof(names) } };
	uint8_t *image;

	*size = 0x800 + 2 * TABLE;
	image = calloc(1, *size);
	assert_non_null(image);
	memcpy(image, &e, sizeof(e));
	memcpy(image + 0x100, ph, sizeof(ph));
	memcpy(image + 0x200, sh, sizeof(sh));
	memcpy(image + 0x700, names, sizeof(names));
	if (eh)
		memcpy(image + 0x800, eh->data, eh->size);
	if (debug)
		memcpy(image + 0x800 + TABLE, debug->data, debug->size);
	return image;
}

/* The rows of an image; what elf_rows_build() returned. */
static inline int build_image(const uint8_t *image, size_t size, struct elf_rows *rows)
{
	struct elf_file *f = elf_open_memory(image, size);
	int err;

	assert_non_null(f);
	memset(rows, 0, sizeof(*rows));
	err = elf_rows_build(f, NULL, rows);
	elf_close(f);
	return err;
}

static inline int build(const struct bytes *eh, const struct bytes *debug, struct elf_rows *rows)
{
	size_t size;
	uint8_t *image = make_image(eh, debug, &size);
	int err = build_image(image, size, rows);

	free(image);
	return err;
}

static inline void print_save(FILE *out, const char *name, uint8_t how, int offset)
{
	if (how == SAVE_CFA)
		fprintf(out, " %s@%d", name, offset);
	else if (how == SAVE_REG)
		fprintf(out, " %s=r%d", name, offset);
	else if (how == SAVE_DEREF)
		fprintf(out, " %s@(fp)", name);
	else if (how == SAVE_UNSUPPORTED)
		fprintf(out, " %s?", name);
}

/* "1000:r7+8 ra@-8 1010:none": what is as in the caller is left out. */
static inline char *print_rows(const struct elf_rows *rows)
{
	static const char *const kinds[] = { "none",    "",       "plt10",      "plt11",
		                             "",        "signal", "stop",       "fp",
		                             "handler", "index",  "unsupported" };
	char *text = NULL;
	size_t size, i;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	for (i = 0; i < rows->cnt; i++) {
		const struct elf_row *r = &rows->items[i];

		fprintf(out, "%s%lx:%s", i ? " " : "", (unsigned long)r->address, kinds[r->cfa]);
		if (r->cfa == ROW_REG)
			fprintf(out, "r%d%+d", r->reg, r->offset);
		if (r->cfa == ROW_DEREF)
			fprintf(out, "*(r%d%+d)%+d", r->reg, r->offset, r->post);
		if (r->cfa == ROW_HANDLER)
			fprintf(out, ":r%d%+d,*(r%d%+d)", r->reg, r->offset, r->reg, r->post);
		if (r->cfa == ROW_INDEX)
			fprintf(out, ":*(r7+8*r%d%+d)%+d", r->reg, r->offset, r->post);
		print_save(out, "fp", r->fp, r->fp_offset);
		print_save(out, "ra", r->ra, r->ra_offset);
		fprintf(out, "%s", r->landing ? " landing" : "");
	}
	fclose(out);
	return text;
}

/* What the header promises of every table. */
static inline void check_rows(const struct elf_rows *rows)
{
	size_t i, unsupported = 0;

	for (i = 0; i < rows->cnt; i++) {
		const struct elf_row *r = &rows->items[i];

		unsupported += r->cfa == ROW_UNSUPPORTED;
		assert_true(r->cfa <= ROW_UNSUPPORTED && r->reg < 16 && !r->pad);
		assert_true(r->fp <= SAVE_UNSUPPORTED && r->ra <= SAVE_UNSUPPORTED);
		if (i) {
			assert_true(r[-1].address < r->address);
			assert_memory_not_equal(&r[-1].offset, &r->offset, sizeof(*r) - 8);
		}
	}
	assert_int_equal(rows->unsupported, unsupported);
	if (rows->cnt)
		assert_int_equal(rows->items[rows->cnt - 1].cfa, ROW_NONE);
}

static inline void expect_rows(const struct bytes *eh, const struct bytes *debug, const char *want)
{
	struct elf_rows rows;
	char *text;

	assert_int_equal(build(eh, debug, &rows), 0);
	check_rows(&rows);
	text = print_rows(&rows);
	assert_string_equal(text, want);
	free(text);
	elf_rows_release(&rows);
}

#endif
