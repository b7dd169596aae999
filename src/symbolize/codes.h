/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Code that comes and goes at addresses: ranges, each with a number that says what it is. Where
 * ranges overlap the one that was added later counts. Their names and the like are kept with them.
 */
#ifndef EBPROF_SYMBOLIZE_CODES_H
#define EBPROF_SYMBOLIZE_CODES_H

#include <stddef.h>
#include <stdint.h>

/* [start, end). */
struct code_range {
	uint64_t start, end;
	uint64_t what; /* 0: nothing is there any more */
};

struct codes {
	char *texts; /* NUL-terminated ones; the first byte is nobody's */
	size_t text_used, text_cap;
	struct code_range *ranges;
	size_t cnt, cap;
};

void codes_release(struct codes *c);
/* Keeps a text, which has no NUL; its number, 0 when memory is out. */
size_t codes_text(struct codes *c, const char *text, size_t len);
/* Good until the next codes_text(). */
const char *codes_text_at(const struct codes *c, size_t number);
size_t codes_bytes(const struct codes *c);
/* 0, or -ENOMEM; a range that is empty or wraps around is -EINVAL. */
int codes_add(struct codes *c, uint64_t start, uint64_t size, uint64_t what);
/* Sorts what was added, as codes_find() needs it. 0 or -ENOMEM. */
int codes_settle(struct codes *c);
/* The range that holds the address, NULL when there is none; good until the next codes_add(). */
const struct code_range *codes_find(const struct codes *c, uint64_t address);

#endif
