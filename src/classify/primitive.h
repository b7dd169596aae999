/* SPDX-License-Identifier: Apache-2.0 */
/* The functions that wait for whoever calls them, and the primitive that each one is part of. */
#ifndef EBPROF_CLASSIFY_PRIMITIVE_H
#define EBPROF_CLASSIFY_PRIMITIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Row: identifier, the label's text, how much it says (see primitive_join()). */
#define PRIMITIVES(X)                \
	X(UNKNOWN, "unknown", 0)     \
	X(MUTEX, "mutex", 3)         \
	X(RWLOCK, "rwlock", 3)       \
	X(CONDVAR, "condvar", 1)     \
	X(SEMAPHORE, "semaphore", 1) \
	X(JOIN, "join", 2)           \
	X(PARK, "park", 1)           \
	X(GIL, "gil", 4)             \
	X(CHANNEL, "channel", 2)

#define PRIMITIVE_ENUM(name, text, says) PRIMITIVE_##name,
enum primitive { PRIMITIVES(PRIMITIVE_ENUM) PRIMITIVE_CNT };

struct wait_row {
	const char *name; /* function, as function_name() writes it; 'x*': all that begin so */
	enum primitive primitive; /* UNKNOWN: the function's caller tells, or nobody */
	const char *module;       /* only in files so named (function_is_in()); NULL = anywhere */
	const char *source;       /* where that runtime has it */
};

extern const struct wait_row wait_rows[];
extern const size_t wait_row_cnt;

const char *primitive_text(enum primitive p);
/* What a chain that is 'inner' so far is with its next function, which is part of 'outer'. */
enum primitive primitive_join(enum primitive inner, enum primitive outer);
/* What the futex operation alone says. */
enum primitive primitive_of_futex(int64_t operation);
/* Bits 1 << enum primitive of the locks: somebody has them, and waiting for them is never idle. */
#define PRIMITIVES_LOCK (1u << PRIMITIVE_MUTEX | 1u << PRIMITIVE_RWLOCK | 1u << PRIMITIVE_GIL)

bool primitive_is_lock(enum primitive p);

#endif
