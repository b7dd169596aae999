/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What anyone wrote, as it is shown: without what does things to a terminal (log_clean()), and no longer than
 * anybody reads.
 */
#ifndef EBPROF_REPORT_HARMLESS_H
#define EBPROF_REPORT_HARMLESS_H

/* Bytes of one text at most: names of C++ templates have some thousands. What is cut ends in U+2026. */
#define HARMLESS_MAX (16 << 10)

void harmless(char *text);
/* The same, but tabs stay: of a line of source. */
void harmless_line(char *line);
/* harmless_line() of a copy, which the caller frees; NULL = out of memory. */
char *harmless_copy(const char *text);

#endif
