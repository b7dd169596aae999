// SPDX-License-Identifier: Apache-2.0
/* Reads the table, and finds where its code is: no layout says that in all versions. */
#include "elf/gopclntab.h"

#include <stdlib.h>
#include <string.h>

#include "elf/arch_x86_64.h"
#include "elf/file.h"

#define GO_MAGIC    0xfffffff0 /* the last four bits tell the versions */
#define HEADER_SIZE 72
#define FUNC_SIZE   36         /* of its description behind the entry, at least */
#define CODE_MAX    (4u << 20) /* bytes of code that are read at once */
#define SEARCH_MAX  (1u << 20) /* from the first code to where Go's own begins */
#define SEARCH_STEP 16
#define PIECE       65536
#define SAMPLES_MAX 32
#define SAMPLES_MIN 4
#define FIRST_MAX   4096 /* functions among which samples are sought */
#define STRING_MAX  4096

uint64_t go_word(const struct go_table *t, uint64_t at, unsigned int n)
{
	struct cursor c;

	if (at > t->size)
		return 0;
	c.p = t->data + at;
	c.end = t->data + t->size;
	return cursor_uint(&c, n);
}

const char *go_string(const struct go_table *t, uint64_t part, uint64_t offset, size_t max)
{
	uint64_t at = part + offset, left;

	if (offset > t->size || at >= t->size)
		return "";
	left = t->size - at;
	return memchr(t->data + at, 0, left < max ? left : max) ? (const char *)t->data + at : "";
}

uint64_t go_entry(const struct go_table *t, uint64_t i)
{
	return t->version == 16 ? go_word(t, t->funcs + i * 16, 8)
	                        : go_word(t, t->funcs + i * 8, 4);
}

uint64_t go_func_offset(const struct go_table *t, uint64_t i)
{
	return t->version == 16 ? go_word(t, t->funcs + i * 16 + 8, 8)
	                        : go_word(t, t->funcs + i * 8 + 4, 4);
}

/* The file of a function's first line ends in ".s". */
static bool is_assembly(const struct go_table *t, uint32_t pcfile, uint32_t unit)
{
	struct go_table one = *t;
	struct go_steps s;
	uint64_t index;
	const char *file;
	size_t n;

	go_steps_start(&one, pcfile, 0, &s);
	if (!go_steps_next(&one, &s) || s.value < 0)
		return false;
	index = go_word(t, t->units + 4 * ((uint64_t)unit + (uint64_t)s.value), 4);
	file = go_string(t, t->files, index, STRING_MAX);
	n = strlen(file);
	return n > 2 && !strcmp(file + n - 2, ".s");
}

struct go_func go_func_at(const struct go_table *t, uint64_t offset)
{
	struct go_func f = { .name = "" };
	unsigned int entry_size = t->version == 16 ? 8 : 4;
	uint64_t at = t->funcs + offset + entry_size, flags;

	if (offset > t->size || at > t->size || t->size - at < FUNC_SIZE)
		return f;
	f.name = go_string(t, t->names, go_word(t, at, 4), STRING_MAX);
	f.pcsp = (uint32_t)go_word(t, at + 12, 4);
	flags = go_word(t, at + (t->version == 20 ? 37 : 33), 1);
	f.top_frame = flags & 1;
	f.writes_sp = flags & 2;
	f.assembly =
		is_assembly(t, (uint32_t)go_word(t, at + 16, 4), (uint32_t)go_word(t, at + 28, 4));
	return f;
}

void go_steps_start(const struct go_table *t, uint32_t table, uint64_t entry, struct go_steps *s)
{
	s->c.p = t->data + (table < t->size - t->pcs ? t->pcs + table : t->size);
	s->c.end = t->data + t->size;
	s->c.bad = !table;
	s->pc = entry;
	s->value = -1;
	s->begun = false;
}

bool go_steps_next(struct go_table *t, struct go_steps *s)
{
	uint64_t v, pcs;

	if (s->c.bad || !t->steps)
		return false;
	v = cursor_uleb(&s->c);
	if (!v && s->begun)
		return false;
	pcs = cursor_uleb(&s->c);
	if (s->c.bad || v > UINT32_MAX || pcs > UINT32_MAX) {
		s->c.bad = true;
		return false;
	}
	s->value += v & 1 ? -(int64_t)(v >> 1) - 1 : (int64_t)(v >> 1);
	s->pc += pcs * t->quantum;
	s->begun = true;
	t->steps--;
	return true;
}

/* Fills in the parts of the table; false: it is none. */
static bool read_header(struct go_table *t)
{
	static const unsigned int versions[16] = { [0xa] = 16, [0x0] = 18, [0x1] = 20 };
	uint64_t magic = go_word(t, 0, 4), quantum = go_word(t, 6, 1), at, *part;
	uint64_t *parts[] = { &t->names, &t->units, &t->files, &t->pcs, &t->funcs };
	size_t i;

	if (t->size < HEADER_SIZE || (magic & GO_MAGIC) != GO_MAGIC || go_word(t, 4, 2) ||
	    (quantum != 1 && quantum != 2 && quantum != 4) || go_word(t, 7, 1) != 8)
		return false; /* pointers of 8 bytes */
	t->quantum = (unsigned int)quantum;
	t->version = versions[magic & 15];
	t->func_cnt = go_word(t, 8, 8);
	t->text = t->version == 16 ? 0 : go_word(t, 24, 8);
	for (i = 0, at = t->version == 16 ? 24 : 32; i < 5; i++, at += 8) {
		part = parts[i];
		*part = go_word(t, at, 8);
		if (*part >= t->size)
			return false;
	}
	t->steps = t->size;
	return t->version && t->func_cnt < (t->size - t->funcs) / (t->version == 16 ? 16 : 8);
}

/* Does the table begin at that offset of the file? 'left': bytes from there on that it may have. */
static bool starts_here(struct elf_file *f, uint64_t offset, uint64_t left, struct go_table *t)
{
	uint8_t head[HEADER_SIZE];

	t->data = head;
	t->size = left;
	if (left < sizeof(head) || !elf_read(f, offset, head, sizeof(head)) || !read_header(t))
		return false;
	t->data = elf_chunk(f, offset, left);
	return t->data;
}

/* The table lies in a segment that has no name for it. */
static bool find_in_segment(struct elf_file *f, const Elf64_Phdr *ph, uint8_t *piece,
                            struct go_table *t)
{
	uint64_t at = 0, i, n;

	for (; at < ph->p_filesz; at += n) {
		n = ph->p_filesz - at < PIECE ? ph->p_filesz - at : PIECE;
		if (!elf_read(f, ph->p_offset + at, piece, n))
			return false;
		for (i = 0; i + 8 <= n; i += 8)
			if (piece[i + 1] == 0xff && piece[i + 6] <= 4 && piece[i + 7] == 8 &&
			    starts_here(f, ph->p_offset + at + i, ph->p_filesz - at - i, t))
				return true;
	}
	return false;
}

static bool find_in_segments(struct elf_file *f, struct go_table *t)
{
	uint8_t *piece = malloc(PIECE);
	bool found = false;
	size_t i;

	for (i = 0; piece && !found && i < f->phdr_cnt; i++)
		if (f->phdrs[i].p_type == PT_LOAD && !(f->phdrs[i].p_flags & PF_X))
			found = find_in_segment(f, &f->phdrs[i], piece, t);
	free(piece);
	return found;
}

static bool find_table(struct elf_file *f, struct go_table *t)
{
	const Elf64_Shdr *sh = elf_section_named(f, ".gopclntab");

	if (!sh)
		sh = elf_section_named(f, ".data.rel.ro.gopclntab");
	/* lld puts it among other data */
	if (!sh && (!f->shdr_cnt || elf_section_named(f, ".go.buildinfo") ||
	            elf_section_named(f, ".note.go.buildid")))
		return find_in_segments(f, t);
	if (!sh)
		return false;
	t->data = elf_section_bytes(f, sh, &t->size);
	return t->data && read_header(t);
}

/* Reads the beginning of the code, where the search for Go's goes on. */
static void read_code(struct elf_file *f, struct go_table *t)
{
	uint64_t offset, left;
	size_t i = 0;

	while (i < f->phdr_cnt && (f->phdrs[i].p_type != PT_LOAD || !(f->phdrs[i].p_flags & PF_X)))
		i++;
	if (i == f->phdr_cnt || elf_offset(f, f->phdrs[i].p_vaddr, &offset, &left))
		return;
	t->code_address = f->phdrs[i].p_vaddr;
	t->code_size = left < CODE_MAX ? left : CODE_MAX;
	t->code = elf_chunk(f, offset, t->code_size);
}

/* Where a compiled function must have saved its frame pointer. */
struct sample {
	uint64_t pc;
	int64_t depth;
};

static size_t take_samples(struct go_table *t, struct sample *samples)
{
	size_t cnt = 0;
	uint64_t i;

	for (i = 0; i < t->func_cnt && i < FIRST_MAX && cnt < SAMPLES_MAX; i++) {
		struct go_func f = go_func_at(t, go_func_offset(t, i));
		struct go_steps s;

		go_steps_start(t, f.pcsp, go_entry(t, i), &s);
		if (f.assembly || !go_steps_next(t, &s) || s.value)
			continue;
		samples[cnt].pc = s.pc;
		if (!go_steps_next(t, &s) || s.value <= 0)
			continue;
		samples[cnt++].depth = s.value;
	}
	return cnt;
}

/* Three quarters of the samples are as they must be, if that is where the code begins. */
static bool text_fits(struct go_table *t, uint64_t text, const struct sample *samples, size_t cnt)
{
	size_t i, missed = 0;

	for (i = 0; i < cnt && missed <= cnt / 4; i++)
		missed += go_saved_fp(t, text + samples[i].pc, samples[i].depth) != -16;
	return missed <= cnt / 4;
}

/*
 * Up to Go 1.25 the header says where the code begins, but not in files that are relocated; the
 * section begins there unless C code is linked in front of it. What fits the code is right.
 */
static bool find_text_start(struct elf_file *f, struct go_table *t)
{
	struct sample samples[SAMPLES_MAX];
	size_t cnt = take_samples(t, samples);
	const Elf64_Shdr *sh = elf_section_named(f, ".text");
	uint64_t at;

	if (cnt < SAMPLES_MIN || !t->code)
		return false;
	if (text_fits(t, t->text, samples, cnt))
		return true;
	if (t->version == 16)
		return false;
	if (sh && text_fits(t, sh->sh_addr, samples, cnt)) {
		t->text = sh->sh_addr;
		return true;
	}
	for (at = 0; at < SEARCH_MAX && at < t->code_size; at += SEARCH_STEP)
		if (text_fits(t, t->code_address + at, samples, cnt)) {
			t->text = t->code_address + at;
			return true;
		}
	return false;
}

/* Code of another machine is not looked at: the header is believed, else the section. */
static bool believe_text_start(struct elf_file *f, struct go_table *t)
{
	const Elf64_Shdr *sh = elf_section_named(f, ".text");

	if (!t->text && sh && t->version != 16)
		t->text = sh->sh_addr;
	return t->text || t->version == 16;
}

static bool find_text(struct elf_file *f, struct go_table *t)
{
	if (f->machine != ARCH_MACHINE)
		return believe_text_start(f, t);
	read_code(f, t);
	return find_text_start(f, t);
}

bool go_find(struct elf_file *f, struct go_table *t)
{
	memset(t, 0, sizeof(*t));
	t->file = f;
	if (f->is64 && find_table(f, t) && find_text(f, t)) {
		t->steps = t->size;
		t->elsewhere = true;
		return true;
	}
	memset(t, 0, sizeof(*t));
	return false;
}
