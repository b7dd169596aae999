// SPDX-License-Identifier: Apache-2.0
#include "process/image.h"

#include <stdlib.h>
#include <string.h>

struct program *program_new(uint32_t pid, uint32_t exec_id, uint64_t start)
{
	struct program *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->image.pid = pid;
	p->image.exec_id = exec_id;
	p->image.start = start;
	p->image.comm = p->comm;
	return p;
}

void program_free(struct program *p)
{
	if (!p)
		return;
	mappings_unref(p->mappings);
	free(p);
}

static void show_mappings(struct program *p)
{
	p->image.mappings = p->mappings ? p->mappings->items : NULL;
	p->image.mapping_cnt = p->mappings ? p->mappings->cnt : 0;
}

struct program *program_fork(const struct program *parent, uint32_t pid, uint64_t start)
{
	struct program *p = program_new(pid, parent->image.exec_id, start);

	if (!p)
		return NULL;
	p->mappings = mappings_ref(parent->mappings);
	p->image.program = parent->image.program;
	memcpy(p->comm, parent->comm, sizeof(p->comm));
	show_mappings(p);
	return p;
}

void program_set_comm(struct program *p, const char *comm, size_t len)
{
	len = strnlen(comm, len);
	if (len >= sizeof(p->comm))
		len = sizeof(p->comm) - 1;
	memset(p->comm, 0, sizeof(p->comm));
	memcpy(p->comm, comm, len);
}

int program_map(struct program *p, const struct mapping *m, bool live)
{
	int err = mappings_add(&p->mappings, m, live);

	if (!p->image.program && m->file->kind == FILE_REGULAR)
		p->image.program = m->file;
	show_mappings(p);
	return err;
}

const struct mapping *image_mapping(const struct image *im, uint64_t address)
{
	return mappings_find(im->mappings, im->mapping_cnt, address);
}

const struct mapping *image_mapping_of_file(const struct image *im, const struct file *file,
                                            uint64_t offset)
{
	const struct mapping *m;
	size_t i;

	for (i = 0; i < im->mapping_cnt; i++) {
		m = &im->mappings[i];
		if (m->file == file && offset >= m->offset &&
		    offset - m->offset < m->end - m->start)
			return m;
	}
	return NULL;
}

const struct mapping *image_main(const struct image *im)
{
	size_t i;

	for (i = 0; im->program && i < im->mapping_cnt; i++)
		if (im->mappings[i].file == im->program)
			return &im->mappings[i];
	return NULL;
}
