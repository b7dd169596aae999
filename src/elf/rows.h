/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How to find the caller's frame at each address of a file: unwind rows out of .eh_frame,
 * .debug_frame and Go's .gopclntab. A row holds from its address up to the next row's; addresses are
 * virtual, as linked. What no table covers is ROW_NONE: the frame pointer is all there is.
 */
#ifndef EBPROF_ELF_ROWS_H
#define EBPROF_ELF_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "base/busy.h"

struct elf_file;

/* Where the CFA (the stack pointer before the call) is. */
enum row_cfa {
	ROW_NONE = 0,   /* nothing is known: by frame pointer */
	ROW_REG = 1,    /* reg + offset */
	ROW_PLT10 = 2,  /* sp + 8 + ((pc & 15) >= 10) * 8: binutils' PLT expression */
	ROW_PLT11 = 3,  /* the same with 11 */
	ROW_DEREF = 4,  /* *(reg + offset) + post */
	ROW_SIGNAL = 5, /* a signal frame: all registers are in its mcontext; starts a byte early */
	ROW_STOP = 6,   /* the return address is undefined: the stack's root */
	ROW_FP = 7,     /* Go where the stack is switched: the frame pointer alone leads back */
	/*
	 * reg + offset while nothing was copied: libgcc copies a handler's saved registers over the
	 * function's own, the return address too. Then it is *(reg + post), below which that address is.
	 */
	ROW_HANDLER = 8,
	ROW_INDEX = 9,        /* *(sp + 8 × reg + offset) + post */
	ROW_UNSUPPORTED = 10, /* a rule that the walker cannot follow */
};

/* Where a saved value is. */
enum row_save {
	SAVE_SAME = 0,  /* still in its register */
	SAVE_CFA = 1,   /* at CFA + offset */
	SAVE_DEREF = 2, /* at *(fp), by the expression breg6+0 */
	SAVE_REG = 3,   /* in another register (its number is the offset) */
	SAVE_UNSUPPORTED = 4,
};

struct elf_row {
	uint64_t address;
	int32_t offset; /* of the CFA rule */
	int16_t post;   /* ROW_DEREF, ROW_HANDLER and ROW_INDEX */
	uint8_t cfa;    /* enum row_cfa */
	uint8_t reg;    /* DWARF number of the register that the rule is by */
	uint8_t fp;     /* enum row_save of the caller's frame pointer */
	uint8_t ra;     /* enum row_save of the return address */
	int16_t fp_offset;
	int16_t ra_offset;
	uint8_t landing; /* the return address is where a handler begins: no call is in front of it */
	uint8_t pad;
};

struct elf_rows {
	struct elf_row *items; /* sorted by address, successive ones differ, the last is ROW_NONE */
	size_t cnt, cap;
	size_t unsupported; /* rows of kind ROW_UNSUPPORTED */
	size_t fdes;        /* ranges of code that they were made of: FDEs and functions of Go */
};

/* What elf_rows_build() may be told beside the file; NULL for it all: nothing. */
struct elf_rows_more {
	struct elf_file *debug; /* its file of debug information, NULL = none */
	struct busy busy;       /* is called each fraction of a millisecond of the work */
	/*
	 * Gets the rows in order and in pieces, which are then forgotten: memory that is in the
	 * processor's caches, instead of 20 MB for a large file. NULL: they are all kept.
	 */
	void (*rows)(void *arg, const struct elf_row *rows, size_t cnt);
	void *rows_arg;
};

/*
 * Builds all rows of a file (in 'rows', but for their count, only when nobody gets them in pieces); an empty table where it has none, or is not for x86-64. Without a
 * .debug_frame of its own, that of its file of debug information. 0, -ENOMEM, or -EINVAL when the tables are so broken that none of them is used. The caller releases it. Rows in
 * force at padding of up to 16 bytes behind a function are those of its end. What the file says of
 * other registers than the CFA, the frame pointer and the return address is not kept; a rule that
 * moves the stack pointer to elsewhere than the CFA makes the row unsupported.
 */
int elf_rows_build(struct elf_file *f, const struct elf_rows_more *more, struct elf_rows *rows);
void elf_rows_release(struct elf_rows *rows);
/* The row that holds at an address, NULL = before the first. */
const struct elf_row *elf_rows_find(const struct elf_rows *rows, uint64_t address);

#endif
