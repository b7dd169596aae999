/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of debug information that belong to a mapped one: looked for by a worker before it gives up
 * its rights, by what our own reader finds in the file's sections, which the unwinder reads too.
 */
#ifndef EBPROF_SYMBOLIZE_BESIDE_H
#define EBPROF_SYMBOLIZE_BESIDE_H

#include <stdbool.h>

#include "symbolize/opener.h"

struct file;

/* Descriptors, or negative: there is none. */
struct beside {
	int debug_fd;         /* what was stripped off */
	bool mismatch;        /* there is one, but of another file */
	bool lacks;           /* there is none, though it would be of use */
	int alt_fd;           /* what it shares with others */
	int dwp_fd;           /* the package of its .dwo files */
	struct opener opener; /* of its .dwo files; nowhere if it has none */
};

/* 'dirs': where debug files are, ends in NULL; NULL = nothing at all is looked for. */
void beside_find(struct beside *b, const struct file *f, const char *const *dirs);

#endif
