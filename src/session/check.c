// SPDX-License-Identifier: Apache-2.0
/* Writes the file of --unwind check; the format is in session/check.h. */
#include "session/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "process/process.h"
#include "session/engine.h"
#include "tables.h"
#include "unwind/unwind.h"

#define CHECK_FILE "ebprof.check"

struct image_key {
	uint64_t start, mappings; /* hash of them */
	uint32_t pid, exec_id;
};

struct image_entry {
	struct image_key key;
};

struct check {
	FILE *file;
	struct table images; /* the number of an image is its place here, from 1 on */
};

int check_open(struct engine *en, struct err *e)
{
	const char *path = en->options.check_file ? en->options.check_file : CHECK_FILE;
	const uint64_t magic = CHECK_MAGIC;
	struct check *c;
	int fd;

	if (en->options.unwind != UNWIND_CHECK)
		return 0;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	c = fd < 0 ? NULL : calloc(1, sizeof(*c));
	if (c)
		c->file = fdopen(fd, "we");
	if (!c || !c->file) {
		err_set(e, -errno, "cannot write '%s': %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		free(c);
		return -EIO;
	}
	table_init(&c->images, sizeof(struct image_key), sizeof(struct image_entry));
	fwrite(&magic, sizeof(magic), 1, c->file);
	en->check = c;
	return 0;
}

int check_close(struct engine *en)
{
	struct check *c = en->check;
	int err;

	if (!c)
		return 0;
	err = ferror(c->file) ? -EIO : 0;
	if (fclose(c->file))
		err = -errno;
	table_release(&c->images);
	free(c);
	en->check = NULL;
	return err;
}

/* 'cnt' bytes and as many zeros as make it a multiple of 8. */
static void write_padded(struct check *c, const void *bytes, size_t cnt)
{
	static const char zeros[8];

	fwrite(bytes, 1, cnt, c->file);
	fwrite(zeros, 1, -cnt & 7, c->file);
}

static uint32_t padded(size_t cnt)
{
	return (uint32_t)((cnt + 7) & ~7ull);
}

static void write_mapping(struct check *c, const struct mapping *m)
{
	struct check_mapping to = { .start = m->start, .end = m->end, .offset = m->offset };

	to.path_len = (uint32_t)strlen(m->file->path);
	fwrite(&to, sizeof(to), 1, c->file);
	write_padded(c, m->file->path, to.path_len);
}

static void write_image(struct check *c, const struct image *im, uint32_t number)
{
	struct check_image to = { .head = { .type = CHECK_IMAGE, .size = sizeof(to) },
		                  .image = number,
		                  .pid = im->pid,
		                  .mapping_cnt = (uint32_t)im->mapping_cnt };
	size_t i;

	for (i = 0; i < im->mapping_cnt; i++)
		to.head.size += (uint32_t)sizeof(struct check_mapping) +
		                padded(strlen(im->mappings[i].file->path));
	fwrite(&to, sizeof(to), 1, c->file);
	for (i = 0; i < im->mapping_cnt; i++)
		write_mapping(c, &im->mappings[i]);
}

/* The number of the process as it is now, written when it is new; 0 = nobody knows it. */
static uint32_t image_number(struct check *c, const struct image *im)
{
	struct image_key key = { .start = im->start, .pid = im->pid, .exec_id = im->exec_id };
	struct image_entry *entry;
	uint32_t number;
	bool is_new;

	key.mappings = hash_bytes(im->mappings, im->mapping_cnt * sizeof(*im->mappings), 0);
	entry = table_put(&c->images, &key, &is_new);
	if (!entry)
		return 0;
	number = (uint32_t)table_number(&c->images, entry) + 1;
	if (is_new)
		write_image(c, im, number);
	return number;
}

/* A frame as an address of the process; 0 = its file is not mapped any more. */
static uint64_t address_of(const struct engine *en, const struct image *im, uint64_t frame,
                           bool is_return)
{
	const struct mapping *m = NULL;
	const struct file *file;
	uint64_t offset;

	if ((frame & FRAME_FILE_MASK) != FRAME_FILE_TAG)
		return frame;
	file = unwind_file(en->unwind, FRAME_FILE_NUMBER(frame));
	offset = FRAME_FILE_OFFSET(frame) - is_return;
	if (file)
		m = image_mapping_of_file(im, file, offset);
	return m ? m->start + offset - m->offset + is_return : 0;
}

/* Bytes from the stack pointer on. */
static uint32_t stack_sz(const struct record_unmet *walk)
{
	return walk->stack_sz > ABI_RED_ZONE ? walk->stack_sz - ABI_RED_ZONE : 0;
}

static void write_sample(struct engine *en, const struct record_check *r, uint32_t unmet,
                         uint64_t *frames, uint32_t cnt, uint32_t end)
{
	const struct record_unmet *walk = &r->walk;
	const struct image *im =
		processes_find(en->processes, walk->key.tgid, walk->key.start, walk->key.exec_id);
	struct check_sample to = { .head = { .type = CHECK_SAMPLE },
		                   .tid = walk->key.tid,
		                   .end = end,
		                   .unmet = unmet,
		                   .frame_cnt = cnt - (end != END_NONE),
		                   .stack_sz = stack_sz(walk) & ~7u,
		                   .pc = walk->pc };
	uint32_t i;

	if (!im)
		return;
	for (i = 0; i < to.frame_cnt; i++)
		frames[i] = address_of(en, im, frames[i], i > 0);
	to.image = image_number(en->check, im);
	to.head.size =
		(uint32_t)sizeof(to) + to.frame_cnt * (uint32_t)sizeof(*frames) + to.stack_sz;
	memcpy(to.regs, walk->regs, sizeof(to.regs));
	fwrite(&to, sizeof(to), 1, en->check->file);
	fwrite(frames, sizeof(*frames), to.frame_cnt, en->check->file);
	fwrite((const char *)(r + 1) + ABI_RED_ZONE, 1, to.stack_sz, en->check->file);
}

void check_add(struct engine *en, const struct record_check *r, size_t size)
{
	uint64_t frames[ABI_USER_FRAMES + 1];
	uint32_t cnt = r->cnt, end = r->end;

	if (size < sizeof(*r) || r->walk.stack_sz > size - sizeof(*r) || r->cnt > ABI_USER_FRAMES)
		return;
	memcpy(frames, r->frames, sizeof(frames));
	if (!r->cnt) {
		end = END_NONE;
		cnt = unmet_add(en, &r->walk, r + 1, frames, &end);
	}
	if (en->check)
		write_sample(en, r, !r->cnt, frames, cnt, end);
}
