/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EBPROF_BASE_FDS_H
#define EBPROF_BASE_FDS_H

#include <stddef.h>

/*
 * Raises the soft limit of open descriptors to the hard one. How many files may be kept open, 'max' at
 * most: a quarter of the descriptors, and 64 at least, are left to the rest of the process.
 */
size_t fds_for_files(size_t max);

#endif
