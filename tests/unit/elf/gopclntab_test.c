// SPDX-License-Identifier: Apache-2.0
/* Go's table in its three layouts, made by hand: what its functions' rows are, and broken ones. */
#include "elf/go_table.h"

#define CODE (0x800 + TABLE) /* in the image */

/* A function of 64 bytes: code at its entry, stack depths ("0 for 1 byte, then 8 for 63"), flags. */
struct function {
	const char *name, *code, *depths;
	bool assembly;
	uint8_t flags;
};

#define PUSHED "55 4889e5"
#define FRAME  "02 01 10 3f 00"

static const struct function functions[] = {
	{ "main.a", PUSHED, FRAME, false, 0 },
	{ "main.b", PUSHED, "02 01 10 03 20 3c 00", false, 0 },
	{ "main.c", PUSHED, FRAME, false, 0 },
	{ "main.d", PUSHED, FRAME, false, 0 },
	{ "main.leaf", "c3", "02 40 00", false, 0 },
	{ "main.asm", "4883ec10 48896c2408", "02 04 20 3c 00", true, 0 },
	{ "main.keeps", "4883ec10 4889042448894c2408", "02 04 20 3c 00", true, 0 },
	{ "main.regs", "4883ec20 48893c24 4c89442408 48896c2410", "02 04 40 3c 00", true, 0 },
	{ "main.up", "59", "02 01 0f 3f 00", true, 0 },
	{ "runtime.systemstack.abi0", PUSHED, FRAME, true, 2 },
	{ "main.switches", "", "02 40 00", true, 2 },
	{ "runtime.nanotime1", PUSHED, FRAME, true, 0 },
	{ "runtime.goexit.abi0", "", "02 40 00", true, 0 },
	{ "main.top", "", "02 40 00", true, 1 },
	{ "runtime.sigtramp", PUSHED, FRAME, true, 1 },
	{ "runtime.sigreturn", "", "02 40 00", true, 0 },
	{ "runtime.sigreturn1", "", "02 40 00", true, 0 },
	{ "_rt0_amd64", "", "02 40 00", true, 0 },
};

#define FUNC_CNT (sizeof(functions) / sizeof(functions[0]))

static const char rows_want[] =
	"1000:r7+8 ra@-8 1001:r7+16 fp@-16 ra@-8 "                         /* a */
	"1040:r7+8 ra@-8 1041:r7+16 fp@-16 ra@-8 1044:r7+32 fp@-16 ra@-8 " /* b */
	"1080:r7+8 ra@-8 1081:r7+16 fp@-16 ra@-8 "                         /* c */
	"10c0:r7+8 ra@-8 10c1:r7+16 fp@-16 ra@-8 "                         /* d */
	"1100:r7+8 ra@-8 "                                                 /* leaf, asm */
	"1144:r7+24 fp@-16 ra@-8 1180:r7+8 ra@-8 1184:r7+24 ra@-8 "        /* asm, keeps */
	"11c0:r7+8 ra@-8 11c4:r7+40 fp@-24 ra@-8 "                         /* regs */
	"1200:r7+8 ra@-8 1201:unsupported "                                /* up */
	"1240:r7+8 ra@-8 1241:fp "                         /* systemstack, switches */
	"12c0:r7+8 ra@-8 12c1:fp 1300:stop "               /* nanotime1, goexit, top */
	"1380:r7+8 ra@-8 1381:r7+16 fp@-16 ra@-8 "         /* sigtramp */
	"13bf:signal 1400:r7+8 ra@-8 1440:stop 1480:none"; /* sigreturn, …1, _rt0 */

static void put_function(struct bytes *b, uint32_t magic, size_t i, size_t name, size_t pcsp)
{
	if (magic == GO_116)
		put(b, TEXT + i * GO_FUNC_SIZE, 8);
	else
		put(b, i * GO_FUNC_SIZE, 4);
	put(b, name, 4);
	put(b, 0, 8);
	put(b, pcsp, 4);
	put(b, 1, 4); /* pcfile */
	put(b, 0, 8);
	put(b, functions[i].assembly ? 1 : 0, 4); /* its unit */
	if (magic == GO_120)
		put(b, 1, 4); /* the line */
	put(b, 0, 1);
	put(b, functions[i].flags, 1);
	put(b, 0, 2);
}

/* The parts, each at an offset of the whole that the header has. */
struct parts {
	struct bytes names, units, files, pcs, funcs;
};

static void make_parts(struct parts *p, uint32_t magic)
{
	size_t names[FUNC_CNT], pcsps[FUNC_CNT], entry = magic == GO_116 ? 16 : 8, i;
	size_t size = magic == GO_116 ? 44 : magic == GO_118 ? 40 : 44;

	memset(p, 0, sizeof(*p));
	put_hex(&p->pcs, "00 02 40 00"); /* the first file of the unit */
	for (i = 0; i < FUNC_CNT; i++) {
		names[i] = put_string(&p->names, functions[i].name);
		pcsps[i] = p->pcs.size;
		put_hex(&p->pcs, functions[i].depths);
	}
	put(&p->units, put_string(&p->files, "m.go"), 4);
	put(&p->units, put_string(&p->files, "m.s"), 4);
	for (i = 0; i <= FUNC_CNT; i++) {
		put(&p->funcs, i * GO_FUNC_SIZE + (magic == GO_116 ? TEXT : 0), (int)entry / 2);
		put(&p->funcs, (FUNC_CNT + 1) * entry + i * size, (int)entry / 2);
	}
	for (i = 0; i < FUNC_CNT; i++)
		put_function(&p->funcs, magic, i, names[i], pcsps[i]);
}

/* 'text': where the header says that the code begins. */
static void make_table(struct bytes *b, uint32_t magic, uint64_t text)
{
	struct parts p;
	const struct bytes *const all[] = { &p.names, &p.units, &p.files, &p.pcs, &p.funcs };

	make_parts(&p, magic);
	put_go_table(b, magic, text, FUNC_CNT, 2, all);
}

/* The table and its code, which is 'shift' bytes behind the first of the segment. */
static uint8_t *make_go_image(const struct bytes *table, size_t shift, bool sections, size_t *size)
{
	uint8_t *image = make_image(table, NULL, size);
	Elf64_Ehdr *e = (Elf64_Ehdr *)image;
	Elf64_Phdr *ph = (Elf64_Phdr *)(image + e->e_phoff);
	Elf64_Shdr *sh = (Elf64_Shdr *)(image + e->e_shoff);
	size_t i;

	memcpy(image + 0x700 + sh[3].sh_size, ".gopclntab", 11);
	sh[1].sh_name = (uint32_t)sh[3].sh_size;
	sh[3].sh_size += 11;
	ph[0].p_offset = CODE;
	ph[0].p_filesz = ph[0].p_memsz;
	for (i = 0; i < FUNC_CNT; i++) {
		struct bytes code = { .size = 0 };

		put_hex(&code, functions[i].code);
		memcpy(image + CODE + shift + i * GO_FUNC_SIZE, code.data, code.size);
	}
	if (!sections)
		e->e_shoff = e->e_shnum = e->e_shstrndx = 0;
	return image;
}

static void expect_table(const struct bytes *table, size_t shift, bool sections, const char *want)
{
	struct elf_rows rows;
	size_t size;
	uint8_t *image = make_go_image(table, shift, sections, &size);
	char *text;

	assert_int_equal(build_image(image, size, &rows), 0);
	check_rows(&rows);
	text = print_rows(&rows);
	assert_string_equal(text, want);
	free(text);
	free(image);
	elf_rows_release(&rows);
}

static void test_layouts(void **state)
{
	static const uint32_t magics[] = { GO_116, GO_118, GO_120 };
	struct bytes b;
	size_t i;

	for (i = 0; i < 3; i++) {
		make_table(&b, magics[i], TEXT);
		expect_table(&b, 0, true, rows_want);
		expect_table(&b, 0, false, rows_want);
	}
	make_table(&b, 0xfffffffb, TEXT); /* Go 1.2 */
	expect_table(&b, 0, true, "");
	make_table(&b, 0xfffffff2, TEXT); /* to come */
	expect_table(&b, 0, true, "");
}

/* The header says nothing or something wrong; C code lies in front; or nothing fits. */
static void test_text_is_found(void **state)
{
	struct elf_rows rows;
	struct bytes b;
	size_t size;
	uint8_t *image;

	make_table(&b, GO_120, 0);
	expect_table(&b, 0, true, rows_want);
	make_table(&b, GO_120, TEXT + 0x18);
	expect_table(&b, 0, true, rows_want);
	image = make_go_image(&b, 0x20, true, &size);
	assert_int_equal(build_image(image, size, &rows), 0);
	assert_int_equal(rows.items[0].address, TEXT + 0x20);
	elf_rows_release(&rows);
	memset(image + CODE, 0xcc, TEXT_END - TEXT);
	assert_int_equal(build_image(image, size, &rows), 0);
	assert_int_equal(rows.cnt, 0);
	free(image);
}

static void test_changed_bytes(void **state)
{
	static const uint8_t values[] = { 0, 1, 0x7f, 0x80, 0xff };
	struct elf_rows rows;
	struct bytes b;
	size_t size, i, k;
	uint8_t *image, was;

	make_table(&b, GO_120, TEXT);
	image = make_go_image(&b, 0, true, &size);
	for (i = 0; i < b.size; i++)
		for (k = 0; k < sizeof(values); k++) {
			was = image[0x800 + i];
			image[0x800 + i] = values[k];
			assert_int_equal(build_image(image, size, &rows), 0);
			check_rows(&rows);
			elf_rows_release(&rows);
			image[0x800 + i] = was;
		}
	free(image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layouts),
		cmocka_unit_test(test_text_is_found),
		cmocka_unit_test(test_changed_bytes),
	};

	return cmocka_run_group_tests_name("gopclntab", tests, NULL, NULL);
}
