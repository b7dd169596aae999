/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a stack waits for, told by a walk from its leaf to where the wait's functions and the
 * waiter's end: a few frames. Each function of the profile is looked up once.
 */
#ifndef EBPROF_CLASSIFY_STACK_H
#define EBPROF_CLASSIFY_STACK_H

#include <stdbool.h>
#include <stdint.h>

#include "classify/function.h"
#include "classify/primitive.h"

struct stack_names {
	const struct profile *profile;
	struct functions functions;
	struct function_marks *marks; /* of function id i: marks[i - 1] */
	bool has_separator;
};

struct stack_wait {
	enum primitive primitive;
	uint16_t idle;  /* row of idle_rows, + 1; 0: not idle */
	bool has_owner; /* a mutex of glibc, which keeps its owner beside the futex */
};

/* For a profile to which no function is added until the release. 0 or -ENOMEM. */
int stack_names_init(struct stack_names *n, const struct profile *p);
void stack_names_release(struct stack_names *n);
/* The wait of a stack of that profile, of so many locations. */
struct stack_wait stack_judge(const struct stack_names *n, const uint32_t *stack, size_t cnt);

#endif
