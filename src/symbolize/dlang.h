/* SPDX-License-Identifier: Apache-2.0 */
/* The names of D (https://dlang.org/spec/abi.html#name_mangling). */
#ifndef EBPROF_SYMBOLIZE_DLANG_H
#define EBPROF_SYMBOLIZE_DLANG_H

#define DLANG_MAX 4096 /* bytes of a mangled name with its NUL; longer ones are not demangled */

/*
 * The qualified name of a linkage name that begins with "_D", without parameters and template
 * arguments: std.range.iota. NULL: it is not D's, or memory is out. The caller frees it.
 */
char *dlang_demangle_short(const char *name);

#endif
