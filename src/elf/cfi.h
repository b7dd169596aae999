/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Call frame information, DWARF 2 to 5: .eh_frame and .debug_frame. A table is a chain of records; a
 * CIE holds what its FDEs share, an FDE a small program that makes the rows of one range of code.
 */
#ifndef EBPROF_ELF_CFI_H
#define EBPROF_ELF_CFI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "elf/cfi_read.h"
#include "elf/rows.h"

struct elf_file;
struct row_builder;
struct row_range;

/* As a rule of elf_row.ra while a program runs. */
#define SAVE_UNDEFINED 15

struct cfi_cie {
	uint64_t offset; /* of its record */
	uint32_t code_align;
	int32_t data_align;
	uint8_t ra;       /* the return address's column */
	uint8_t encoding; /* DW_EH_PE_* of its FDEs' addresses */
	bool augmented;   /* its FDEs have augmentation data */
	bool signal;
	struct elf_row initial; /* after its own program */
};

struct cfi_table {
	const uint8_t *data;
	size_t size;
	uint64_t address; /* of the first byte, virtual */
	bool eh;          /* .eh_frame, not .debug_frame */
	bool open;        /* 'size' is only a limit: a zero length or a record amiss ends it */
	bool broken;      /* a record was not what it must be */
	struct cfi_cie *cies;
	size_t cie_cnt, cie_cap;
};

/* Finds the table of a file, by section or by PT_GNU_EH_FRAME. False: there is none. */
bool cfi_find_eh(struct elf_file *f, struct cfi_table *t);
bool cfi_find_debug(struct elf_file *f, struct cfi_table *t);
/* Reads all records: CIEs are kept, each FDE becomes a range of the builder. 0 or -ENOMEM. */
int cfi_scan(struct cfi_table *t, struct row_builder *b);
void cfi_release(struct cfi_table *t);

/* Runs a CIE's own program; false when it is broken. 'cie' is filled in but for 'initial'. */
bool cfi_run_cie(struct cfi_cie *cie, struct cursor program);
/* Runs the program of a range: puts its rows. */
void cfi_run(const struct cfi_table *t, const struct row_range *range, struct row_builder *b);
/* The same with another register in the frame pointer's place. */
void cfi_run_following(const struct cfi_table *t, const struct row_range *range, uint8_t fp,
                       struct row_builder *b);

/* What an expression says about the CFA: cfa, reg, offset and post of the row. */
void cfi_cfa_expression(const uint8_t *p, size_t size, struct elf_row *row);
/* What an expression says about where the frame pointer is saved: SAVE_DEREF or SAVE_UNSUPPORTED. */
uint8_t cfi_save_expression(const uint8_t *p, size_t size);

#endif
