// SPDX-License-Identifier: Apache-2.0
/*
 * The rows of Go's functions. The depth of the stack gives the CFA at every instruction; a compiled
 * function with a frame has saved the frame pointer in its first slot, right under the return
 * address. Where the stack is switched only the frame pointer leads back.
 */
#include <string.h>

#include "elf/arch_x86_64.h"
#include "elf/file.h"
#include "elf/rows_build.h"

#define LOOK_SIZE   48 /* bytes of code in which a frame pointer is saved */
#define PADDING_MAX 64 /* between functions: they are aligned */
#define SLOT        8
#define FP_SLOT     (-16) /* from the CFA: under the return address */

/* Functions that end a stack: nothing calls them, or nothing that ran before matters any more. */
static const char *const stops[] = { "runtime.goexit", "runtime.mstart", "runtime.mcall",
	                             "runtime.rt0_go" };
/* Functions that switch stacks, for versions that do not mark them. */
static const char *const switches[] = { "runtime.systemstack", "runtime.asmcgocall",
	                                "runtime.cgocallback", "runtime.morestack",
	                                "runtime.gogo",        "runtime.nanotime1",
	                                "runtime.walltime",    "runtime.walltime1" };
/* What the kernel returns to from a signal handler. */
static const char *const signals[] = { "runtime.sigreturn", "runtime.sigreturn__sigaction" };

#define is_one_of(name, list) is_in(name, list, sizeof(list) / sizeof((list)[0]))

/* Names may end in the calling convention: "runtime.goexit.abi0". */
static bool is_in(const char *name, const char *const *list, size_t cnt)
{
	size_t i, n;

	if (strncmp(name, "runtime.", 8))
		return false;
	for (i = 0; i < cnt; i++) {
		n = strlen(list[i]);
		if (!strncmp(name, list[i], n) && (!name[n] || !strncmp(name + n, ".abi", 4)))
			return true;
	}
	return false;
}

/* LOOK_SIZE bytes of code from an address on; false = not there. */
static bool look(const struct go_table *t, uint64_t address, uint8_t *bytes)
{
	uint64_t offset, left;

	if (t->code && address >= t->code_address && t->code_size >= LOOK_SIZE &&
	    address - t->code_address <= t->code_size - LOOK_SIZE) {
		memcpy(bytes, t->code + (address - t->code_address), LOOK_SIZE);
		return true;
	}
	return t->elsewhere && !elf_offset(t->file, address, &offset, &left) &&
	       elf_read(t->file, offset, bytes, LOOK_SIZE);
}

/* "push %rbp" in front of pc, or "mov %rbp, n(%rsp)" among the stores from pc on. */
int64_t go_saved_fp(const struct go_table *t, uint64_t pc, int64_t depth)
{
	uint8_t bytes[LOOK_SIZE];
	struct cursor c = { bytes + 1, bytes + LOOK_SIZE, false };

	if (!look(t, pc - 1, bytes))
		return 0;
	if (bytes[0] == ARCH_PUSH_FP)
		return -SLOT - depth;
	while (!c.bad) {
		uint8_t rex = cursor_u8(&c), op = cursor_u8(&c), mod = cursor_u8(&c);
		uint8_t sib = cursor_u8(&c);
		int64_t at = 0;

		if ((rex != 0x48 && rex != 0x4c) || op != 0x89 || sib != 0x24 || (mod & 7) != 4)
			return 0;
		if (mod >> 6 == 1)
			at = cursor_sint(&c, 1);
		else if (mod >> 6 == 2)
			at = cursor_sint(&c, 4);
		else if (mod >> 6 == 3)
			return 0;
		if (rex == 0x48 && (mod >> 3 & 7) == 5 && !c.bad)
			return at - depth - SLOT;
	}
	return 0;
}

int go_scan(struct go_table *t, struct row_builder *b)
{
	struct row_source source = { .kind = FROM_GOPCLNTAB };
	uint64_t i, entry, next, at;
	int err = 0;

	for (i = 0; !err && i < t->func_cnt; i++) {
		entry = go_entry(t, i);
		next = go_entry(t, i + 1);
		at = go_func_offset(t, i);
		if (next <= entry || at > UINT32_MAX || next > UINT64_MAX - t->text)
			continue;
		source.at = (uint32_t)at;
		err = row_ranges_add(&b->ranges, t->text + entry, next - entry, source);
	}
	return err;
}

/* The whole function is of one kind. */
static bool is_special(const struct go_func *f, struct elf_row *row)
{
	bool handler = !strncmp(f->name, "runtime.sigtramp", 16);

	if (is_one_of(f->name, signals))
		row->cfa = ROW_SIGNAL;
	else if ((f->top_frame && !handler) || is_one_of(f->name, stops) ||
	         !strncmp(f->name, "_rt0_", 5))
		row->cfa = ROW_STOP;
	else
		return !f->pcsp; /* nothing is known */
	return true;
}

/* One function while its rows are made. */
struct making {
	struct go_table *t;
	const struct go_func *f;
	bool switches; /* the stack pointer may lie in another stack, but not before there is a frame */
	bool framed; /* the stack has been deeper than at the entry, or never is */
	int64_t fp;  /* where the frame pointer is saved, from the CFA; 0 = nowhere yet */
};

static void make_rule(struct making *m, uint64_t pc, int64_t depth, struct elf_row *row)
{
	memset(&row->offset, 0, sizeof(*row) - offsetof(struct elf_row, offset));
	if (depth && !m->fp)
		m->fp = m->f->assembly ? go_saved_fp(m->t, pc, depth) : FP_SLOT;
	m->framed |= depth != 0;
	if (m->switches && m->framed) {
		row->cfa = ROW_FP;
		return;
	}
	if (depth < 0 || depth > INT32_MAX - SLOT || m->fp < INT16_MIN || m->fp > INT16_MAX) {
		row->cfa = ROW_UNSUPPORTED;
		return;
	}
	row->cfa = ROW_REG;
	row->reg = ARCH_REG_SP;
	row->offset = (int32_t)depth + SLOT;
	row->ra = SAVE_CFA;
	row->ra_offset = ARCH_RA_OFFSET;
	/* the slot is not there any more, or not yet, when the stack is not that deep */
	if (m->fp && m->fp >= -depth - SLOT) {
		row->fp = SAVE_CFA;
		row->fp_offset = (int16_t)m->fp;
	}
}

static bool is_frameless(const struct making *m)
{
	struct go_steps s;

	go_steps_start(m->t, m->f->pcsp, 0, &s);
	while (go_steps_next(m->t, &s))
		if (s.value)
			return false;
	return true;
}

static void run_steps(struct go_table *t, const struct go_func *f, const struct row_range *range,
                      struct row_builder *b)
{
	struct making m = { .t = t, .f = f };
	struct elf_row row = { .address = range->start };
	uint64_t end = range->start + range->size;
	struct go_steps s;

	m.switches = f->writes_sp || is_one_of(f->name, switches);
	m.framed = m.switches && is_frameless(&m);
	go_steps_start(t, f->pcsp, range->start, &s);
	while (row.address < end && go_steps_next(t, &s)) {
		if (s.pc <= row.address)
			continue;
		make_rule(&m, row.address, s.value, &row);
		rows_put(b, row.address, row_rule(&row));
		b->unsupported |= row.cfa == ROW_UNSUPPORTED;
		row.address = s.pc;
	}
	if (row.address < end && (s.c.bad || end - row.address > PADDING_MAX)) {
		memset(&row.offset, 0, sizeof(row) - offsetof(struct elf_row, offset));
		rows_put(b, row.address, row_rule(&row));
	}
}

void go_run(struct go_table *t, const struct row_range *range, struct row_builder *b)
{
	struct go_func f = go_func_at(t, range->source.at);
	struct elf_row row = { .address = range->start };

	if (!is_special(&f, &row)) {
		run_steps(t, &f, range, b);
		return;
	}
	if (row.cfa == ROW_SIGNAL && row.address)
		row.address--; /* as in cfi_run() */
	rows_put(b, row.address, row_rule(&row));
}
