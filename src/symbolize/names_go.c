// SPDX-License-Identifier: Apache-2.0
/*
 * Names of Go's code, as its own profiles have them: src/runtime/pprof/proto.go. They go before those of
 * symbol tables, which have neither lines nor inlined functions, and other names: with an ABI behind
 * them.
 */
#include <stdlib.h>

#include "elf/elf.h"
#include "elf/golines.h"
#include "process/file.h"
#include "symbolize/names.h"

struct names {
	struct elf_file *elf;
	struct golines *lines;
};

static void names_close(void *state)
{
	struct names *n = state;

	golines_free(n->lines);
	elf_close(n->elf);
	free(n);
}

/* A file that cannot be parsed is told by the source that finds something in each. */
static void *names_open(struct names_open *o)
{
	struct names *n = o->file->fd >= 0 ? calloc(1, sizeof(*n)) : NULL;

	if (!n)
		return NULL;
	n->elf = elf_open(o->file->fd);
	if (n->elf)
		n->lines = golines_load(n->elf);
	if (n->lines)
		return n;
	names_close(n);
	return NULL;
}

static size_t names_find(void *state, uint64_t offset, struct names_frame *frames, size_t max)
{
	struct golines_frame found[NAMES_MAX];
	struct names *n = state;
	uint64_t address;
	size_t i, cnt;

	if (elf_vaddr(n->elf, offset, &address))
		return 0;
	cnt = golines_find(n->lines, address, found, max < NAMES_MAX ? max : NAMES_MAX);
	for (i = 0; i < cnt; i++)
		frames[i] = (struct names_frame){ .linkage = found[i].name,
			                          .path = found[i].path,
			                          .line = found[i].line,
			                          .start_line = found[i].start_line };
	return cnt;
}

const struct names_source names_go = {
	.name = "go",
	.open = names_open,
	.close = names_close,
	.find = names_find,
};
