/* SPDX-License-Identifier: Apache-2.0 */
/* The values of attributes, and entries (DIEs) as far as anyone here reads them. */
#ifndef EBPROF_SYMBOLIZE_DWARF_FORM_H
#define EBPROF_SYMBOLIZE_DWARF_FORM_H

#include <stdbool.h>
#include <stdint.h>

#include "symbolize/dwarf_abbrev.h"
#include "symbolize/dwarf_read.h"

struct dwarf_unit;

/* Sizes of forms that have no number of bytes of their own. */
enum { DWARF_SIZE_VARIES = -1, DWARF_SIZE_OFFSET = -2, DWARF_SIZE_ADDRESS = -3 };

/* What is written there; the functions below make sense of it. */
struct dwarf_value {
	uint64_t number;
	const char *text; /* of DW_FORM_string */
	uint16_t form;    /* 0 = the entry has no such attribute */
};

struct dwarf_die {
	const struct dwarf_abbrev *abbrev;
	struct dwarf_value values[SLOT_CNT];
};

/* An attribute without a slot, of that form. */
struct dwarf_attr dwarf_attr_of(uint64_t form);
bool dwarf_form_read(struct dwarf_cursor *c, const struct dwarf_unit *u, const struct dwarf_attr *a,
                     struct dwarf_value *v);
/* Of an entry whose code has been read: its attributes, or the place behind them. */
bool dwarf_die_read(struct dwarf_cursor *c, const struct dwarf_unit *u,
                    const struct dwarf_abbrev *abbrev, struct dwarf_die *die);
bool dwarf_die_skip(struct dwarf_cursor *c, const struct dwarf_unit *u,
                    const struct dwarf_abbrev *abbrev);

/* NULL or false: it is no such thing, or it leads nowhere. */
const char *dwarf_value_text(const struct dwarf_unit *u, const struct dwarf_value *v);
bool dwarf_value_address(const struct dwarf_unit *u, const struct dwarf_value *v,
                         uint64_t *address);
bool dwarf_value_is_address(const struct dwarf_value *v);
/* The unit and the offset in .debug_info of the entry that is referred to. */
struct dwarf_unit *dwarf_value_ref(struct dwarf_unit *u, const struct dwarf_value *v,
                                   uint64_t *offset);
/* The address of that number in the unit's part of .debug_addr. */
bool dwarf_address(const struct dwarf_unit *u, uint64_t number, uint64_t *address);

#endif
