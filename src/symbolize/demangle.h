/* SPDX-License-Identifier: Apache-2.0 */
/* Names as their authors wrote them. */
#ifndef EBPROF_SYMBOLIZE_DEMANGLE_H
#define EBPROF_SYMBOLIZE_DEMANGLE_H

/* Bytes of a name with its NUL; a longer one is cut and ends in DEMANGLE_CUT. */
#define DEMANGLE_MAX (64 << 10)
#define DEMANGLE_CUT "..."

enum demangle_style {
	DEMANGLE_SHORT = 0, /* without parameters, template arguments and clone suffixes */
	DEMANGLE_FULL = 1,  /* all that c++filt shows */
	DEMANGLE_NONE = 2,  /* as the linker has it */
};

/*
 * The demangled name of a C++, Rust or D linkage name (a "@plt" behind it stays; D's are short in both
 * styles), NULL when it is none of these, cannot be demangled, or memory is out: then the linkage name is the name. Rust's names have
 * no hash. A result that is too long is cut. The caller frees it.
 */
char *demangle(const char *name, enum demangle_style style);

#endif
