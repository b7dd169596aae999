/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Regular expressions in Go's syntax, by PCRE2: a name matches when any part of it does. Expressions
 * are the user's and names are anyone's, so the work that one match may cost is bounded; a match
 * that is given up is an error of the whole report, never a quiet "no".
 */
#ifndef EBPROF_REPORT_REGEXP_H
#define EBPROF_REPORT_REGEXP_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct regexp;

/* NULL + 'e'; 'what' names the expression for the user ("-focus"). The caller frees it. */
struct regexp *regexp_new(const char *pattern, const char *what, struct err *e);
void regexp_free(struct regexp *r);
bool regexp_match(struct regexp *r, const char *text);
/* 0, or -E2BIG + 'e' when a match was given up since regexp_new(). */
int regexp_check(const struct regexp *r, struct err *e);

#endif
