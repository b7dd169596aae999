/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of abbreviations: which attributes the entries (DIEs) of a unit have, and in which forms. */
#ifndef EBPROF_SYMBOLIZE_DWARF_ABBREV_H
#define EBPROF_SYMBOLIZE_DWARF_ABBREV_H

#include <stdbool.h>
#include <stdint.h>

struct dwarf_abbrevs;
struct dwarf_file;

/* The attributes that anyone here reads; SLOT_NONE: all others. */
enum dwarf_slot {
	SLOT_NONE,
	SLOT_NAME,
	SLOT_LINKAGE,
	SLOT_LOW_PC,
	SLOT_HIGH_PC,
	SLOT_RANGES,
	SLOT_ORIGIN,
	SLOT_SPECIFICATION,
	SLOT_CALL_FILE,
	SLOT_CALL_LINE,
	SLOT_DECL_LINE,
	SLOT_STMT_LIST,
	SLOT_COMP_DIR,
	SLOT_DWO_NAME,
	SLOT_DWO_ID,
	SLOT_ADDR_BASE,
	SLOT_STR_OFFSETS_BASE,
	SLOT_RNGLISTS_BASE,
	SLOT_RANGES_BASE,
	SLOT_CNT,
};

struct dwarf_attr {
	uint16_t form;
	uint8_t slot;
	int8_t size;      /* bytes, or DWARF_SIZE_*: asked for every entry */
	int32_t implicit; /* the value of DW_FORM_implicit_const, if it is a line or the like */
};

struct dwarf_abbrev {
	uint64_t code;
	uint32_t attr_cnt;
	uint16_t tag;
	bool has_children;
	bool has_code; /* its entries have addresses */
	bool fixed; /* its entries have bytes + offsets * size of one + addresses * size of one */
	uint32_t bytes, offsets, addresses;
	const struct dwarf_attr *attrs;
};

/* The table at an offset of .debug_abbrev, good until the next call; NULL = none is there. */
const struct dwarf_abbrevs *dwarf_abbrevs_get(struct dwarf_file *f, uint64_t offset);
void dwarf_abbrevs_drop(struct dwarf_file *f);
const struct dwarf_abbrev *dwarf_abbrev_find(const struct dwarf_abbrevs *a, uint64_t code);
/* The first entry of a table; false: it has more than 'max' attributes, or another code. */
bool dwarf_abbrev_first(struct dwarf_file *f, uint64_t offset, uint64_t code,
                        struct dwarf_abbrev *abbrev, struct dwarf_attr *attrs, uint32_t max);

#endif
