// SPDX-License-Identifier: Apache-2.0
/*
 * Functions that keep the CFA in a register such as rbx while they call others: ld.so's
 * _dl_runtime_resolve aligns the stack and is in the midst of every call that is bound lazily.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "elf/cfi_ops.h"
#include "elf/file.h"

#define CODE_MAX    4096 /* bytes in which calls are looked for; ld.so's have 200 */
#define CALLS_MAX   64   /* looked at in a file; ld.so has 10 */
#define PROGRAM_MAX 4096 /* bytes of a callee's program, so that its rows are a few */

/* Where a function saves a register, from its CFA; 0 = nowhere, or not always there. */
static int16_t saved_at(const struct cfi_table *t, const struct row_range *callee, uint8_t reg)
{
	struct elf_rows rows = { 0 };
	struct row_builder sink = { .rows = &rows };
	const struct elf_row *row;
	int16_t at = 0;

	cfi_run_following(t, callee, reg, &sink);
	for (row = rows.items; sink.last && row <= sink.last; row++) {
		if (row->fp != SAVE_CFA)
			continue;
		if (at && at != row->fp_offset)
			break;
		at = row->fp_offset;
	}
	if (sink.last && row <= sink.last)
		at = 0;
	free(rows.items);
	return at;
}

/* The function that a call at 'address' leads to; false: those bytes are no such call. */
static bool find_callee(struct cfi_state *s, const uint8_t *code, uint64_t address,
                        struct row_range *callee)
{
	enum row_source_kind kind = s->table->eh ? FROM_EH_FRAME : FROM_DEBUG_FRAME;
	uint32_t by;

	if (code[0] != ARCH_CALL)
		return false;
	memcpy(&by, code + 1, sizeof(by));
	address += ARCH_CALL_SIZE + (uint64_t)(int32_t)le32toh(by);
	return row_ranges_find(&s->b->ranges, address, callee) && callee->source.kind == kind &&
	       callee->source.left <= PROGRAM_MAX && s->b->calls++ < CALLS_MAX;
}

size_t cfi_read_code(const struct elf_file *f, uint64_t address, uint64_t size, uint8_t *code)
{
	uint64_t offset, left;

	if (elf_offset(f, address, &offset, &left))
		return 0;
	size = size < left ? size : left;
	return elf_read(f, offset, code, size) ? size : 0;
}

/*
 * A return address is looked up by the byte before it, a leaf by where its instruction starts: the row
 * inside of a call is for the callee's caller alone.
 */
void cfi_put_calls(struct cfi_state *s, const struct elf_row *row, uint64_t end)
{
	struct elf_row inside = *row;
	struct row_range callee;
	uint8_t code[CODE_MAX];
	size_t i, size;

	if (!(ARCH_REGS_KEPT >> row->reg & 1) || row->offset != (int16_t)row->offset ||
	    end - row->address < ARCH_CALL_SIZE || !s->b->file || s->b->looked++ >= CFI_LOOKED_MAX)
		return;
	size = end - row->address < CODE_MAX ? end - row->address : CODE_MAX;
	size = cfi_read_code(s->b->file, row->address, size, code);
	inside.cfa = ROW_DEREF;
	inside.reg = ARCH_REG_SP;
	inside.post = (int16_t)row->offset;
	for (i = 0; i + ARCH_CALL_SIZE <= size; i++) {
		if (!find_callee(s, code + i, row->address + i, &callee))
			continue;
		inside.offset = saved_at(s->table, &callee, row->reg);
		if (!inside.offset)
			continue;
		rows_put(s->b, row->address + i + 1, row_rule(&inside));
		rows_put(s->b, row->address + i + ARCH_CALL_SIZE, row_rule(row));
		i += ARCH_CALL_SIZE - 1;
	}
}
