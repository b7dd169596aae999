/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The readers of D's mangled names. Each takes the position of what it reads (DLANG_BAD is fine) and
 * returns that behind it, DLANG_BAD = it is not there.
 */
#ifndef EBPROF_SYMBOLIZE_DLANG_READ_H
#define EBPROF_SYMBOLIZE_DLANG_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "symbolize/dlang.h"

#define DLANG_BAD   (-1)
#define DLANG_DEPTH 256        /* readers within readers */
#define DLANG_TEXT  (16 << 10) /* bytes shown; by references 4 KiB could show 4 MiB */

/* What is remembered of a position. */
enum dlang_rule { DLANG_TYPE, DLANG_PARAMETERS, DLANG_QUALIFIED, DLANG_TEMPLATE, DLANG_RULES };

struct dlang {
	const char *s;
	int len, depth;
	int16_t known[DLANG_RULES][DLANG_MAX]; /* 0 = not read yet: nothing ends at 0 */
	char *text;                            /* 'shown'; NULL in what is not */
	size_t text_len;
	bool too_long;
	char shown[DLANG_TEXT];
};

/* dlang.c: a rule at a position, which is read once. */
int dlang_remember(struct dlang *d, enum dlang_rule rule, int at, int (*read)(struct dlang *, int));
bool dlang_begins(const struct dlang *d, int at, const char *with);
bool dlang_is_one_of(const struct dlang *d, int at, const char *set);
int dlang_number(const struct dlang *d, int at, int *number);
/* Q and how far before it the thing is that it stands for. */
int dlang_reference(const struct dlang *d, int at, int *to);
/* Names with all around them, and what follows _D. */
int dlang_qualified(struct dlang *d, int at);
int dlang_mangled(struct dlang *d, int at);

/* dlang_type.c */
int dlang_type(struct dlang *d, int at);
/* 'type' is the first letter of its type, 0 = not known. */
int dlang_value(struct dlang *d, int at, char type);
int dlang_modifiers(struct dlang *d, int at);
bool dlang_is_call(const struct dlang *d, int at);
/* Of a function: all but the type of its result. */
int dlang_parameters(struct dlang *d, int at);

#endif
