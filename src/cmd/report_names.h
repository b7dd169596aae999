/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EBPROF_CMD_REPORT_NAMES_H
#define EBPROF_CMD_REPORT_NAMES_H

#include "symbolize/demangle.h"

struct profile;

/*
 * Gives functions the names that pprof shows: where a name is the linker's own it is demangled in this style;
 * one that looks like C++ already loses its parameters and template arguments with DEMANGLE_SHORT. 0 or
 * -ENOMEM.
 */
int report_names(struct profile *p, enum demangle_style style);

#endif
