/* SPDX-License-Identifier: Apache-2.0 */
/* Names as their authors wrote them. */
#ifndef EBPROF_SYMBOLIZE_DEMANGLE_H
#define EBPROF_SYMBOLIZE_DEMANGLE_H

enum demangle_style {
	DEMANGLE_SHORT = 0, /* without parameters and template arguments */
	DEMANGLE_FULL = 1,
};

/*
 * The demangled name of a C++ or Rust linkage name (a "@plt" at its end stays), NULL when it is
 * neither or cannot be demangled: then the name is what it is. The caller frees it.
 */
char *demangle(const char *name, enum demangle_style style);

#endif
