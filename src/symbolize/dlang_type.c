// SPDX-License-Identifier: Apache-2.0
/* The types and values in D's mangled names: only where they end. */
#include <ctype.h>
#include <string.h>

#include "symbolize/dlang_read.h"

static int read_integer(struct dlang *d, int at)
{
	int n;

	return dlang_number(d, at, &n);
}

/* NAN, INF, NINF, or hexadecimal digits and an exponent. */
static int read_real(struct dlang *d, int at)
{
	if (at < 0)
		return DLANG_BAD;
	if (dlang_begins(d, at, "NAN") || dlang_begins(d, at, "INF"))
		return at + 3;
	if (dlang_begins(d, at, "NINF"))
		return at + 4;
	at += d->s[at] == 'N';
	if (!isxdigit((unsigned char)d->s[at]))
		return DLANG_BAD;
	at += (int)strspn(d->s + at, "0123456789ABCDEFabcdef");
	if (d->s[at++] != 'P')
		return DLANG_BAD;
	at += d->s[at] == 'N';
	return at + (int)strspn(d->s + at, "0123456789");
}

static int read_string(struct dlang *d, int at)
{
	int n;

	at = dlang_number(d, at, &n);
	if (at < 0 || d->s[at] != '_' || 2 * n > d->len - at - 1)
		return DLANG_BAD;
	return at + 1 + 2 * n;
}

/* A number, and so many values or pairs. */
static int read_values(struct dlang *d, int at, int each)
{
	int n;

	at = dlang_number(d, at, &n);
	for (n = at < 0 ? 0 : n * each; at >= 0 && n; n--)
		at = dlang_value(d, at, 0);
	return at;
}

static int value_rule(struct dlang *d, int at, char type)
{
	switch (d->s[at]) {
	case 'n':
		return at + 1;
	case 'N':
	case 'i':
		return read_integer(d, at + 1);
	case 'e':
		return read_real(d, at + 1);
	case 'c':
		at = read_real(d, at + 1);
		return at >= 0 && d->s[at] == 'c' ? read_real(d, at + 1) : DLANG_BAD;
	case 'a':
	case 'w':
	case 'd':
		return read_string(d, at + 1);
	case 'A':
		return read_values(d, at + 1, type == 'H' ? 2 : 1);
	case 'S':
		return read_values(d, at + 1, 1);
	case 'f':
		return dlang_begins(d, at + 1, "_D") ? dlang_mangled(d, at + 1) : DLANG_BAD;
	}
	return read_integer(d, at);
}

int dlang_value(struct dlang *d, int at, char type)
{
	int end;

	if (at < 0 || d->depth == DLANG_DEPTH)
		return DLANG_BAD;
	d->depth++;
	end = value_rule(d, at, type);
	d->depth--;
	return end;
}

/* x y O Ng: const, immutable, shared, inout. */
int dlang_modifiers(struct dlang *d, int at)
{
	while (at >= 0)
		if (dlang_is_one_of(d, at, "xyO"))
			at++;
		else if (dlang_begins(d, at, "Ng"))
			at += 2;
		else
			break;
	return at;
}

bool dlang_is_call(const struct dlang *d, int at)
{
	return dlang_is_one_of(d, at, "FUWVRY");
}

/* M (scope), Nk (return), I J K L (in, out, ref, lazy), in the order that compilers write. */
static int read_storage(const struct dlang *d, int at)
{
	for (;;)
		if (dlang_is_one_of(d, at, "MIJKL"))
			at++;
		else if (dlang_begins(d, at, "Nk"))
			at += 2;
		else
			return at;
}

/* A calling convention, attributes, parameters and how they end: X, Y (variadic) or Z. */
static int parameters_rule(struct dlang *d, int at)
{
	if (!dlang_is_call(d, at))
		return DLANG_BAD;
	at++;
	while (d->s[at] == 'N' && dlang_is_one_of(d, at + 1, "abcdefijlm"))
		at += 2;
	while (at >= 0 && !dlang_is_one_of(d, at, "XYZ"))
		at = dlang_type(d, read_storage(d, at));
	return at < 0 ? DLANG_BAD : at + 1;
}

int dlang_parameters(struct dlang *d, int at)
{
	return dlang_remember(d, DLANG_PARAMETERS, at, parameters_rule);
}

static int read_function(struct dlang *d, int at)
{
	return dlang_type(d, dlang_parameters(d, at));
}

static int read_delegate(struct dlang *d, int at)
{
	int to;

	at = dlang_modifiers(d, at);
	return dlang_begins(d, at, "Q") ? dlang_reference(d, at, &to) : read_function(d, at);
}

static int read_tuple(struct dlang *d, int at)
{
	int n;

	at = dlang_number(d, at, &n);
	for (; at >= 0 && n; n--)
		at = dlang_type(d, at);
	return at;
}

static int type_rule(struct dlang *d, int at)
{
	char c = d->s[at++];
	int to;

	switch (c) {
	case 'O':
	case 'x':
	case 'y':
	case 'A':
		return dlang_type(d, at);
	case 'N': /* Ng T, Nh T: inout, vector; Nn: noreturn */
		if (d->s[at] == 'n')
			return at + 1;
		return dlang_is_one_of(d, at, "gh") ? dlang_type(d, at + 1) : DLANG_BAD;
	case 'G':
		return dlang_type(d, dlang_number(d, at, &to));
	case 'H':
		return dlang_type(d, dlang_type(d, at));
	case 'P':
		return dlang_is_call(d, at) ? read_function(d, at) : dlang_type(d, at);
	case 'C':
	case 'S':
	case 'E':
	case 'T':
	case 'I':
		return dlang_qualified(d, at);
	case 'D':
		return read_delegate(d, at);
	case 'B':
		return read_tuple(d, at);
	case 'Q':
		return dlang_reference(d, at - 1, &to);
	case 'z':
		return dlang_is_one_of(d, at, "ik") ? at + 1 : DLANG_BAD;
	}
	if (dlang_is_call(d, at - 1))
		return read_function(d, at - 1);
	return c && strchr("nvghstiklmfdeopjqrcbauw", c) ? at : DLANG_BAD;
}

int dlang_type(struct dlang *d, int at)
{
	return dlang_remember(d, DLANG_TYPE, at, type_rule);
}
