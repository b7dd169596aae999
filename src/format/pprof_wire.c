// SPDX-License-Identifier: Apache-2.0
#include "format/pprof_wire.h"

bool pprof_take_varint(const uint8_t **at, const uint8_t *end, uint64_t *value)
{
	unsigned int shift;
	uint64_t v = 0;
	uint8_t byte;

	for (shift = 0; shift < 70 && *at < end; shift += 7) {
		byte = *(*at)++;
		if (shift == 63 && byte > 1)
			return false;
		v |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80) {
			*value = v;
			return true;
		}
	}
	return false;
}

bool pprof_take_field(const uint8_t **at, const uint8_t *end, struct pprof_field *f)
{
	uint64_t tag, size = 0;

	if (!pprof_take_varint(at, end, &tag))
		return false;
	f->number = tag >> 3;
	f->wire = tag & 7;
	if (f->wire == WIRE_VARINT)
		return f->number && pprof_take_varint(at, end, &f->value);
	if (f->wire == WIRE_64)
		size = 8;
	else if (f->wire == WIRE_32)
		size = 4;
	else if (f->wire != WIRE_BYTES || !pprof_take_varint(at, end, &size))
		return false;
	if (!f->number || size > (uint64_t)(end - *at))
		return false;
	f->data = *at;
	f->size = size;
	*at += size;
	return true;
}
