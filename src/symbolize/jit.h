/* SPDX-License-Identifier: Apache-2.0 */
/* The files in which one program names the code that it makes: open, and read by a worker alone. */
#ifndef EBPROF_SYMBOLIZE_JIT_H
#define EBPROF_SYMBOLIZE_JIT_H

enum jit_file { JIT_MAP, JIT_DUMP, JIT_FILES }; /* perf-PID.map, jit-PID.dump */

struct jit {
	int fds[JIT_FILES]; /* -1 = none */
};

#endif
