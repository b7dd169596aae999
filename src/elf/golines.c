// SPDX-License-Identifier: Apache-2.0
/* As the runtime does it: inlineUnwinder and funcline1 of Go's src/runtime/symtab*.go. */
#include "elf/golines.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>

#include "elf/gofunc.h"
#include "elf/gopclntab.h"
#include "elf/gotree.h"

/*
 * Through tables for one file: some 3 seconds. An address takes some 500; when a file has taken them
 * all, its functions still have their names.
 */
#define STEPS_MAX (1u << 30)

#define LONGEST 65536 /* of a name: with what the types of type arguments consist of */

struct golines {
	struct go_table table;
	struct gotree trees;
};

struct golines *golines_load(struct elf_file *f)
{
	struct golines *g = malloc(sizeof(*g));

	if (!g)
		return NULL;
	if (!go_find(f, &g->table)) {
		free(g);
		return NULL;
	}
	gotree_find(&g->table, &g->trees);
	g->table.steps = STEPS_MAX;
	return g;
}

void golines_free(struct golines *g)
{
	free(g);
}

static const char *path_at(struct golines *g, const struct gofunc *func, uint64_t pc)
{
	const struct go_table *t = &g->table;
	int64_t number = gofunc_value(&g->table, func->files, pc);
	const char *path = "";
	uint64_t at;

	if (number >= 0 && number <= INT32_MAX) {
		at = go_word(t, t->units + 4 * ((uint64_t)func->unit + (uint64_t)number), 4);
		path = go_string(t, t->files, at, PATH_MAX);
	}
	return *path ? path : NULL;
}

static uint32_t line_at(struct golines *g, const struct gofunc *func, uint64_t pc)
{
	int64_t line = gofunc_value(&g->table, func->lines, pc);

	return line > 0 && line <= INT32_MAX ? (uint32_t)line : 0;
}

/* The function that has the others inlined. The code at 'pc' is its own, or else nobody's known. */
static struct golines_frame outermost(struct golines *g, const struct gofunc *func, uint64_t pc,
                                      bool own)
{
	struct golines_frame frame = {
		.name = go_string(&g->table, g->table.names, func->name, LONGEST),
		.start_line = func->start_line,
	};

	/* of code that is not its own the file is told where its first code is its own */
	if (own || gofunc_value(&g->table, func->calls, 0) < 0)
		frame.path = path_at(g, func, own ? pc : 0);
	if (own && frame.path)
		frame.line = line_at(g, func, pc);
	return frame;
}

/* The call that the code at 'pc' is inlined for, with a lower number than the 'last' one. */
static bool next_call(struct golines *g, const struct gofunc *func, uint64_t pc, int64_t *last,
                      struct gotree_call *call)
{
	int64_t number = gofunc_value(&g->table, func->calls, pc);

	if (number < 0 || number >= *last ||
	    !gotree_at(&g->table, &g->trees, func, (uint32_t)number, call))
		return false;
	*last = number;
	return true;
}

size_t golines_find(struct golines *g, uint64_t address, struct golines_frame *frames, size_t max)
{
	const struct go_table *t = &g->table;
	uint64_t pc = address - t->text;
	int64_t last = INT32_MAX;
	struct gotree_call call;
	struct gofunc func;
	size_t cnt;

	if (!max || address < t->text || !gofunc_at(t, gofunc_find(t, pc), &func))
		return 0;
	pc -= func.entry;
	for (cnt = 0; cnt + 1 < max && next_call(g, &func, pc, &last, &call); cnt++) {
		frames[cnt] = (struct golines_frame){
			.name = go_string(t, t->names, call.name, LONGEST),
			.path = path_at(g, &func, pc),
			.start_line = call.start_line,
		};
		if (!*frames[cnt].name)
			break;
		frames[cnt].line = frames[cnt].path ? line_at(g, &func, pc) : 0;
		pc = call.parent;
	}
	frames[cnt] = outermost(g, &func, pc, gofunc_value(&g->table, func.calls, pc) < 0);
	return *frames[cnt].name ? cnt + 1 : 0;
}
