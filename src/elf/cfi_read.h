/* SPDX-License-Identifier: Apache-2.0 */
/* Reading foreign bytes from front to back: past the end everything is 0 and 'bad' is set. */
#ifndef EBPROF_ELF_CFI_READ_H
#define EBPROF_ELF_CFI_READ_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Encodings of pointers: a format (the low four bits), a base, and perhaps "indirect". */
enum {
	DW_EH_PE_absptr = 0x00,
	DW_EH_PE_uleb128 = 0x01,
	DW_EH_PE_udata2 = 0x02,
	DW_EH_PE_udata4 = 0x03,
	DW_EH_PE_udata8 = 0x04,
	DW_EH_PE_signed = 0x08,
	DW_EH_PE_sleb128 = 0x09,
	DW_EH_PE_sdata2 = 0x0a,
	DW_EH_PE_sdata4 = 0x0b,
	DW_EH_PE_sdata8 = 0x0c,
	DW_EH_PE_format = 0x0f,
	DW_EH_PE_pcrel = 0x10,
	DW_EH_PE_datarel = 0x30,
	DW_EH_PE_base = 0x70,
	DW_EH_PE_indirect = 0x80,
	DW_EH_PE_omit = 0xff,
};

struct cursor {
	const uint8_t *p, *end;
	bool bad;
};

/* Little-endian integers of 'n' bytes (1 to 8). */
uint64_t cursor_uint(struct cursor *c, unsigned int n);
int64_t cursor_sint(struct cursor *c, unsigned int n);
/* LEB128; bits above the 64th are dropped. */
uint64_t cursor_uleb_long(struct cursor *c);
int64_t cursor_sleb(struct cursor *c);
/* Skips; returns where it was, NULL when there are not that many bytes. */
const uint8_t *cursor_skip(struct cursor *c, uint64_t n);
/* What cursor_pointer() does for the rarer encodings. */
bool cursor_pointer_other(struct cursor *c, uint8_t encoding, uint64_t place, uint64_t data,
                          uint64_t *value);

static inline uint8_t cursor_u8(struct cursor *c)
{
	return c->p < c->end ? *c->p++ : (uint8_t)cursor_uint(c, 1);
}

static inline uint32_t cursor_u32(struct cursor *c)
{
	uint32_t v;

	if (c->end - c->p < 4)
		return (uint32_t)cursor_uint(c, 4);
	memcpy(&v, c->p, 4);
	c->p += 4;
	return le32toh(v);
}

static inline uint64_t cursor_uleb(struct cursor *c)
{
	return c->p < c->end && *c->p < 0x80 ? *c->p++ : cursor_uleb_long(c);
}

/*
 * A pointer in a DW_EH_PE_* encoding, 'place' being the virtual address of the cursor and 'data'
 * what datarel is relative to (0 = not known). False when it is not there or cannot be known from
 * the file: indirect, relative to a function, omitted.
 */
static inline bool cursor_pointer(struct cursor *c, uint8_t encoding, uint64_t place, uint64_t data,
                                  uint64_t *value)
{
	/* nearly all */
	if ((encoding & ~DW_EH_PE_pcrel) != DW_EH_PE_sdata4 || c->end - c->p < 4)
		return cursor_pointer_other(c, encoding, place, data, value);
	*value = (encoding & DW_EH_PE_pcrel ? place : 0) + (uint64_t)(int32_t)cursor_u32(c);
	return true;
}

#endif
