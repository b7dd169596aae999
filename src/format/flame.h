/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A flame graph: each node of the call tree is a box, as wide as its share of one value, the root on top and
 * callees below their callers. flame.c finds the places, flame_put.c writes the picture.
 */
#ifndef EBPROF_FORMAT_FLAME_H
#define EBPROF_FORMAT_FLAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "format/calls.h"

/* ebprof's own stacks have some 1,200 frames; a picture of more rows is a stack gone wild. */
#define FLAME_ROWS_MAX 2048

struct order_item;

struct flame_box {
	int64_t cum, left; /* width and place, in the unit of the value */
	uint32_t row;      /* 0 is at the top */
	uint32_t pad;
};

struct flame {
	struct calls calls;
	struct flame_box *boxes;  /* by node */
	struct order_item *order; /* the nodes but the first: by caller, then by name */
	uint32_t rows;
	/* What is not drawn: boxes, and what the widest of them have; stacks below 0. */
	size_t narrow_cnt, negative_cnt;
	int64_t narrow, negative;
};

/* Of the type that the options say. 0, or -errno + 'e'; flame_release() in any case. */
int flame_init(struct flame *f, const struct profile *p, const struct format_options *o,
               struct err *e);
void flame_release(struct flame *f);
/* Is the box wide enough to be seen? */
bool flame_is_drawn(const struct flame *f, const struct flame_box *b);

/* All before the boxes. Errors of these three are in ferror(out). */
void flame_put_head(const struct flame *f, FILE *out);
/* The box of a node that is drawn. */
void flame_put_box(const struct flame *f, size_t node, FILE *out);
/* What is below the boxes: what is not drawn, what the capture lost. */
void flame_put_foot(const struct flame *f, FILE *out);

#endif
