/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Go's table of functions (.gopclntab of Go 1.16 and later), by which its runtime walks stacks: for
 * each function, how far the stack pointer is below its value at the entry, from address to address.
 */
#ifndef EBPROF_ELF_GOPCLNTAB_H
#define EBPROF_ELF_GOPCLNTAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "elf/cfi_read.h"

struct elf_file;
struct row_builder;
struct row_range;

struct go_table {
	struct elf_file *file;
	const uint8_t *data;
	size_t size;
	unsigned int version; /* 16, 18, 20: the Go that brought this layout */
	unsigned int quantum; /* bytes: instructions begin at multiples of it */
	uint64_t func_cnt;
	uint64_t names, units, files, pcs, funcs; /* offsets of its parts */
	uint64_t text;                            /* what its addresses are relative to */
	size_t steps;                             /* that may still be made through pcs */
	const uint8_t *code;                      /* the first bytes of the code, NULL = none */
	uint64_t code_address, code_size;
	bool elsewhere; /* the code behind them may be looked at */
};

struct go_func {
	const char *name; /* "" = not known */
	bool assembly, top_frame, writes_sp;
	uint32_t pcsp; /* 0 = no table */
};

/* A walk through a table of values, such as the stack's depth: 'value' holds up to 'pc'. */
struct go_steps {
	struct cursor c;
	uint64_t pc;
	int64_t value;
	bool begun;
};

/*
 * Finds and checks the table; false: there is none that can be used. What it points to lives as long
 * as the file.
 */
bool go_find(struct elf_file *f, struct go_table *t);
/* Adds the range of each function to the builder. 0 or -ENOMEM. */
int go_scan(struct go_table *t, struct row_builder *b);
/* Puts the rows of a function. */
void go_run(struct go_table *t, const struct row_range *range, struct row_builder *b);

/* The entry of function i, relative to 'text'; the one behind the last is the end of the code. */
uint64_t go_entry(const struct go_table *t, uint64_t i);
/* Where function i is described: an offset from 'funcs'. */
uint64_t go_func_offset(const struct go_table *t, uint64_t i);
struct go_func go_func_at(const struct go_table *t, uint64_t offset);
/* n bytes of the table as a number; 0 = it does not have them. */
uint64_t go_word(const struct go_table *t, uint64_t at, unsigned int n);
/* The string at an offset from a part of the table; "" = none of at most 'max' bytes is there. */
const char *go_string(const struct go_table *t, uint64_t part, uint64_t offset, size_t max);
/* 'table': an offset from 'pcs', 0 = none. */
void go_steps_start(const struct go_table *t, uint32_t table, uint64_t entry, struct go_steps *s);
bool go_steps_next(struct go_table *t, struct go_steps *s);
/*
 * Where the frame pointer is saved, from the CFA, by the code that has just made the stack that deep
 * at 'pc'; 0 = it does not save it there.
 */
int64_t go_saved_fp(const struct go_table *t, uint64_t pc, int64_t depth);

#endif
