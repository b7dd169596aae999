// SPDX-License-Identifier: Apache-2.0
#include "cmd/json.h"

#include <stddef.h>
#include <stdint.h>

#include "base/utf8.h"

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
		len = utf8_len(text);
		put(f, len ? utf8_code(text, len) : 0xfffd);
	}
	fputc('"', f);
}
