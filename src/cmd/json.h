/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EBPROF_CMD_JSON_H
#define EBPROF_CMD_JSON_H

#include <stdio.h>

/*
 * Writes a text, with its quotes, as JSON: in ASCII alone, so that no name does anything to a terminal. A
 * byte that is no UTF-8 becomes U+FFFD; NULL is null.
 */
void json_text(FILE *f, const char *text);

#endif
