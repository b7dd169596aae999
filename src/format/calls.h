/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The call tree of a profile: stacks that begin alike share nodes. Node 0 stands for all, its children are
 * the processes, and a node's number is above its parent's.
 */
#ifndef EBPROF_FORMAT_CALLS_H
#define EBPROF_FORMAT_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/table.h"
#include "format/stack.h"

struct err;
struct format_options;
struct profile;

/* What makes frames equal: what they are called, and of which kind they are or where they are from. */
enum calls_by { CALLS_BY_KIND, CALLS_BY_SOURCE };

/* No hole: it is a key. */
struct calls_frame {
	struct stack_id id;
	uint32_t
		file; /* CALLS_BY_SOURCE: a string, of the source or else of what is mapped; 0 = unknown */
	uint32_t pad;
	int64_t line; /* where the function begins there; 0 = unknown */
};

struct calls_node {
	uint32_t parent, frame; /* neither of node 0 is one */
};

struct calls {
	const struct profile *p;
	enum calls_by by;
	size_t type;         /* of the values: the one to be shown */
	struct table frames; /* struct calls_frame */
	struct table nodes;  /* struct calls_node */
	int64_t *self;       /* by node, type_cnt of them: of the stacks that end there */
	size_t self_cap;
	uint32_t *leaves; /* by sample: where it ends */
	uint32_t at;      /* where the walk is */
	bool failed;
};

/*
 * Makes the tree of all samples, and chooses the type as the options say. 0, or -errno + 'e'; calls_release()
 * in any case.
 */
int calls_init(struct calls *c, const struct profile *p, const struct format_options *o,
               enum calls_by by, struct err *e);
void calls_release(struct calls *c);
const struct calls_node *calls_node(const struct calls *c, size_t node);
const struct calls_frame *calls_frame(const struct calls *c, size_t frame);
int64_t calls_self(const struct calls *c, size_t node, size_t type);

#endif
