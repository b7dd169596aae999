// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "abi.h"
#include "session/wanted.h"

/* The element for byte c at this state bit. */
static void allow(struct abi_glob *g, unsigned int c, int bit)
{
	if (c)
		g->step[c & 255] |= 1ull << bit;
}

/* "[a-z]" or "[!a-z]" after the opening bracket; returns behind the closing one, NULL = unclosed. */
static const char *compile_set(struct abi_glob *g, const char *s, int bit)
{
	bool in[256] = { false }, negated = *s == '!' || *s == '^';
	const unsigned char *p = (const unsigned char *)s + negated, *first = p;
	unsigned int c;

	for (; *p && *p != '\n' && (*p != ']' || p == first); p++) {
		unsigned int to = p[1] == '-' && p[2] && p[2] != ']' ? p[2] : *p;

		for (c = *p; c <= to; c++)
			in[c] = true;
		if (to != *p || (p[1] == '-' && p[2] && p[2] != ']'))
			p += 2;
	}
	if (*p != ']')
		return NULL;
	for (c = 1; c < 256; c++)
		if (in[c] != negated)
			allow(g, c, bit);
	return (const char *)p + 1;
}

/* One element other than '*'; returns behind it. */
static const char *compile_element(struct abi_glob *g, const char *s, int bit)
{
	unsigned int c;

	if (*s == '[')
		return compile_set(g, s + 1, bit);
	if (*s == '?') {
		for (c = 1; c < 256; c++)
			allow(g, c, bit);
		return s + 1;
	}
	if (*s == '\\' && s[1] && s[1] != '\n')
		s++;
	allow(g, (unsigned char)*s, bit);
	return s + 1;
}

int glob_compile(struct abi_glob *g, const char *s)
{
	int bit = 0;

	memset(g, 0, sizeof(*g));
	for (;; s++) {
		g->start |= 1ull << bit;
		while (*s && *s != '\n') {
			if (bit >= 63)
				return -E2BIG;
			if (*s == '*') {
				g->loop |= 1ull << bit;
				s++;
				continue;
			}
			s = compile_element(g, s, bit++);
			if (!s)
				return -EINVAL;
		}
		g->accept |= 1ull << bit++;
		if (!*s)
			return 0;
		if (bit > 63)
			return -E2BIG;
	}
}
