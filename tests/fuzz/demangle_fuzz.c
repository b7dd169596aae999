// SPDX-License-Identifier: Apache-2.0
/* Any bytes as a linkage name, in both styles: what comes out is a name, and of bounded length. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "symbolize/demangle.h"

static void check(const char *name, enum demangle_style style)
{
	char *text = demangle(name, style);

	if (text && (!*text || strlen(text) >= DEMANGLE_MAX))
		abort();
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *name = malloc(size + 1);

	if (!name)
		return 0;
	memcpy(name, data, size);
	name[size] = 0;
	check(name, DEMANGLE_SHORT);
	check(name, DEMANGLE_FULL);
	free(name);
	return 0;
}
