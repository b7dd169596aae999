/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of a place in Go's code, as text. */
#ifndef TESTS_UNIT_ELF_GO_FRAMES_H
#define TESTS_UNIT_ELF_GO_FRAMES_H

#include <stdio.h>

#include "elf/golines.h"

/* "main.one /in.go:20 18|main.f /m.go:10 9" */
static inline void print_frames(const struct golines_frame *frames, size_t cnt, char *text,
                                size_t size)
{
	size_t i, at = 0;

	text[0] = 0;
	for (i = 0; i < cnt && at < size; i++)
		at += (size_t)snprintf(text + at, size - at, "%s%s %s:%u %u", i ? "|" : "",
		                       frames[i].name, frames[i].path ?: "?", frames[i].line,
		                       frames[i].start_line);
}

#endif
