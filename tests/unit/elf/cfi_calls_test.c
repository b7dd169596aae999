// SPDX-License-Identifier: Apache-2.0
/* Calls out of functions whose CFA is in a register that their callees keep. */
#include "elf/tables.h"

#include "elf/cfi_ops.h"

#define CODE_AT (0x800 + TABLE) /* in the image, of TEXT */

static void put_call(uint8_t *image, uint64_t from, uint64_t to)
{
	uint32_t by = (uint32_t)(to - from - ARCH_CALL_SIZE);

	image += CODE_AT + from - TEXT;
	image[0] = ARCH_CALL;
	memcpy(image + 1, &by, sizeof(by));
}

/* Rows of a function at TEXT with this program, which has the calls that 'calls' lists in pairs. */
static void expect_calls(const char *program, const uint64_t *calls, const char *want)
{
	struct bytes b = { .size = 0 };
	struct elf_rows rows;
	Elf64_Phdr *code;
	uint8_t *image;
	size_t size;
	char *text;

	put_cie(&b);
	put_fde(&b, 0, 0x1000, 0x40, program);
	put_fde(&b, 0, 0x1100, 0x20, "41 0e10 8302 44 0e20"); /* saves rbx */
	put_fde(&b, 0, 0x1200, 0x20, "41 0e10 8602");         /* rbp */
	put_fde(&b, 0, 0x1300, 0x20, "41 0e10 8302 44 8303"); /* rbx at two places */
	put_fde(&b, 0, 0x1400, 0x20, "41 0e10 8d02");         /* r13 */
	image = make_image(&b, NULL, &size);
	code = (Elf64_Phdr *)(image + 0x100);
	code->p_offset = CODE_AT;
	code->p_filesz = TABLE;
	for (; *calls; calls += 2)
		put_call(image, calls[0], calls[1]);
	assert_int_equal(build_image(image, size, &rows), 0);
	check_rows(&rows);
	text = print_rows(&rows);
	assert_true(!strncmp(text, want, strlen(want)));
	assert_true(!strncmp(text + strlen(want), " 1040:none", 10));
	free(text);
	free(image);
	elf_rows_release(&rows);
}

#define HEAD   "1000:r7+8 ra@-8 1001:r7+16 ra@-8 1004:r3+16 ra@-8 "
#define TAIL   "1038:r7+16 ra@-8"
#define BY_RBX "41 0e10 8302 43 0d03 74 0d07"

static void test_saved(void **state)
{
	static const uint64_t one[] = { 0x1010, 0x1100, 0 };
	static const uint64_t two[] = { 0x1004, 0x1100, 0x1033, 0x1100, 0 };

	expect_calls(BY_RBX, one, HEAD "1011:*(r7-16)+16 ra@-8 1015:r3+16 ra@-8 " TAIL);
	expect_calls(BY_RBX, two,
	             HEAD "1005:*(r7-16)+16 ra@-8 1009:r3+16 ra@-8 1034:*(r7-16)+16 ra@-8 " TAIL);
}

static void test_not_known(void **state)
{
	static const uint64_t not_saved[] = { 0x1010, 0x1200, 0 };
	static const uint64_t two_places[] = { 0x1010, 0x1300, 0 };
	static const uint64_t no_function[] = { 0x1010, 0x1101, 0x1020, 0x20000, 0x1028, 0x10, 0 };
	static const uint64_t outside[] = { 0x1034, 0x1100, 0x1038, 0x1100, 0 };

	expect_calls(BY_RBX, not_saved, HEAD TAIL);
	expect_calls(BY_RBX, two_places, HEAD TAIL);
	expect_calls(BY_RBX, no_function, HEAD TAIL);
	expect_calls(BY_RBX, outside, HEAD TAIL);
}

static void test_other_registers(void **state)
{
	static const uint64_t both[] = { 0x1010, 0x1100, 0x1020, 0x1400, 0 };

	/* r13, kept; r10, not kept; rbp, which every row has */
	expect_calls("44 0c0d10 70 0c0708", both,
	             "1000:r7+8 ra@-8 1004:r13+16 ra@-8 1021:*(r7-16)+16 ra@-8 1025:r13+16 ra@-8 "
	             "1034:r7+8 ra@-8");
	expect_calls("44 0c0a10", both, "1000:r7+8 ra@-8 1004:r10+16 ra@-8");
	expect_calls("44 0c0610", both, "1000:r7+8 ra@-8 1004:r6+16 ra@-8");
	/* too far for a rule */
	expect_calls("44 0c03808008", both, "1000:r7+8 ra@-8 1004:r3+131072 ra@-8");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_saved),
		cmocka_unit_test(test_not_known),
		cmocka_unit_test(test_other_registers),
	};

	return cmocka_run_group_tests_name("cfi_calls", tests, NULL, NULL);
}
