/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Demangled names without what only compilers need, in place. From a bracket on that nothing closes, a
 * name of C++ stays as it is and one of Rust ends. 0 or -ENOMEM.
 */
#ifndef EBPROF_SYMBOLIZE_SHORTEN_H
#define EBPROF_SYMBOLIZE_SHORTEN_H

/*
 * Takes out template arguments and the parameters of enclosing functions. The name is in libiberty's
 * spelling, without the parameters and the return type of the function itself.
 */
int shorten_cxx(char *name);
/* Takes out generic arguments; in <Type as Trait> only theirs. */
int shorten_rust(char *name);

#endif
