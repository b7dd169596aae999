// SPDX-License-Identifier: Apache-2.0
#include "symbolize/dwarf_split.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/array.h"
#include "elf/elf.h"
#include "symbolize/dwarf_const.h"
#include "symbolize/dwarf_file.h"
#include "symbolize/dwarf_unit.h"

#define COLUMNS_MAX 16
#define FILES_MAX   2048 /* .dwo files that are open at once */
#define PROBES_MAX  1024 /* of a hash table that is to be two thirds full at most */

/* The index of a package: DWARF 5, 7.3.5.3; version 2: https://gcc.gnu.org/wiki/DebugFissionDWP */
struct package_index {
	uint32_t version, column_cnt, unit_cnt, slot_cnt;
	struct dwarf_cursor ids, rows, columns, offsets;
};

/* Cuts 'cnt' numbers of 'size' bytes off the front of 'c'. */
static struct dwarf_cursor cut(struct dwarf_cursor *c, uint64_t cnt, uint64_t size)
{
	struct dwarf_cursor part = { .at = c->at };

	dwarf_skip(c, cnt * size); /* both are of 32 bits */
	part.end = c->bad ? part.at : c->at;
	return part;
}

static bool index_read(struct dwarf_file *package, struct package_index *x)
{
	struct dwarf_cursor c;

	if (!dwarf_rest(package, DWARF_CU_INDEX, 0, &c))
		return false;
	x->version = (uint32_t)dwarf_uint(&c, 4) & 0xffff; /* 2 bytes in 5, then padding */
	x->column_cnt = (uint32_t)dwarf_uint(&c, 4);
	x->unit_cnt = (uint32_t)dwarf_uint(&c, 4);
	x->slot_cnt = (uint32_t)dwarf_uint(&c, 4);
	if (x->column_cnt > COLUMNS_MAX)
		return false;
	x->ids = cut(&c, x->slot_cnt, 8);
	x->rows = cut(&c, x->slot_cnt, 4);
	x->columns = cut(&c, x->column_cnt, 4);
	x->offsets = cut(&c, (uint64_t)x->unit_cnt * x->column_cnt, 4);
	return !c.bad && (x->version == 2 || x->version == 5);
}

/* The row of a unit, from 1 on; 0 = it is not there. The number of slots is a power of two. */
static uint32_t index_row(struct package_index *x, uint64_t id)
{
	uint32_t mask = x->slot_cnt - 1, slot = id & mask, step = (id >> 32 & mask) | 1, i;

	for (i = 0; i < x->slot_cnt && i < PROBES_MAX; i++, slot = (slot + step) & mask) {
		struct dwarf_cursor ids = x->ids, rows = x->rows;
		uint32_t row;

		dwarf_skip(&ids, 8ull * slot);
		dwarf_skip(&rows, 4ull * slot);
		row = (uint32_t)dwarf_uint(&rows, 4);
		if (!row || dwarf_uint(&ids, 8) == id)
			return row;
	}
	return 0;
}

/* Where the unit's parts of the sections begin. */
static void parts_set(struct package_index *x, uint32_t row, struct dwarf_unit *u, uint64_t *info)
{
	uint32_t i, column;
	uint64_t offset;

	dwarf_skip(&x->offsets, (uint64_t)(row - 1) * x->column_cnt * 4);
	for (i = 0; i < x->column_cnt; i++) {
		column = (uint32_t)dwarf_uint(&x->columns, 4);
		offset = dwarf_uint(&x->offsets, 4);
		if (column == SECT_INFO)
			*info = offset;
		else if (column == SECT_ABBREV)
			u->abbrevs = offset;
		else if (column == SECT_STR_OFFSETS)
			u->str_offsets_base = offset;
		else if (column == SECT_RNGLISTS && x->version == 5)
			u->rnglists_base = offset;
	}
}

static struct dwarf_unit *unit_in_package(struct dwarf_file *package, uint64_t id)
{
	struct dwarf_unit parts = { 0 }, *u;
	struct package_index x = { 0 };
	uint64_t info = UINT64_MAX;
	uint32_t row;

	if (!index_read(package, &x))
		return NULL;
	row = index_row(&x, id);
	if (!row || row > x.unit_cnt)
		return NULL;
	parts_set(&x, row, &parts, &info);
	u = dwarf_unit_at(package, info);
	if (!u || u->opened || u->skeleton)
		return NULL;
	u->abbrevs += parts.abbrevs;
	u->str_offsets_base = parts.str_offsets_base;
	u->rnglists_base = parts.rnglists_base;
	return u;
}

static struct dwarf_unit *from_package(struct dwarf_split *s, const struct dwarf_unit *u)
{
	if (!s->package_tried && s->options.dwp_fd >= 0) {
		s->package = dwarf_file_new(elf_open(s->options.dwp_fd), -1, true);
		if (s->package)
			dwarf_units_scan(s->package);
	}
	s->package_tried = true;
	return s->package ? unit_in_package(s->package, u->id) : NULL;
}

static struct dwarf_file *file_open(struct dwarf_split *s, const struct dwarf_unit *u)
{
	const char *dir = u->comp_dir && *u->dwo_name != '/' ? u->comp_dir : "";
	struct dwarf_file *f;
	char path[4096];
	int fd;

	if (!s->options.open || s->cnt >= FILES_MAX ||
	    snprintf(path, sizeof(path), "%s%s%s", dir, *dir ? "/" : "", u->dwo_name) >=
	            (int)sizeof(path))
		return NULL;
	fd = s->options.open(s->options.arg, path);
	if (fd < 0)
		return NULL;
	f = dwarf_file_new(elf_open(fd), fd, true);
	if (!f)
		close(fd);
	else
		dwarf_units_scan(f);
	return f;
}

/* Its id is in the header, in DWARF 4 in the first entry. */
static struct dwarf_unit *unit_with_id(struct dwarf_file *f, struct dwarf_unit *skeleton)
{
	struct dwarf_unit *u;
	size_t i;

	for (i = 0; i < f->unit_cnt; i++) {
		u = &f->units[i];
		u->skeleton = skeleton;
		if (dwarf_unit_open(u, NULL) && u->id == skeleton->id)
			return u;
	}
	return NULL;
}

static struct dwarf_unit *from_file(struct dwarf_split *s, struct dwarf_unit *u)
{
	struct dwarf_file **files, *f = file_open(s, u);
	struct dwarf_unit *found = f ? unit_with_id(f, u) : NULL;

	files = found ? array_reserve(s->files, &s->cap, s->cnt + 1, sizeof(*files)) : NULL;
	if (!files) {
		dwarf_file_free(f);
		return NULL;
	}
	s->files = files;
	files[s->cnt++] = f;
	return found;
}

struct dwarf_unit *dwarf_split_unit(struct dwarf_split *s, struct dwarf_unit *u)
{
	if (!dwarf_unit_open(u, NULL) || !u->dwo_name || !*u->dwo_name)
		return u;
	if (!u->split_tried) {
		u->split = from_package(s, u);
		if (!u->split)
			u->split = from_file(s, u);
		if (u->split)
			u->split->skeleton = u;
		s->missing += !u->split;
	}
	u->split_tried = true;
	return u->split ? u->split : u;
}

void dwarf_split_release(struct dwarf_split *s)
{
	size_t i;

	for (i = 0; i < s->cnt; i++)
		dwarf_file_free(s->files[i]);
	free(s->files);
	dwarf_file_free(s->package);
}
