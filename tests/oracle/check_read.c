// SPDX-License-Identifier: Apache-2.0
#include "check_read.h"

#include <stdbool.h>
#include <stdlib.h>

enum {
	RECORD_MAX = 1 << 26, /* bytes: far more than the mappings of any process */
	STACK_MAX = 1 << 16,
};

static bool read_all(struct check_reader *r, void *to, size_t size)
{
	if (fread(to, 1, size, r->in) == size) {
		r->at += size;
		return true;
	}
	r->why = ferror(r->in) ? "it cannot be read" : "it ends within a record";
	return false;
}

void check_reader_init(struct check_reader *r, FILE *in)
{
	uint64_t magic;

	*r = (struct check_reader){ .in = in };
	if (read_all(r, &magic, sizeof(magic)) && magic != CHECK_MAGIC)
		r->why = "it is no check file";
}

void check_reader_release(struct check_reader *r)
{
	free(r->record);
	r->record = NULL;
}

static bool is_sample(const struct check_sample *s)
{
	return s->head.size >= sizeof(*s) && s->stack_sz <= STACK_MAX && s->stack_sz % 8 == 0 &&
	       s->head.size == sizeof(*s) + (uint64_t)s->frame_cnt * 8 + s->stack_sz;
}

static bool is_record(const struct check_head *head)
{
	switch (head->type) {
	case CHECK_IMAGE:
		return head->size >= sizeof(struct check_image);
	case CHECK_SAMPLE:
		return is_sample((const struct check_sample *)head);
	}
	return false;
}

/* Room for 'size' bytes, and at least for the fixed part of any record. */
static bool make_room(struct check_reader *r, size_t size)
{
	size_t cap = size > sizeof(struct check_sample) ? size : sizeof(struct check_sample);
	uint64_t *record = cap > r->cap ? realloc(r->record, cap) : r->record;

	if (!record) {
		r->why = "out of memory";
		return false;
	}
	r->cap = cap > r->cap ? cap : r->cap;
	r->record = record;
	return true;
}

const struct check_head *check_next(struct check_reader *r)
{
	struct check_head head;
	int c;

	if (r->why)
		return NULL;
	c = getc(r->in);
	if (c == EOF && !ferror(r->in))
		return NULL;
	ungetc(c, r->in);
	if (!read_all(r, &head, sizeof(head)))
		return NULL;
	if (head.size < sizeof(head) || head.size > RECORD_MAX || head.size % 8) {
		r->why = "a record has a bad size";
		return NULL;
	}
	if (!make_room(r, head.size))
		return NULL;
	*(struct check_head *)r->record = head;
	if (!read_all(r, r->record + 1, head.size - sizeof(head)))
		return NULL;
	if (!is_record((struct check_head *)r->record)) {
		r->why = "a record is not what its type says";
		return NULL;
	}
	return (const struct check_head *)r->record;
}

const uint64_t *check_frames(const struct check_sample *s)
{
	return (const uint64_t *)(s + 1);
}

const uint8_t *check_stack(const struct check_sample *s)
{
	return (const uint8_t *)(check_frames(s) + s->frame_cnt);
}
