/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is asked about a file, or the code of a program, and what came of it: the offsets in their order, so
 * that what lies together is read together, and for each of those who asked the lines that were made.
 */
#ifndef EBPROF_SYMBOLIZE_ASKED_H
#define EBPROF_SYMBOLIZE_ASKED_H

#include <stddef.h>
#include <stdint.h>

#include "symbolize/asker.h"

struct lines;
struct names_frame;
struct order_item;
struct profile_line;

struct asked {
	uint64_t *offsets;
	uint32_t *ranks;     /* of each who asked: where its offset is among them */
	struct known *known; /* asked.c */
	struct profile_line *lines;
	size_t cnt, line_cnt, line_cap;
};

/*
 * 'cnt' items, key: the offset, id: the number of who asks, from 0 on; they are put in order. 0 or -ENOMEM;
 * release it in any case.
 */
int asked_init(struct asked *a, struct order_item *items, size_t cnt);
void asked_release(struct asked *a);
/* Asks, and makes lines of the answers; then asker_done() is due, after asked_lines(). */
void asked_put(struct asked *a, struct asker *k, struct asker_question *q, struct lines *lines);
/* The lines for who asked as number 'id', and their frames: how many, 0 = nothing is known. */
size_t asked_lines(const struct asked *a, size_t id, const struct names_frame **frames,
                   const struct profile_line **lines);

#endif
