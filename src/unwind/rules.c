// SPDX-License-Identifier: Apache-2.0
#include "unwind/rules.h"

#include <string.h>

#include "elf/rows.h"

/* DWARF numbers of x86-64. */
enum {
	DWARF_BP = 6,
	DWARF_SP = 7,
	DWARF_REGS = 16,
};

static uint64_t rule_word(struct unwind_rule rule)
{
	uint64_t word;

	memcpy(&word, &rule, sizeof(word));
	return word;
}

void rules_init(struct rules *r, struct unwind_rule *items)
{
	memset(r, 0, sizeof(*r));
	r->items = items;
	r->items[RULE_NUMBER_FP] = (struct unwind_rule){ .kind = RULE_FP };
	r->cnt = 1;
	rules_number(r, (struct unwind_rule){ .kind = RULE_UNSUPPORTED });
}

uint32_t rules_number(struct rules *r, struct unwind_rule rule)
{
	uint64_t word = rule_word(rule);
	uint32_t i = (uint32_t)((word * 0x9e3779b97f4a7c15ull) >> 49); /* of 2^15 slots */

	if (!word)
		return RULE_NUMBER_FP;
	while (r->slots[i]) {
		if (rule_word(r->items[r->slots[i]]) == word)
			return r->slots[i];
		i = (i + 1) % (2 * RULES_MAX);
	}
	if (r->cnt == RULES_MAX) {
		r->full++;
		return RULE_NUMBER_UNSUPPORTED;
	}
	r->items[r->cnt] = rule;
	r->slots[i] = (uint16_t)r->cnt;
	return r->cnt++;
}

static const struct unwind_rule unsupported = { .kind = RULE_UNSUPPORTED };

/* Two small offsets; 0 or -1. */
static int rule_set_halves(struct unwind_rule *rule, const struct elf_row *row)
{
	rule->cfa = (int32_t)((uint16_t)row->offset | (uint32_t)row->post << 16);
	return row->offset == (int16_t)row->offset ? 0 : -1;
}

/* Where the CFA is; 0 or -1 = no rule can say it. */
static int rule_set_cfa(struct unwind_rule *rule, const struct elf_row *row)
{
	rule->cfa = row->offset;
	switch (row->cfa) {
	case ROW_PLT10:
	case ROW_PLT11:
		rule->kind = row->cfa == ROW_PLT10 ? RULE_PLT10 : RULE_PLT11;
		rule->cfa = 0;
		return 0;
	case ROW_DEREF:
		if (row->reg != DWARF_SP && row->reg != DWARF_BP)
			return -1;
		rule->kind = row->reg == DWARF_SP ? RULE_DEREF_SP : RULE_DEREF_BP;
		return rule_set_halves(rule, row);
	case ROW_INDEX:
		rule->kind = RULE_INDEX;
		rule->fp = (uint8_t)(row->reg << 4);
		return row->reg < DWARF_REGS ? rule_set_halves(rule, row) : -1;
	case ROW_HANDLER:
		rule->kind = RULE_HANDLER;
		return row->reg == DWARF_BP && row->fp == SAVE_CFA ? rule_set_halves(rule, row)
		                                                   : -1;
	case ROW_REG:
		rule->kind = row->reg == DWARF_SP   ? RULE_SP
		             : row->reg == DWARF_BP ? RULE_BP
		                                    : RULE_REG;
		if (rule->kind == RULE_REG)
			rule->fp = (uint8_t)(row->reg << 4);
		return row->reg < DWARF_REGS ? 0 : -1;
	}
	return -1;
}

static void rule_set_fp(struct unwind_rule *rule, const struct elf_row *row)
{
	switch (row->fp) {
	case SAVE_SAME:
		rule->fp |= RULE_FP_SAME;
		return;
	case SAVE_CFA:
		rule->fp |= RULE_FP_CFA;
		rule->fp_off = row->fp_offset;
		return;
	case SAVE_DEREF:
		rule->fp |= RULE_FP_DEREF;
		return;
	}
	rule->fp |= RULE_FP_LOST;
}

/* vfork and what goes to a handler: the return address was popped into a register. */
static struct unwind_rule rule_of_register(const struct elf_row *row)
{
	uint8_t landing = row->landing ? RULE_LANDING : 0;

	if (row->cfa != ROW_REG || row->reg != DWARF_SP || row->fp != SAVE_SAME ||
	    row->ra_offset < 0 || row->ra_offset >= DWARF_REGS)
		return unsupported;
	return (struct unwind_rule){ .kind = RULE_RA_REG,
		                     .fp = (uint8_t)(row->ra_offset << 4 | landing),
		                     .cfa = row->offset };
}

struct unwind_rule rule_of_row(const struct elf_row *row)
{
	struct unwind_rule rule = { 0 };

	switch (row->cfa) {
	case ROW_NONE:
		return rule;
	case ROW_FP:
		rule.kind = RULE_SWITCH;
		return rule;
	case ROW_SIGNAL:
		rule.kind = RULE_SIGNAL;
		return rule;
	case ROW_STOP:
		rule.kind = RULE_STOP;
		return rule;
	}
	if (row->ra == SAVE_REG)
		return rule_of_register(row);
	if (row->ra != SAVE_CFA || row->ra_offset != -8 || rule_set_cfa(&rule, row))
		return unsupported;
	rule_set_fp(&rule, row);
	if (row->landing)
		rule.fp |= RULE_LANDING;
	return rule;
}
