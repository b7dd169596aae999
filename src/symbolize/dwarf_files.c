// SPDX-License-Identifier: Apache-2.0
#include "symbolize/dwarf_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/strings.h"
#include "symbolize/dwarf_const.h"
#include "symbolize/dwarf_unit.h"

#define FILES_MAX   (1u << 20)
#define FORMATS_MAX 16   /* what DWARF 5 tells of a file: five things */
#define PATH_MAX_   8192 /* bytes of a whole path */

static bool add(struct dwarf_source **all, size_t *cnt, size_t *cap, const struct dwarf_value *name,
                uint64_t dir)
{
	struct dwarf_source *items =
		*cnt < FILES_MAX ? array_reserve(*all, cap, *cnt + 1, sizeof(*items)) : NULL;

	if (!items)
		return false;
	*all = items;
	items[(*cnt)++] =
		(struct dwarf_source){ .name = *name,
		                       .dir = dir <= UINT32_MAX ? (uint32_t)dir : UINT32_MAX };
	return true;
}

static bool dir_add(struct dwarf_files *f, const struct dwarf_value *name)
{
	return add(&f->dirs, &f->dir_cnt, &f->dir_cap, name, 0);
}

static bool file_add(struct dwarf_files *f, const struct dwarf_value *name, uint64_t dir)
{
	return add(&f->files, &f->file_cnt, &f->file_cap, name, dir);
}

/* A name that is not empty; those end a list. */
static bool name_read4(struct dwarf_cursor *c, struct dwarf_value *name)
{
	*name = (struct dwarf_value){ .form = FORM_STRING, .text = dwarf_text(c) };
	return name->text && *name->text;
}

/* DWARF 4, 6.2.4: number 0 is the compilation's own directory, and no file. */
static bool tables_read4(struct dwarf_files *f, struct dwarf_cursor *c)
{
	struct dwarf_value name = { 0 };
	uint64_t dir;

	if (!dir_add(f, &name) || !file_add(f, &name, 0))
		return false;
	while (name_read4(c, &name))
		if (!dir_add(f, &name))
			return false;
	while (name_read4(c, &name)) {
		dir = dwarf_uleb(c);
		dwarf_uleb(c); /* when it was changed, its size */
		dwarf_uleb(c);
		if (c->bad || !file_add(f, &name, dir))
			return false;
	}
	return !c->bad;
}

/* DWARF 5, 6.2.4.1: one table, of directories or of files. */
static bool table_read5(struct dwarf_files *f, struct dwarf_cursor *c, bool of_files)
{
	struct dwarf_attr formats[FORMATS_MAX];
	uint64_t kinds[FORMATS_MAX], cnt, dir, i;
	unsigned int format_cnt = (unsigned int)dwarf_uint(c, 1), k;

	if (format_cnt > FORMATS_MAX)
		return false;
	for (k = 0; k < format_cnt; k++) {
		kinds[k] = dwarf_uleb(c);
		formats[k] = dwarf_attr_of(dwarf_uleb(c));
	}
	cnt = dwarf_uleb(c);
	for (i = 0; i < cnt; i++) {
		struct dwarf_value name = { 0 }, v;
		const uint8_t *from = c->at;

		dir = 0;
		for (k = 0; k < format_cnt; k++) {
			if (!dwarf_form_read(c, &f->unit, &formats[k], &v))
				return false;
			if (kinds[k] == LNCT_PATH)
				name = v;
			else if (kinds[k] == LNCT_DIRECTORY_INDEX)
				dir = v.number;
		}
		if (c->at == from || !(of_files ? file_add(f, &name, dir) : dir_add(f, &name)))
			return false;
	}
	return !c->bad;
}

static void program_head(struct dwarf_cursor *c, unsigned int version, struct dwarf_line_head *h)
{
	unsigned int i;

	h->min_length = (uint8_t)dwarf_uint(c, 1);
	/* Operations of an instruction: no machine of ours has more than one. */
	if (version >= 4)
		dwarf_uint(c, 1);
	dwarf_uint(c, 1); /* default_is_stmt */
	h->line_base = (int8_t)dwarf_uint(c, 1);
	h->line_range = (uint8_t)dwarf_uint(c, 1);
	h->opcode_base = (uint8_t)dwarf_uint(c, 1);
	for (i = 1; i < h->opcode_base; i++)
		h->operands[i] = (uint8_t)dwarf_uint(c, 1);
}

static struct dwarf_unit table_unit(const struct dwarf_unit *u, unsigned int version,
                                    unsigned int offset_size)
{
	struct dwarf_unit t = { .file = u->file,
		                .version = (uint8_t)version,
		                .offset_size = (uint8_t)offset_size,
		                .address_size = u->address_size,
		                .str_offsets_base = u->str_offsets_base,
		                .comp_dir = u->comp_dir };

	return t;
}

bool dwarf_files_read(struct dwarf_files *f, struct dwarf_unit *u, struct dwarf_cursor *c,
                      struct dwarf_line_head *head)
{
	unsigned int offset_size, version;
	const uint8_t *program;
	uint64_t length;
	bool good;

	length = dwarf_length(c, &offset_size);
	if (!length || length > dwarf_left(c))
		return false;
	c->end = c->at + length;
	version = (unsigned int)dwarf_uint(c, 2);
	if (version < 2 || version > 5)
		return false;
	f->unit = table_unit(u, version, offset_size);
	if (version == 5) {
		f->unit.address_size = (uint8_t)dwarf_uint(c, 1);
		dwarf_uint(c, 1); /* of a segment's selector */
	}
	length = dwarf_uint(c, offset_size);
	if (length > dwarf_left(c))
		return false;
	program = c->at + length;
	program_head(c, version, head);
	good = version < 5 ? tables_read4(f, c)
	                   : table_read5(f, c, false) && table_read5(f, c, true);
	c->at = program;
	c->bad = false;
	return good && head->line_range;
}

static const char *text_of(const struct dwarf_files *f, const struct dwarf_value *name)
{
	return dwarf_value_text(&f->unit, name) ?: "";
}

static bool is_absolute(const char *path)
{
	return *path == '/';
}

/*
 * A relative directory is below the compilation's own, even DWARF 5's number 0, which is that one
 * itself: so do addr2line and llvm-symbolizer, and it matters only where both are relative.
 */
const char *dwarf_files_path(struct dwarf_files *f, uint32_t number, struct strings *texts)
{
	struct dwarf_source *s = number < f->file_cnt ? &f->files[number] : NULL;
	const char *name, *dir, *base = f->unit.comp_dir ?: "";
	char path[PATH_MAX_];

	if (s && s->path)
		return strings_get(texts, s->path);
	name = s ? text_of(f, &s->name) : "";
	if (!*name || is_absolute(name))
		return *name ? name : NULL;
	dir = s->dir < f->dir_cnt ? text_of(f, &f->dirs[s->dir].name) : "";
	if (is_absolute(dir))
		base = "";
	snprintf(path, sizeof(path), "%s%s%s%s%s", base, *base ? "/" : "", dir, *dir ? "/" : "",
	         name);
	s->path = strings_add(texts, path, strlen(path));
	return s->path ? strings_get(texts, s->path) : name;
}

void dwarf_files_release(struct dwarf_files *f)
{
	free(f->dirs);
	free(f->files);
}
