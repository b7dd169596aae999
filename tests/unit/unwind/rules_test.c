// SPDX-License-Identifier: Apache-2.0
/* Rules: each once, what happens when there are too many, and what a row becomes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "elf/rows.h"
#include "unwind/rules.h"

static struct rules rules;
static struct unwind_rule items[RULES_MAX];

static int reset(void **state)
{
	rules_init(&rules, items);
	return 0;
}

static void test_each_once(void **state)
{
	struct unwind_rule a = { .kind = RULE_SP, .cfa = 8 }, b = { .kind = RULE_SP, .cfa = 16 };
	uint32_t n = rules_number(&rules, a);

	assert_int_equal(n, 2);
	assert_int_equal(rules_number(&rules, b), 3);
	assert_int_equal(rules_number(&rules, a), n);
	assert_int_equal(items[n].cfa, 8);
	assert_int_equal(rules.cnt, 4);
}

static void test_fixed_numbers(void **state)
{
	struct unwind_rule fp = { .kind = RULE_FP }, unsupported = { .kind = RULE_UNSUPPORTED };

	assert_int_equal(rules_number(&rules, fp), RULE_NUMBER_FP);
	assert_int_equal(rules_number(&rules, unsupported), RULE_NUMBER_UNSUPPORTED);
	assert_int_equal(items[0].kind, RULE_FP);
	assert_int_equal(items[1].kind, RULE_UNSUPPORTED);
}

static void test_too_many(void **state)
{
	struct unwind_rule r = { .kind = RULE_SP };
	uint32_t i;

	for (i = 2; i < RULES_MAX; i++) {
		r.cfa = (int32_t)i * 8;
		assert_int_equal(rules_number(&rules, r), i);
	}
	assert_int_equal(rules.full, 0);
	r.cfa = -8;
	assert_int_equal(rules_number(&rules, r), RULE_NUMBER_UNSUPPORTED);
	assert_int_equal(rules_number(&rules, r), RULE_NUMBER_UNSUPPORTED);
	assert_int_equal(rules.full, 2);
	/* Those that are there are still found. */
	for (i = 2; i < RULES_MAX; i++) {
		r.cfa = (int32_t)i * 8;
		assert_int_equal(rules_number(&rules, r), i);
	}
}

/* The usual row: the return address just below the CFA. */
static struct elf_row usual(uint8_t cfa, uint8_t reg, int32_t offset)
{
	return (struct elf_row){
		.cfa = cfa, .reg = reg, .offset = offset, .ra = SAVE_CFA, .ra_offset = -8
	};
}

static void check(struct elf_row row, uint8_t kind, uint8_t fp, int16_t fp_off, int32_t cfa)
{
	struct unwind_rule r = rule_of_row(&row);

	assert_int_equal(r.kind, kind);
	assert_int_equal(r.fp, fp);
	assert_int_equal(r.fp_off, fp_off);
	assert_int_equal(r.cfa, cfa);
}

static void test_registers(void **state)
{
	check(usual(ROW_REG, 7, 24), RULE_SP, RULE_FP_SAME, 0, 24);
	check(usual(ROW_REG, 6, 16), RULE_BP, RULE_FP_SAME, 0, 16);
	check(usual(ROW_REG, 10, 0), RULE_REG, 10 << 4, 0, 0);
	check(usual(ROW_REG, 15, 1 << 30), RULE_REG, 15 << 4, 0, 1 << 30);
	check(usual(ROW_REG, 16, 8), RULE_UNSUPPORTED, 0, 0, 0);
}

static void test_frame_pointer(void **state)
{
	struct elf_row row = usual(ROW_REG, 7, 24);

	row.fp = SAVE_CFA;
	row.fp_offset = -16;
	check(row, RULE_SP, RULE_FP_CFA, -16, 24);
	row.reg = 12;
	check(row, RULE_REG, RULE_FP_CFA | 12 << 4, -16, 24);
	row = usual(ROW_REG, 6, 16);
	row.fp = SAVE_DEREF;
	check(row, RULE_BP, RULE_FP_DEREF, 0, 16);
	row.fp = SAVE_REG;
	check(row, RULE_BP, RULE_FP_LOST, 0, 16);
	row.fp = SAVE_UNSUPPORTED;
	check(row, RULE_BP, RULE_FP_LOST, 0, 16);
}

static void test_kinds(void **state)
{
	check(usual(ROW_NONE, 0, 0), RULE_FP, 0, 0, 0);
	check(usual(ROW_FP, 7, 99), RULE_SWITCH, 0, 0, 0);
	check(usual(ROW_SIGNAL, 7, 99), RULE_SIGNAL, 0, 0, 0);
	check(usual(ROW_STOP, 7, 8), RULE_STOP, 0, 0, 0);
	check(usual(ROW_UNSUPPORTED, 7, 8), RULE_UNSUPPORTED, 0, 0, 0);
	check(usual(99, 7, 8), RULE_UNSUPPORTED, 0, 0, 0);
	check(usual(ROW_PLT10, 7, 8), RULE_PLT10, 0, 0, 0);
	check(usual(ROW_PLT11, 7, 8), RULE_PLT11, 0, 0, 0);
}

static void test_deref(void **state)
{
	struct elf_row row = usual(ROW_DEREF, 6, -8);

	check(row, RULE_DEREF_BP, 0, 0, 0xfff8);
	row.post = 8;
	check(row, RULE_DEREF_BP, 0, 0, 0x8fff8);
	row.post = -16;
	row.reg = 7;
	row.offset = 32767;
	check(row, RULE_DEREF_SP, 0, 0, (int32_t)0xfff07fff);
	row.offset = 32768;
	check(row, RULE_UNSUPPORTED, 0, 0, 0);
	row.offset = 0;
	row.reg = 3;
	check(row, RULE_UNSUPPORTED, 0, 0, 0);
}

static void test_handler(void **state)
{
	struct elf_row row = usual(ROW_HANDLER, 6, 16);

	row.post = -0x220;
	check(row, RULE_UNSUPPORTED, 0, 0, 0);
	row.fp = SAVE_CFA;
	row.fp_offset = -16;
	check(row, RULE_HANDLER, RULE_FP_CFA, -16, (int32_t)0xfde00010);
	row.reg = 7;
	check(row, RULE_UNSUPPORTED, 0, 0, 0);
	row = usual(ROW_REG, 2, 8);
	row.landing = 1;
	check(row, RULE_REG, 2 << 4 | RULE_LANDING, 0, 8);
	row.fp = SAVE_DEREF;
	check(row, RULE_REG, 2 << 4 | RULE_LANDING | RULE_FP_DEREF, 0, 8);
	row = usual(ROW_REG, 7, 0);
	row.landing = 1;
	row.ra = SAVE_REG;
	row.ra_offset = 2;
	check(row, RULE_RA_REG, 2 << 4 | RULE_LANDING, 0, 0);
}

static void test_index(void **state)
{
	struct elf_row row = usual(ROW_INDEX, 9, 8);

	row.post = 8;
	check(row, RULE_INDEX, 9 << 4, 0, 0x80008);
	row.offset = 32768;
	check(row, RULE_UNSUPPORTED, 0, 0, 0);
	row.offset = 0;
	row.reg = 16;
	check(row, RULE_UNSUPPORTED, 0, 0, 0);
}

static void test_return_address(void **state)
{
	struct elf_row row = usual(ROW_REG, 7, 0);

	row.ra = SAVE_REG;
	row.ra_offset = 5;
	check(row, RULE_RA_REG, 5 << 4, 0, 0);
	row.ra_offset = 16;
	check(row, RULE_UNSUPPORTED, 0, 0, 0);
	row.ra_offset = 5;
	row.fp = SAVE_CFA;
	check(row, RULE_UNSUPPORTED, 0, 0, 0);
	row = usual(ROW_REG, 7, 16);
	row.ra_offset = -16;
	check(row, RULE_UNSUPPORTED, 0, 0, 0);
	row.ra = SAVE_SAME;
	check(row, RULE_UNSUPPORTED, 0, 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_each_once, reset),
		cmocka_unit_test_setup(test_fixed_numbers, reset),
		cmocka_unit_test_setup(test_too_many, reset),
		cmocka_unit_test(test_registers),
		cmocka_unit_test(test_frame_pointer),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_deref),
		cmocka_unit_test(test_handler),
		cmocka_unit_test(test_index),
		cmocka_unit_test(test_return_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
