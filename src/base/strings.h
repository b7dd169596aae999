/* SPDX-License-Identifier: Apache-2.0 */
/* Interned strings: each distinct string once, known by a dense number; number 0 is "". */
#ifndef EBPROF_BASE_STRINGS_H
#define EBPROF_BASE_STRINGS_H

#include <stddef.h>
#include <stdint.h>

struct strings {
	char **items; /* NUL-terminated, owned */
	size_t cnt, cap;
	uint32_t *slots;
	size_t slot_cnt;
};

/* 0 or -ENOMEM. */
int strings_init(struct strings *s);
void strings_release(struct strings *s);
/* The number of the 'len' bytes at 'text' (cut at a NUL); 0 also when memory is out. */
uint32_t strings_add(struct strings *s, const char *text, size_t len);
/* The string of that number, "" when there is none; lives as long as the table. */
const char *strings_get(const struct strings *s, uint32_t number);

#endif
