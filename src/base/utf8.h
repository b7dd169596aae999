/* SPDX-License-Identifier: Apache-2.0 */
/* Characters of UTF-8, and which of them do things to whoever shows them. */
#ifndef EBPROF_BASE_UTF8_H
#define EBPROF_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of the character at 's'; 0: it is the end, or no UTF-8. */
size_t utf8_len(const char *s);
/* The code point of a character of 'len' bytes, which utf8_len() said. */
uint32_t utf8_code(const char *s, size_t len);
/* Is it a control character (C0, DEL, C1), or the end of a line or paragraph? */
bool utf8_is_control(const char *s, size_t len);
/*
 * Is it one of those, one that turns the direction in which others are written, or U+FFFE or U+FFFF, which
 * are no characters?
 */
bool utf8_is_hostile(const char *s, size_t len);
/*
 * 's' itself when it is UTF-8; else a copy with U+FFFD for each byte that is not, which the caller
 * frees through *copy (NULL when there is none). NULL: out of memory.
 */
const char *utf8_only(const char *s, char **copy);

#endif
