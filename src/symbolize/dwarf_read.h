/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading numbers off a piece of a section. A read past the end gives 0 and sets 'bad', and so does
 * every one after it: loops end, and one check at their end is enough. Of the host's byte order,
 * which is little-endian: elf/file.c opens no other.
 */
#ifndef EBPROF_SYMBOLIZE_DWARF_READ_H
#define EBPROF_SYMBOLIZE_DWARF_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dwarf_cursor {
	const uint8_t *at, *end;
	bool bad;
};

/* A number of 1 to 8 bytes. */
uint64_t dwarf_uint(struct dwarf_cursor *c, unsigned int size);
/* LEB128 numbers of more than one byte; bits above the 64th are dropped. */
uint64_t dwarf_uleb_long(struct dwarf_cursor *c);
int64_t dwarf_sleb(struct dwarf_cursor *c);
/* The string here, NULL when it has no end. */
const char *dwarf_text(struct dwarf_cursor *c);
void dwarf_skip(struct dwarf_cursor *c, uint64_t size);
/* A unit's length, which also says whether its offsets have 4 or 8 bytes. */
uint64_t dwarf_length(struct dwarf_cursor *c, unsigned int *offset_size);

static inline size_t dwarf_left(const struct dwarf_cursor *c)
{
	return (size_t)(c->end - c->at);
}

static inline uint64_t dwarf_uleb(struct dwarf_cursor *c)
{
	return c->at < c->end && *c->at < 0x80 ? *c->at++ : dwarf_uleb_long(c);
}

#endif
