// SPDX-License-Identifier: Apache-2.0
#include "symbolize/dwarf_line.h"

#include <stdlib.h>

#include "base/array.h"
#include "symbolize/dwarf_const.h"
#include "symbolize/dwarf_file.h"
#include "symbolize/dwarf_files.h"
#include "symbolize/dwarf_spans.h"
#include "symbolize/dwarf_unit.h"

#define ROWS_MAX (1u << 25) /* 400 MB, of one unit */

/* From this address on, up to the next row's or the end of the sequence. */
struct row {
	uint32_t delta; /* from the sequence's start */
	uint32_t file, line;
};

/* Rows whose addresses ascend without a gap. */
struct sequence {
	uint64_t start;
	size_t first, cnt;
};

struct dwarf_lines {
	struct dwarf_files files;
	struct row *rows;
	size_t cnt, cap;
	struct sequence *sequences;
	size_t sequence_cnt, sequence_cap;
	struct dwarf_spans spans; /* id = number of a sequence */
};

/* DWARF 5, 6.2.2: the registers that are used here. */
struct machine {
	struct dwarf_lines *lines;
	const struct dwarf_file *file;
	struct dwarf_cursor *c;
	struct dwarf_line_head head;
	uint64_t address;
	uint32_t source, line;
	bool running; /* in a sequence */
	struct sequence sequence;
};

static void registers_reset(struct machine *m)
{
	m->address = 0;
	m->source = 1;
	m->line = 1;
	m->running = false;
}

/* Keeps the sequence, unless the linker threw its code away. */
static bool sequence_end(struct machine *m, uint64_t end)
{
	struct dwarf_lines *l = m->lines;
	struct sequence *s = &m->sequence, *all;

	m->running = false;
	s->cnt = l->cnt - s->first;
	if (!s->start || end <= s->start || end - s->start > UINT32_MAX ||
	    !dwarf_is_code(m->file, s->start)) {
		l->cnt = s->first;
		return true;
	}
	all = array_reserve(l->sequences, &l->sequence_cap, l->sequence_cnt + 1, sizeof(*all));
	if (!all)
		return false;
	l->sequences = all;
	all[l->sequence_cnt] = *s;
	return dwarf_spans_add(&l->spans, s->start, end, (uint32_t)l->sequence_cnt++, 0);
}

static bool row_add(struct machine *m)
{
	struct dwarf_lines *l = m->lines;
	struct row *rows, *last, row;
	uint64_t delta;

	if (!m->running) {
		m->sequence = (struct sequence){ .start = m->address, .first = l->cnt };
		m->running = true;
	}
	delta = m->address - m->sequence.start;
	row = (struct row){ .delta = (uint32_t)delta, .file = m->source, .line = m->line };
	last = l->cnt > m->sequence.first ? &l->rows[l->cnt - 1] : NULL;
	if (delta > UINT32_MAX || (last && delta < last->delta))
		return false; /* it goes backwards */
	if (last && last->delta == row.delta) {
		*last = row;
		return true;
	}
	if (last && last->file == row.file && last->line == row.line)
		return true;
	rows = l->cnt < ROWS_MAX ? array_reserve(l->rows, &l->cap, l->cnt + 1, sizeof(*rows))
	                         : NULL;
	if (!rows)
		return false;
	l->rows = rows;
	rows[l->cnt++] = row;
	return true;
}

static void advance(struct machine *m, uint64_t operations)
{
	m->address += operations * m->head.min_length;
}

static bool step_special(struct machine *m, unsigned int opcode)
{
	unsigned int n = opcode - m->head.opcode_base;

	advance(m, n / m->head.line_range);
	m->line += (uint32_t)(m->head.line_base + (int)(n % m->head.line_range));
	return row_add(m);
}

static bool step_extended(struct machine *m)
{
	uint64_t size = dwarf_uleb(m->c);
	struct dwarf_cursor inner = { .at = m->c->at };
	bool good = true;

	if (!size || size > dwarf_left(m->c))
		return !size && !m->c->bad;
	dwarf_skip(m->c, size);
	inner.end = m->c->at;
	switch (dwarf_uint(&inner, 1)) {
	case LNE_END_SEQUENCE:
		if (m->running)
			good = sequence_end(m, m->address);
		registers_reset(m);
		break;
	case LNE_SET_ADDRESS:
		m->address = dwarf_uint(&inner, (unsigned int)(size - 1 < 8 ? size - 1 : 8));
		break;
	}
	return good;
}

static bool step_standard(struct machine *m, unsigned int opcode)
{
	unsigned int i;

	switch (opcode) {
	case LNS_EXTENDED:
		return step_extended(m);
	case LNS_COPY:
		return row_add(m);
	case LNS_ADVANCE_PC:
		advance(m, dwarf_uleb(m->c));
		break;
	case LNS_ADVANCE_LINE:
		m->line += (uint32_t)dwarf_sleb(m->c);
		break;
	case LNS_SET_FILE:
		m->source = (uint32_t)dwarf_uleb(m->c);
		break;
	case LNS_CONST_ADD_PC:
		advance(m, (255u - m->head.opcode_base) / m->head.line_range);
		break;
	case LNS_FIXED_ADVANCE_PC:
		m->address += dwarf_uint(m->c, 2);
		break;
	default:
		for (i = 0; i < m->head.operands[opcode]; i++)
			dwarf_uleb(m->c);
	}
	return true;
}

static void program_run(struct machine *m)
{
	unsigned int opcode;
	bool good = true;

	registers_reset(m);
	while (good && m->c->at < m->c->end) {
		opcode = (unsigned int)dwarf_uint(m->c, 1);
		good = opcode >= m->head.opcode_base ? step_special(m, opcode)
		                                     : step_standard(m, opcode);
	}
	if (m->running) /* what has no end is not believed */
		m->lines->cnt = m->sequence.first;
}

static struct dwarf_lines *lines_read(struct dwarf_unit *u)
{
	struct dwarf_lines *l;
	struct dwarf_cursor c;
	struct machine m = { .file = u->file, .c = &c };
	unsigned int offset_size;
	uint64_t length;

	if (!dwarf_unit_open(u, NULL) || !u->has_lines ||
	    u->lines_at >= dwarf_section_size(u->file, DWARF_LINE))
		return NULL;
	length = dwarf_section_size(u->file, DWARF_LINE) - u->lines_at;
	if (!dwarf_part(u->file, DWARF_LINE, u->lines_at, length < 12 ? length : 12, &c))
		return NULL;
	length = dwarf_length(&c, &offset_size);
	if (length > u->file->left.lines)
		return NULL;
	u->file->left.lines -= length;
	if (!length ||
	    !dwarf_part(u->file, DWARF_LINE, u->lines_at, length + (offset_size == 8 ? 12 : 4), &c))
		return NULL;
	l = m.lines = calloc(1, sizeof(*l));
	if (!l)
		return NULL;
	if (dwarf_files_read(&l->files, u, &c, &m.head))
		program_run(&m);
	l->rows = array_trim(l->rows, &l->cap, l->cnt, sizeof(*l->rows));
	dwarf_spans_settle(&l->spans);
	u->file->kept += l->cap * sizeof(*l->rows) + l->sequence_cap * sizeof(*l->sequences) +
	                 l->spans.cap * sizeof(*l->spans.items) +
	                 (l->files.dir_cap + l->files.file_cap) * sizeof(*l->files.files);
	return l;
}

struct dwarf_lines *dwarf_lines_get(struct dwarf_unit *u)
{
	if (!u->lines_tried)
		u->lines = lines_read(u);
	u->lines_tried = true;
	return u->lines;
}

void dwarf_lines_free(struct dwarf_lines *l)
{
	if (!l)
		return;
	dwarf_files_release(&l->files);
	dwarf_spans_release(&l->spans);
	free(l->rows);
	free(l->sequences);
	free(l);
}

bool dwarf_lines_find(const struct dwarf_lines *l, uint64_t address, uint32_t *file, uint32_t *line)
{
	const struct dwarf_span *span = dwarf_spans_find(&l->spans, address);
	const struct sequence *s = span ? &l->sequences[span->id] : NULL;
	const struct row *rows = s ? &l->rows[s->first] : NULL;
	size_t lo = 0, hi = s ? s->cnt : 0, mid;

	if (!s)
		return false;
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (rows[mid].delta <= address - s->start)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo)
		return false;
	*file = rows[lo - 1].file;
	*line = rows[lo - 1].line;
	return true;
}

const char *dwarf_lines_path(struct dwarf_lines *l, uint32_t file, struct strings *texts)
{
	return dwarf_files_path(&l->files, file, texts);
}
