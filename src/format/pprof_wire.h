/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fields of a protobuf message, one by one: https://protobuf.dev/programming-guides/encoding/
 */
#ifndef EBPROF_FORMAT_PPROF_WIRE_H
#define EBPROF_FORMAT_PPROF_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

struct pprof_field {
	uint64_t number;
	unsigned int wire;
	uint64_t value;      /* WIRE_VARINT */
	const uint8_t *data; /* the others; lies in the message */
	size_t size;
};

/* Both take what is at *at, move it behind, and are false when the bytes before 'end' are none. */
bool pprof_take_varint(const uint8_t **at, const uint8_t *end, uint64_t *value);
bool pprof_take_field(const uint8_t **at, const uint8_t *end, struct pprof_field *f);

#endif
