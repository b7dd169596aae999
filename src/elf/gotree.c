// SPDX-License-Identifier: Apache-2.0
/*
 * Finds where the trees are, and reads them. They are relative to the symbol go:func.*, which stripped
 * files do not have, and which the runtime's moduledata has at another place in each version, or
 * not at all while it is not relocated. But their contents tell: offsets of names, and of code inside
 * the function. So the place is searched where the trees of the first functions all make sense: in
 * .gopclntab itself with Go 1.26, in .rodata or .data.rel.ro before.
 * Layouts: struct inlinedCall of Go's src/runtime/symtabinl.go (1.20 to 1.26), src/runtime/symtab.go
 * (1.16 to 1.19).
 */
#include "elf/gotree.h"

#include <stdlib.h>

#include "elf/file.h"
#include "elf/gofunc.h"
#include "elf/gopclntab.h"

#define CALL_MAX    20 /* bytes */
#define SAMPLES_MAX 32
#define SAMPLES_MIN 4
#define FIRST_MAX   65536 /* functions among which samples are sought */
#define CALLS_MAX   16    /* of a sample */
#define SPAN        65536 /* bytes from the first sample's tree to the end of the last */
#define PIECE       (1u << 20)
#define ALIGNMENT   4
#define CHECKS_MAX  (1u << 26) /* in a file that is made to take long: less than a second */
#define LINE_MAX    (1u << 24)

static uint64_t call_size(const struct go_table *t)
{
	return t->version == 20 ? 16 : 20;
}

static uint32_t u32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static bool is_name(const struct go_table *t, uint32_t name)
{
	uint64_t at = t->names + name;

	return name && name < t->size && at < t->size && !t->data[at - 1] && t->data[at];
}

/* Reads call 'number' of a function with 'size' bytes of code; false: it cannot be one. */
static bool parse(const struct go_table *t, const uint8_t *p, uint32_t number, uint64_t size,
                  struct gotree_call *call)
{
	const uint8_t *rest = t->version == 20 ? p + 4 : p + 12;
	int16_t parent = (int16_t)(p[0] | p[1] << 8);

	if (p[3] || (t->version == 20 && (p[1] || p[2])))
		return false; /* padding */
	if (t->version != 20 && (parent < -1 || parent >= (int64_t)number))
		return false;
	call->name = u32(rest);
	call->parent = u32(rest + 4);
	call->start_line = t->version == 20 ? u32(rest + 8) : 0;
	return call->parent < size && call->start_line < LINE_MAX && is_name(t, call->name);
}

/* A function's tree that must make sense: it has calls 0 to 'last'. */
struct sample {
	uint64_t tree, size;
	uint32_t last;
};

struct search {
	struct go_table *t;
	struct sample samples[SAMPLES_MAX];
	size_t cnt;
	uint64_t first, span; /* the lowest tree, and from there to the highest's end */
	size_t checks;        /* that may still be made */
};

/* The highest number of a call of the function; false: it has none, or more than a sample's. */
static bool last_call(struct go_table *t, const struct gofunc *func, uint32_t *last)
{
	struct go_steps s;
	int64_t most = -1;

	go_steps_start(t, func->calls, 0, &s);
	while (go_steps_next(t, &s) && most < CALLS_MAX)
		most = s.value > most ? s.value : most;
	*last = (uint32_t)most;
	return most >= 0 && most < CALLS_MAX;
}

static void take_samples(struct search *s)
{
	uint64_t i, low = UINT64_MAX, end = 0, func_end;
	struct gofunc func;
	uint32_t last;

	for (i = 0; i < s->t->func_cnt && i < FIRST_MAX && s->cnt < SAMPLES_MAX; i++) {
		if (!gofunc_at(s->t, i, &func) || !func.has_tree || !last_call(s->t, &func, &last))
			continue;
		func_end = func.tree + (last + 1) * call_size(s->t);
		if (s->cnt && (func.tree + SPAN < end || func_end > low + SPAN))
			continue;
		s->samples[s->cnt++] = (struct sample){ func.tree, func.size, last };
		low = func.tree < low ? func.tree : low;
		end = func_end > end ? func_end : end;
	}
	s->first = low;
	s->span = end - low;
}

/* Do all samples make sense when the lowest tree is at 'p'? */
static bool fits(struct search *s, const uint8_t *p)
{
	struct gotree_call call;
	uint32_t number;
	size_t i;

	for (i = 0; i < s->cnt; i++) {
		const uint8_t *tree = p + (s->samples[i].tree - s->first);

		for (number = 0; number <= s->samples[i].last; number++) {
			if (!s->checks)
				return false;
			s->checks--;
			if (!parse(s->t, tree + number * call_size(s->t), number,
			           s->samples[i].size, &call))
				return false;
		}
	}
	return true;
}

static bool find_in_segment(struct search *s, const Elf64_Phdr *ph, uint8_t *piece,
                            struct gotree *trees)
{
	uint64_t at, i, n;

	/* invariant: the lowest tree is not sought before 'at' */
	for (at = s->first; at < ph->p_filesz && s->checks; at += PIECE) {
		n = ph->p_filesz - at < PIECE + s->span ? ph->p_filesz - at : PIECE + s->span;
		if (!elf_read(s->t->file, ph->p_offset + at, piece, n))
			return false;
		for (i = 0; i < PIECE && i + s->span <= n; i += ALIGNMENT)
			if (fits(s, piece + i)) {
				trees->base = ph->p_offset + at + i - s->first;
				return true;
			}
	}
	return false;
}

/* Layouts with addresses say themselves where the trees are: are those of the samples there? */
static bool addresses_fit(const struct search *s)
{
	const struct gotree by_address = { .known = true };
	struct gotree_call call;
	size_t i;

	for (i = 0; i < s->cnt; i++) {
		const struct gofunc func = { .tree = s->samples[i].tree,
			                     .size = s->samples[i].size,
			                     .has_tree = true };

		if (!gotree_at(s->t, &by_address, &func, 0, &call))
			return false;
	}
	return true;
}

static bool search_file(struct search *s, struct gotree *trees)
{
	const struct elf_file *f = s->t->file;
	uint8_t *piece = malloc(PIECE + s->span);
	bool found = false;
	size_t i;

	for (i = 0; piece && !found && i < f->phdr_cnt; i++)
		if (f->phdrs[i].p_type == PT_LOAD)
			found = find_in_segment(s, &f->phdrs[i], piece, trees);
	free(piece);
	return found;
}

void gotree_find(struct go_table *t, struct gotree *trees)
{
	struct search s = { .t = t, .checks = CHECKS_MAX };

	*trees = (struct gotree){ 0 };
	take_samples(&s);
	if (s.cnt >= SAMPLES_MIN)
		trees->known = t->version == 16 ? addresses_fit(&s) : search_file(&s, trees);
}

bool gotree_at(const struct go_table *t, const struct gotree *trees, const struct gofunc *func,
               uint32_t number, struct gotree_call *call)
{
	uint64_t offset = trees->base + func->tree, left, size = call_size(t), at = number * size;
	uint8_t bytes[CALL_MAX];

	if (!trees->known || !func->has_tree)
		return false;
	if (t->version == 16 && (elf_offset(t->file, func->tree, &offset, &left) || left < at))
		return false;
	return elf_read(t->file, offset + at, bytes, size) &&
	       parse(t, bytes, number, func->size, call);
}
