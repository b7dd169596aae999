// SPDX-License-Identifier: Apache-2.0
/*
 * What compilers call without being told to: a freestanding program has to have it (gcc's manual, "Standards").
 * gcc writes zeros in place here, clang calls this.
 */
#include <stddef.h>

void *memset(void *to, int byte, size_t size)
{
	volatile unsigned char *at = to; /* or the loop becomes a call of this function */

	while (size--)
		*at++ = (unsigned char)byte;
	return to;
}
