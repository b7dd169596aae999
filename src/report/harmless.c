// SPDX-License-Identifier: Apache-2.0
#include "report/harmless.h"

#include <string.h>

#include "base/log.h"

static const char more[] = "\u2026";

/* At the beginning of a character. */
static void cut(char *text)
{
	size_t at = HARMLESS_MAX - sizeof(more);

	if (strnlen(text, HARMLESS_MAX) < HARMLESS_MAX)
		return;
	while (at && (text[at] & 0xc0) == 0x80)
		at--;
	memcpy(text + at, more, sizeof(more));
}

void harmless(char *text)
{
	cut(text);
	log_clean(text);
}

void harmless_line(char *line)
{
	char *tab;

	cut(line);
	while ((tab = strchr(line, '\t'))) {
		*tab = 0;
		log_clean(line);
		*tab = '\t';
		line = tab + 1;
	}
	log_clean(line);
}

char *harmless_copy(const char *text)
{
	char *copy = strdup(text);

	if (copy)
		harmless_line(copy);
	return copy;
}
