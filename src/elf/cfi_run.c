// SPDX-License-Identifier: Apache-2.0
/*
 * Runs the programs of CIEs and FDEs. cfi_op() knows every operation; run_quickly() does in its stead
 * what the commonest ones do where nothing is unusual.
 */
#include <endian.h>
#include <string.h>

#include "elf/cfi_ops.h"

/*
 * 'p' is behind a nop: where only nops follow, as they fill records up, their end, else the same.
 * In front of a program are always the eight bytes of its record's size and kind.
 */
static inline const uint8_t *skip_nops(const uint8_t *p, const uint8_t *end)
{
	uint64_t last;

	if (end - p >= 8 || p == end)
		return p;
	memcpy(&last, end - 8, sizeof(last));
	return le64toh(last) >> (64 - 8 * (end - p)) ? p : end;
}

/* An operand of at most two bytes: how many they are, 0 = it has more. */
static inline unsigned int short_operand(const uint8_t *p, const uint8_t *end, uint32_t *n)
{
	*n = *p;
	if (*n < 0x80)
		return 1;
	if (end - p < 2 || p[1] >= 0x80)
		return 0;
	*n = (*n & 0x7f) | (uint32_t)p[1] << 7;
	return 2;
}

/* These set elf_row.offset, and .fp with .fp_offset, inside of the words that hold them. */
static inline void rule_set_offset(struct row_rule *rule, uint32_t offset)
{
	rule->words[0] = (rule->words[0] & ~0xffffffffull) | offset;
}

static inline void rule_set_fp(struct row_rule *rule, int offset)
{
	rule->words[1] = (rule->words[1] & ~0xffff00ffull) | (uint32_t)offset << 16 | SAVE_CFA;
}

/* The register is saved n factored bytes from the CFA; false: that must be left to cfi_op(). */
static inline bool save_quickly(const struct cfi_state *s, struct row_rule *rule, uint8_t reg,
                                uint8_t n)
{
	if (!cfi_is_followed(s, reg))
		return true;
	if (reg == s->cie->ra || reg == ARCH_REG_SP)
		return false;
	rule_set_fp(rule, n * s->cie->data_align);
	return true;
}

/*
 * Most of the time of a table goes here, and much of that to branches that the processor foresees
 * wrongly: hence a chain of few, and no jump by a table. Returns at the first operation that is another
 * or asks for more; the row was plain and still is.
 */
static const uint8_t *run_quickly(struct cfi_state *s, const uint8_t *p)
{
	const uint8_t *const end = s->c.end;
	struct row_rule rule = row_rule(&s->now);
	uint64_t address = s->now.address, delta;
	uint32_t n, size;

	while (end - p >= 2) {
		switch (*p) {
		case DW_CFA_advance_loc ... DW_CFA_advance_loc + 0x3f:
			delta = *p & 0x3f;
			size = 1;
			break;
		case DW_CFA_advance_loc1:
			delta = p[1];
			size = 2;
			break;
		case DW_CFA_def_cfa_offset:
			size = short_operand(p + 1, end, &n);
			if (!size)
				goto out;
			rule_set_offset(&rule, n);
			p += 1 + size;
			continue;
		case DW_CFA_offset ... DW_CFA_offset + 0x3f:
			if (p[1] >= 0x80 || !save_quickly(s, &rule, *p & 0x3f, p[1]))
				goto out;
			p += 2;
			continue;
		case DW_CFA_nop:
			p = skip_nops(p + 1, end);
			continue;
		default:
			goto out;
		}
		delta *= s->cie->code_align;
		if (!delta || delta >= s->end - address)
			break;
		rows_put(s->b, address, rule);
		address += delta;
		p += size;
	}
out:
	row_set(&s->now, address, rule);
	return p;
}

static void run(struct cfi_state *s)
{
	while (s->c.p < s->c.end) {
		if (cfi_is_plain(&s->now))
			s->c.p = run_quickly(s, s->c.p);
		if (s->c.p < s->c.end)
			cfi_op(s, *s->c.p++);
	}
}

bool cfi_run_cie(struct cfi_cie *cie, struct cursor program)
{
	struct cfi_state s;

	memset(&cie->initial, 0, sizeof(cie->initial));
	cie->initial.cfa = ROW_UNSUPPORTED;
	cie->initial.ra = SAVE_UNSUPPORTED;
	s.c = program;
	s.cie = cie;
	s.table = NULL;
	s.b = NULL;
	s.end = 0;
	s.fp = ARCH_REG_FP;
	s.done = false;
	s.depth = 0;
	s.now = cie->initial;
	run(&s);
	cie->initial = s.now;
	return !s.c.bad;
}

/*
 * The caller of a signal handler is looked up one byte before its return address, and a signal frame's
 * is its first byte: its rows start one byte early.
 */
void cfi_run_following(const struct cfi_table *t, const struct row_range *range, uint8_t fp,
                       struct row_builder *b)
{
	struct cfi_state s;

	s.c.p = t->data + range->source.at;
	s.c.end = s.c.p + range->source.left;
	s.c.bad = false;
	s.cie = &t->cies[range->source.owner];
	s.table = t;
	s.b = b;
	s.end = range->start + range->size;
	s.fp = fp;
	s.done = false;
	s.depth = 0;
	s.now = s.cie->initial;
	s.now.address = range->start;
	if (s.cie->signal && range->start) {
		s.now.address--;
		cfi_put(&s, range->start);
		s.now.address++;
	}
	run(&s);
	if (s.done)
		return;
	if (s.c.bad) {
		s.now.cfa = ROW_UNSUPPORTED;
		s.now.ra = SAVE_UNSUPPORTED;
	}
	cfi_put(&s, s.end);
}

void cfi_run(const struct cfi_table *t, const struct row_range *range, struct row_builder *b)
{
	cfi_run_following(t, range, ARCH_REG_FP, b);
}
