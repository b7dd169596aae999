// SPDX-License-Identifier: Apache-2.0
#include "cmd/json.h"

#include <stddef.h>
#include <stdint.h>

#include "format/text.h"

/* The character that 'len' bytes of UTF-8 are. */
static uint32_t decode(const char *s, size_t len)
{
	uint32_t c = (unsigned char)s[0];
	size_t i;

	if (len > 1)
		c &= 0x7fu >> len;
	for (i = 1; i < len; i++)
		c = c << 6 | ((unsigned char)s[i] & 0x3f);
	return c;
}

static void put(FILE *f, uint32_t c)
{
	if (c >= 0x10000) /* a pair of surrogates: RFC 8259, 7 */
		fprintf(f, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10), 0xdc00 + (c & 0x3ff));
	else if (c == '"' || c == '\\')
		fprintf(f, "\\%c", (int)c);
	else if (c >= ' ' && c < 0x7f)
		fputc((int)c, f);
	else
		fprintf(f, "\\u%04x", c);
}

void json_text(FILE *f, const char *text)
{
	size_t len;

	if (!text) {
		fputs("null", f);
		return;
	}
	fputc('"', f);
	for (; *text; text += len ? len : 1) {
		len = text_utf8_len(text);
		put(f, len ? decode(text, len) : 0xfffd);
	}
	fputc('"', f);
}
