/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sample's stack as formats draw it: the process's name, then the frames from the root to the leaf,
 * inlined functions as frames of their own.
 */
#ifndef EBPROF_FORMAT_STACK_H
#define EBPROF_FORMAT_STACK_H

#include <stdint.h>

struct profile;
struct profile_function;
struct profile_mapping;
struct profile_sample;

enum stack_kind {
	STACK_PROCESS,
	STACK_USER,
	STACK_INLINED,
	STACK_KERNEL,
	STACK_WAKER, /* who ended a wait */
	STACK_KIND_CNT
};

/* What a frame is called. No hole: it is a part of keys. */
struct stack_id {
	uint32_t name; /* a string: of the function or, when nobody named it, of the file */
	uint16_t kind; /* enum stack_kind */
	uint16_t is_file;
};

struct stack_frame {
	struct stack_id id;
	const struct profile_function *function; /* NULL: nobody named it */
	const struct profile_mapping *mapping;   /* NULL: none is known */
};

/* The name, in three parts that are never all empty. Any bytes: escape them. */
struct stack_name {
	const char *open, *text, *close;
};

/* Good while the profile is. */
struct stack_name stack_name(const struct profile *p, const struct stack_id *id);

typedef void stack_fn(void *arg, const struct stack_frame *frame);
/* Calls 'fn' for the process and each frame; the profile's references are right. */
void stack_each(const struct profile *p, const struct profile_sample *s, stack_fn *fn, void *arg);

#endif
