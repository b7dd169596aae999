// SPDX-License-Identifier: Apache-2.0
#include "symbolize/dwarf_read.h"

#include <string.h>

static void fail(struct dwarf_cursor *c)
{
	c->bad = true;
	c->at = c->end;
}

uint64_t dwarf_uint(struct dwarf_cursor *c, unsigned int size)
{
	uint64_t value = 0;

	if (size > sizeof(value) || size > dwarf_left(c)) {
		fail(c);
		return 0;
	}
	switch (size) { /* a memcpy() of a size that is known is one instruction */
	case 1:
		value = *c->at;
		break;
	case 2:
		memcpy(&value, c->at, 2);
		break;
	case 4:
		memcpy(&value, c->at, 4);
		break;
	case 8:
		memcpy(&value, c->at, 8);
		break;
	default:
		memcpy(&value, c->at, size);
	}
	c->at += size;
	return value;
}

uint64_t dwarf_uleb_long(struct dwarf_cursor *c)
{
	uint64_t value = 0;
	unsigned int shift = 0;

	for (; c->at < c->end; c->at++) {
		if (shift < 64)
			value |= (uint64_t)(*c->at & 0x7f) << shift;
		if (*c->at < 0x80) {
			c->at++;
			return value;
		}
		shift += shift < 64 ? 7 : 0;
	}
	fail(c);
	return 0;
}

int64_t dwarf_sleb(struct dwarf_cursor *c)
{
	const uint8_t *from = c->at;
	uint64_t value = dwarf_uleb(c), bits = 7 * (uint64_t)(c->at - from);

	if (!c->bad && bits < 64 && c->at[-1] & 0x40)
		value |= ~0ull << bits;
	return (int64_t)value;
}

const char *dwarf_text(struct dwarf_cursor *c)
{
	const uint8_t *from = c->at, *end = from < c->end ? memchr(from, 0, dwarf_left(c)) : NULL;

	if (!end) {
		fail(c);
		return NULL;
	}
	c->at = end + 1;
	return (const char *)from;
}

void dwarf_skip(struct dwarf_cursor *c, uint64_t size)
{
	if (size > dwarf_left(c))
		fail(c);
	else
		c->at += size;
}

/* DWARF 5, 7.4: 32-bit and 64-bit formats. */
uint64_t dwarf_length(struct dwarf_cursor *c, unsigned int *offset_size)
{
	uint64_t length = dwarf_uint(c, 4);

	*offset_size = length == 0xffffffff ? 8 : 4;
	if (length == 0xffffffff)
		length = dwarf_uint(c, 8);
	else if (length >= 0xfffffff0)
		fail(c);
	return c->bad ? 0 : length;
}
