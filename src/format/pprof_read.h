/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EBPROF_FORMAT_PPROF_READ_H
#define EBPROF_FORMAT_PPROF_READ_H

#include <stddef.h>

struct err;
struct profile;

/*
 * Reads a pprof file, gzip or not, that anyone may have written. NULL + 'e' when its bytes are
 * damaged or its numbers name nothing. Samples stay as they are, equal ones too; a location that names no mapping
 * of the file has none, as in other readers.
 */
struct profile *pprof_read(const unsigned char *data, size_t size, struct err *e);

#endif
