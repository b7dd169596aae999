// SPDX-License-Identifier: Apache-2.0
#include "format/calls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/err.h"
#include "format/format.h"
#include "profile/profile.h"

static void find_source(struct calls_frame *key, const struct stack_frame *f)
{
	if (key->id.kind != STACK_PROCESS)
		key->id.kind = STACK_USER;
	if (f->function && f->function->filename) {
		key->file = f->function->filename;
		key->line = f->function->start_line > 0 ? f->function->start_line : 0;
	} else if (f->mapping) {
		key->file = f->mapping->file;
	}
}

/* The child of the node where the walk is. */
static void enter(void *arg, const struct stack_frame *f)
{
	struct calls_frame key = { .id = f->id };
	struct calls_node child;
	struct calls *c = arg;
	void *frame, *node = NULL;

	if (c->by == CALLS_BY_SOURCE)
		find_source(&key, f);
	frame = c->failed ? NULL : table_put(&c->frames, &key, NULL);
	if (frame) {
		child = (struct calls_node){ c->at, (uint32_t)table_number(&c->frames, frame) };
		node = table_put(&c->nodes, &child, NULL);
	}
	if (node)
		c->at = (uint32_t)table_number(&c->nodes, node);
	else
		c->failed = true;
}

static void add_sample(struct calls *c, size_t number)
{
	const struct profile *p = c->p;
	const int64_t *values = p->values + p->samples[number].value_first;
	int64_t *self;
	size_t i;

	c->at = 0;
	stack_each(p, &p->samples[number], enter, c);
	self = c->failed ? NULL
	                 : array_reserve(c->self, &c->self_cap, c->nodes.cnt * p->type_cnt,
	                                 sizeof(*self));
	if (!self) {
		c->failed = true;
		return;
	}
	c->self = self;
	c->leaves[number] = c->at;
	self += c->at * p->type_cnt;
	for (i = 0; i < p->type_cnt; i++)
		self[i] = profile_sum(self[i], values[i]);
}

int calls_init(struct calls *c, const struct profile *p, const struct format_options *o,
               enum calls_by by, struct err *e)
{
	const struct calls_node all = { UINT32_MAX, UINT32_MAX };
	const char *wrong = profile_check_references(p);
	size_t i;

	*c = (struct calls){ .p = p, .by = by, .type = format_sample_type(p, o) };
	table_init(&c->frames, sizeof(struct calls_frame), sizeof(struct calls_frame));
	table_init(&c->nodes, sizeof(struct calls_node), sizeof(struct calls_node));
	if (wrong)
		return err_set(e, -EINVAL, "the profile cannot be written: %s", wrong);
	if (c->type >= p->type_cnt)
		return err_set(e, -EINVAL, "the profile has only %zu sample types", p->type_cnt);
	c->leaves = calloc(p->sample_cnt + 1, sizeof(*c->leaves));
	c->self = array_reserve(NULL, &c->self_cap, p->type_cnt, sizeof(*c->self));
	c->failed = !c->leaves || !c->self || !table_put(&c->nodes, &all, NULL);
	for (i = 0; !c->failed && i < p->sample_cnt; i++)
		add_sample(c, i);
	return c->failed ? err_set(e, -ENOMEM, "out of memory for a call tree") : 0;
}

void calls_release(struct calls *c)
{
	table_release(&c->frames);
	table_release(&c->nodes);
	free(c->self);
	free(c->leaves);
	*c = (struct calls){ 0 };
}

const struct calls_node *calls_node(const struct calls *c, size_t node)
{
	return table_at(&c->nodes, node);
}

const struct calls_frame *calls_frame(const struct calls *c, size_t frame)
{
	return table_at(&c->frames, frame);
}

int64_t calls_self(const struct calls *c, size_t node, size_t type)
{
	return c->self[node * c->p->type_cnt + type];
}
