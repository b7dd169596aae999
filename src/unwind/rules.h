/* SPDX-License-Identifier: Apache-2.0 */
/* The rules that the rows of all files share, each distinct one once. They are never removed. */
#ifndef EBPROF_UNWIND_RULES_H
#define EBPROF_UNWIND_RULES_H

#include <stdint.h>

#include "tables.h"

struct elf_row;

struct rules {
	struct unwind_rule *items; /* RULES_MAX; not owned */
	uint32_t cnt;
	uint64_t full; /* times that there was no room */
	uint16_t slots[2 * RULES_MAX];
};

/* Numbers of rules that are always there. */
enum {
	RULE_NUMBER_FP = 0,
	RULE_NUMBER_UNSUPPORTED = 1,
};

void rules_init(struct rules *r, struct unwind_rule *items);
/* The number of an equal rule; when there is no room, RULE_NUMBER_UNSUPPORTED. */
uint32_t rules_number(struct rules *r, struct unwind_rule rule);
/* The rule that says what a row of a file says, as far as a rule can. */
struct unwind_rule rule_of_row(const struct elf_row *row);

#endif
