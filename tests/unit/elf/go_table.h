/* SPDX-License-Identifier: Apache-2.0 */
/* What Go's tables made by hand have in common: their header and the parts behind it. */
#ifndef TESTS_UNIT_ELF_GO_TABLE_H
#define TESTS_UNIT_ELF_GO_TABLE_H

#include "elf/tables.h"

#define GO_HEADER    80
#define GO_PARTS     5    /* names, units, files, values by pc, functions */
#define GO_FUNC_SIZE 0x40 /* of the code of each function */

enum {
	GO_116 = 0xfffffffa,
	GO_118 = 0xfffffff0,
	GO_120 = 0xfffffff1,
};

static inline size_t put_string(struct bytes *b, const char *s)
{
	size_t at = b->size;

	put_bytes(b, s, strlen(s) + 1);
	return at;
}

/* 'text': where the header says that the code begins. */
static inline void put_go_table(struct bytes *b, uint32_t magic, uint64_t text, size_t func_cnt,
                                size_t file_cnt, const struct bytes *const parts[GO_PARTS])
{
	size_t i, at = GO_HEADER;

	b->size = 0;
	put(b, magic, 4);
	put_hex(b, "0000 01 08");
	put(b, func_cnt, 8);
	put(b, file_cnt, 8);
	if (magic != GO_116)
		put(b, text, 8);
	for (i = 0; i < GO_PARTS; i++) {
		put(b, at, 8);
		at += parts[i]->size;
	}
	while (b->size < GO_HEADER)
		put(b, 0, 1);
	for (i = 0; i < GO_PARTS; i++)
		put_bytes(b, parts[i]->data, parts[i]->size);
}

#endif
