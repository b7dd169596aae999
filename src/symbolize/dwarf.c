// SPDX-License-Identifier: Apache-2.0
#include "symbolize/dwarf.h"

#include <errno.h>
#include <stdlib.h>

#include "base/strings.h"
#include "elf/elf.h"
#include "symbolize/dwarf_file.h"
#include "symbolize/dwarf_index.h"
#include "symbolize/dwarf_line.h"
#include "symbolize/dwarf_split.h"
#include "symbolize/dwarf_tree.h"
#include "symbolize/dwarf_unit.h"
#include "symbolize/names.h"

struct dwarf_names {
	struct dwarf_file *file;
	struct dwarf_file *alt; /* NULL = none */
	struct dwarf_index index;
	struct dwarf_split split;
	struct strings texts; /* paths that are made up of several parts */
};

/* False: what the file refers to is too large. */
static bool open_options(struct dwarf_names *d, const struct dwarf_options *o)
{
	d->split.options = o ? *o : (struct dwarf_options){ .alt_fd = -1, .dwp_fd = -1 };
	if (d->split.options.alt_fd < 0)
		return true;
	d->alt = dwarf_file_new(elf_open(d->split.options.alt_fd), -1, false);
	if (!d->alt)
		return errno != EFBIG;
	dwarf_units_scan(d->alt);
	d->file->alt = d->alt;
	return true;
}

static struct dwarf_names *fail(struct dwarf_names *d, int why)
{
	dwarf_close(d);
	errno = why;
	return NULL;
}

static struct dwarf_names *names_new(struct elf_file *elf, const struct dwarf_options *o)
{
	struct dwarf_names *d = elf ? calloc(1, sizeof(*d)) : NULL;

	if (!d) {
		elf_close(elf);
		errno = elf ? ENOMEM : ENOEXEC;
		return NULL;
	}
	d->file = dwarf_file_new(elf, -1, false);
	if (!d->file || strings_init(&d->texts))
		return fail(d, d->file ? ENOMEM : errno);
	dwarf_units_scan(d->file);
	if (!d->file->unit_cnt)
		return fail(d, ENODATA);
	if (!open_options(d, o))
		return fail(d, EFBIG);
	dwarf_index_init(&d->index, d->file);
	return d;
}

struct dwarf_names *dwarf_open(int fd, const struct dwarf_options *o)
{
	return names_new(elf_open(fd), o);
}

struct dwarf_names *dwarf_open_memory(const void *image, size_t size, const struct dwarf_options *o)
{
	return names_new(elf_open_memory(image, size), o);
}

void dwarf_close(struct dwarf_names *d)
{
	if (!d)
		return;
	dwarf_index_release(&d->index);
	dwarf_split_release(&d->split);
	dwarf_file_free(d->file);
	dwarf_file_free(d->alt);
	strings_release(&d->texts);
	free(d);
}

/* The frames of a scope and those around it. The first one's place is known, 'at' has its frame. */
static size_t scope_frames(struct dwarf_names *d, struct dwarf_unit *u, struct dwarf_lines *l,
                           uint32_t scope, struct names_frame place, struct names_frame *frames,
                           size_t max)
{
	struct dwarf_tree *t = dwarf_tree_get(u);
	size_t n = 0;

	while (scope != DWARF_NONE && n < max) {
		struct dwarf_scope *s = &t->scopes[scope];

		dwarf_scope_name(u, s);
		frames[n] = place;
		frames[n].linkage = s->linkage;
		frames[n].start_line = s->start_line;
		if (!s->linkage && s->parent != DWARF_NONE)
			frames[n].linkage = "[unknown]";
		n++;
		place = (struct names_frame){
			.path = l ? dwarf_lines_path(l, s->call_file, &d->texts) : NULL,
			.line = s->call_line,
		};
		scope = s->parent;
	}
	return n;
}

size_t dwarf_find(struct dwarf_names *d, uint64_t vaddr, struct names_frame *frames, size_t max)
{
	struct dwarf_unit *u = dwarf_index_find(&d->index, vaddr), *split;
	const struct dwarf_span *span;
	struct names_frame place = { 0 };
	struct dwarf_lines *l;
	struct dwarf_tree *t;
	uint32_t file;

	if (!u || !max)
		return 0;
	split = dwarf_split_unit(&d->split, u);
	dwarf_units_trim(d->file, u);
	dwarf_units_trim(split->file, split);
	l = dwarf_lines_get(u);
	if (l && dwarf_lines_find(l, vaddr, &file, &place.line))
		place.path = dwarf_lines_path(l, file, &d->texts);
	t = dwarf_tree_get(split);
	span = t ? dwarf_spans_find(&t->spans, vaddr) : NULL;
	if (span)
		return scope_frames(d, split, l, span->id, place, frames, max);
	frames[0] = place;
	return place.path != NULL;
}

uint32_t dwarf_missing(const struct dwarf_names *d)
{
	return d->split.missing;
}

static bool is_mangled(const char *name)
{
	return name[0] == '_' && (name[1] == 'Z' || name[1] == 'R' || name[1] == 'D');
}

const char *dwarf_outer_name(const char *linkage, const char *symbol)
{
	return linkage && (!symbol || is_mangled(linkage)) ? linkage : symbol;
}
