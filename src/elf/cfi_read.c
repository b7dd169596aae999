// SPDX-License-Identifier: Apache-2.0
#include "elf/cfi_read.h"

uint64_t cursor_uint(struct cursor *c, unsigned int n)
{
	uint64_t v = 0;
	unsigned int i;

	if (n == 4 && c->end - c->p >= 4)
		return cursor_u32(c);
	if (n > (size_t)(c->end - c->p)) {
		c->p = c->end;
		c->bad = true;
		return 0;
	}
	for (i = 0; i < n; i++)
		v |= (uint64_t)c->p[i] << (8 * i);
	c->p += n;
	return v;
}

int64_t cursor_sint(struct cursor *c, unsigned int n)
{
	uint64_t sign = 1ull << (8 * n - 1), v = cursor_uint(c, n);

	return (int64_t)((v ^ sign) - sign);
}

/* The groups of seven bits, and how many bits there were. */
static uint64_t leb(struct cursor *c, unsigned int *bits, bool *negative)
{
	uint64_t v = 0;
	uint8_t byte = 0;

	*bits = 0;
	do {
		if (c->p >= c->end) {
			c->bad = true;
			*negative = false;
			return 0;
		}
		byte = *c->p++;
		if (*bits < 64)
			v |= (uint64_t)(byte & 0x7f) << *bits;
		*bits += 7;
	} while (byte & 0x80);
	*negative = byte & 0x40;
	return v;
}

uint64_t cursor_uleb_long(struct cursor *c)
{
	unsigned int bits;
	bool negative;

	return leb(c, &bits, &negative);
}

int64_t cursor_sleb(struct cursor *c)
{
	unsigned int bits;
	bool negative;
	uint64_t v = leb(c, &bits, &negative);

	return (int64_t)(negative && bits < 64 ? v | ~0ull << bits : v);
}

const uint8_t *cursor_skip(struct cursor *c, uint64_t n)
{
	const uint8_t *p = c->p;

	if (n > (size_t)(c->end - c->p)) {
		c->p = c->end;
		c->bad = true;
		return NULL;
	}
	c->p += n;
	return p;
}

static uint64_t read_format(struct cursor *c, uint8_t format)
{
	switch (format) {
	case DW_EH_PE_absptr:
	case DW_EH_PE_signed:
	case DW_EH_PE_udata8:
	case DW_EH_PE_sdata8:
		return cursor_uint(c, 8);
	case DW_EH_PE_uleb128:
		return cursor_uleb(c);
	case DW_EH_PE_sleb128:
		return (uint64_t)cursor_sleb(c);
	case DW_EH_PE_udata2:
		return cursor_uint(c, 2);
	case DW_EH_PE_udata4:
		return cursor_uint(c, 4);
	case DW_EH_PE_sdata2:
		return (uint64_t)cursor_sint(c, 2);
	case DW_EH_PE_sdata4:
		return (uint64_t)cursor_sint(c, 4);
	}
	c->bad = true;
	return 0;
}

bool cursor_pointer_other(struct cursor *c, uint8_t encoding, uint64_t place, uint64_t data,
                          uint64_t *value)
{
	uint64_t v;

	if (encoding == DW_EH_PE_omit)
		return false;
	v = read_format(c, encoding & DW_EH_PE_format);
	switch (encoding & DW_EH_PE_base) {
	case DW_EH_PE_absptr:
		break;
	case DW_EH_PE_pcrel:
		v += place;
		break;
	case DW_EH_PE_datarel:
		v += data;
		c->bad |= !data;
		break;
	default: /* textrel, funcrel, aligned: no linker writes them for this machine */
		c->bad = true;
	}
	*value = v;
	return !c->bad && !(encoding & DW_EH_PE_indirect);
}
