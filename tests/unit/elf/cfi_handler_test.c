// SPDX-License-Identifier: Apache-2.0
/* Functions that leave for a handler of an exception, as gcc compiles libgcc's. */
#include "elf/tables.h"

#include "elf/arch_x86_64.h"

#define CODE_AT (0x800 + TABLE) /* in the image, of TEXT */

/* From 0x1010 on; the call leads to 0x1100. */
#define INSTALL "e8eb000000 488bb568ffffff 488bbd60ffffff " /* up to 0x1023 */
#define STORE   "4889740508 "                               /* mov %rsi, 8(%rbp,%rax) */
#define LEA     "488d4c0d08 "                               /* lea 8(%rbp,%rcx), %rcx */
#define LOADS   "488b45c8 "                                 /* mov -0x38(%rbp), %rax */
#define LEAVE   "488b6d00 4889cc 59 ffe1"                   /* the CFI tells from the second on */
#define HANDLER "1011:handler:r6+16,*(r6-160) fp@-16 ra@-8 "

/* Rows of a function at TEXT with this code, whose CFA is in rcx when 'left' bytes of it are left. */
static void expect_code(const char *hex, const char *want)
{
	struct bytes b = { .size = 0 }, code = { .size = 0 };
	struct elf_rows rows;
	char program[80], all[400];
	uint8_t *image;
	size_t size;
	char *text;

	code.size = 0x10;
	memset(code.data, 0x90, code.size);
	put_hex(&code, hex);
	/* push %rbp; mov %rsp, %rbp; …; mov %rcx, %rsp; pop %rcx; jmp *%rcx */
	snprintf(program, sizeof(program),
	         "41 0e10 8602 43 0d06 02%02x c6 0c0208 43 0d07 41 091002 0e00",
	         (unsigned int)(code.size - 6 - 4));
	snprintf(all, sizeof(all),
	         "1000:r7+8 ra@-8 1001:r7+16 fp@-16 ra@-8 1004:r6+16 fp@-16 ra@-8 %s", want);
	put_cie(&b);
	put_fde(&b, 0, TEXT, (uint32_t)code.size, program);
	put_fde(&b, 0, 0x1100, 0x20, "");
	image = make_image(&b, NULL, &size);
	((Elf64_Phdr *)(image + 0x100))->p_offset = CODE_AT;
	((Elf64_Phdr *)(image + 0x100))->p_filesz = TABLE;
	memcpy(image + CODE_AT, code.data, code.size);
	assert_int_equal(build_image(image, size, &rows), 0);
	check_rows(&rows);
	text = print_rows(&rows);
	assert_true(strlen(text) > strlen(all));
	text[strlen(all)] = 0;
	assert_string_equal(text, all);
	free(text);
	free(image);
	elf_rows_release(&rows);
}

static void test_libgcc(void **state)
{
	expect_code(INSTALL STORE LOADS LEA LOADS LEAVE,
	            HANDLER "1028:*(r6-160)+0 fp@(fp) ra@-8 landing "
	                    "1031:r2+8 fp@(fp) ra@-8 landing 1039:r2+8 ra@-8 landing "
	                    "103c:r7+8 ra@-8 landing 103d:r7+0 ra=r2 landing");
	/* Debuggers' hook and shadow stacks in between */
	expect_code(INSTALL "e8d8000000 f3480f1eca 90 " STORE LEA LEAVE,
	            HANDLER "1033:*(r6-160)+0 fp@(fp) ra@-8 landing "
	                    "1038:r2+8 fp@(fp) ra@-8 landing 103c:r2+8 ra@-8 landing "
	                    "103f:r7+8 ra@-8 landing 1040:r7+0 ra=r2 landing");
}

static void test_other_order(void **state)
{
	static const char rest[] =
		HANDLER "102d:r2+8 fp@(fp) ra@-8 landing 1031:r2+8 ra@-8 landing "
			"1034:r7+8 ra@-8 landing 1035:r7+0 ra=r2 landing";

	expect_code(INSTALL LEA "4889741508 " LEAVE, rest);
	/* rdi first; the handler in r8 */
	expect_code("e8eb000000 488bbd60ffffff 4c8b8568ffffff " LEA "4c89440508 " LEAVE, rest);
	/* long displacements */
	expect_code(
		"e8eb000000 488bbd60ffffff 488bb568ffffff 488d8c0d08000000 4889b40508000000 " LEAVE,
		HANDLER "1033:r2+8 fp@(fp) ra@-8 landing 1037:r2+8 ra@-8 landing "
			"103a:r7+8 ra@-8 landing 103b:r7+0 ra=r2 landing");
}

/* Where the handler's CFA is cannot be seen: only what the CFI says is followed, and what is sure. */
static void test_no_install(void **state)
{
	static const char rest[] = "102d:r2+8 fp@(fp) ra@-8 landing 1031:r2+8 ra@-8 landing "
				   "1034:r7+8 ra@-8 landing 1035:r7+0 ra=r2 landing";

	/* a call of nothing that is known, no word below the handler, another argument, too far */
	expect_code("e8ec000000 488bb568ffffff 488bbd60ffffff " STORE LEA LEAVE, rest);
	expect_code("e8eb000000 488bb568ffffff 488bbd68ffffff " STORE LEA LEAVE, rest);
	expect_code("e8eb000000 488bb568ffffff 488bb560ffffff " STORE LEA LEAVE, rest);
	expect_code("e8eb000000 488bb508000080 488bbd00000080 " STORE LEA LEAVE, rest);
	expect_code("e8eb000000 488bb500000080 488bbdf8ffff7f " STORE LEA LEAVE, rest);
	expect_code("e8eb000000 488bb50800ffff 488bbd0000ffff " STORE LEA LEAVE, rest);
}

/* Nothing shows that it is such a function: as the CFI says. */
static void test_none(void **state)
{
	static const char plain[] = "1031:r2+8 ra@-8 1034:r7+8 ra@-8 1035:r7+0 ra=r2";

	expect_code(INSTALL STORE "488d4c0d10 " LEAVE, plain);
	expect_code(INSTALL STORE "488d540d08 " LEAVE, plain);
	expect_code(INSTALL "4889740510 " LEA LEAVE, plain);
	expect_code(INSTALL "4889744508 " LEA LEAVE, plain);
	expect_code(INSTALL "4889740408 " LEA LEAVE, plain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_libgcc),
		cmocka_unit_test(test_other_order),
		cmocka_unit_test(test_no_install),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests_name("cfi_handler", tests, NULL, NULL);
}
