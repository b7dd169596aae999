// SPDX-License-Identifier: Apache-2.0
/*
 * The same on a file system without O_TMPFILE: a plain open of a directory for writing fails too.
 */
#include <fcntl.h>
#undef O_TMPFILE
#define O_TMPFILE O_DIRECTORY

#include "../../../src/format/output.c"
#include "output_test.c"
