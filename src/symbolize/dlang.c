// SPDX-License-Identifier: Apache-2.0
/*
 * Not libiberty: it tries what follows a name as a function's parameters and then as the next type,
 * in each of them again, so that 100 bytes take for ever; and references to what was before let 100
 * bytes demangle to more than any memory holds. Here types and values are read but not shown, so that
 * a reference is only skipped, and what was read at one place is remembered.
 */
#include "symbolize/dlang.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "symbolize/dlang_read.h"

int dlang_remember(struct dlang *d, enum dlang_rule rule, int at, int (*read)(struct dlang *, int))
{
	if (at < 0 || d->known[rule][at])
		return at < 0 ? DLANG_BAD : d->known[rule][at];
	if (d->depth == DLANG_DEPTH)
		return DLANG_BAD;
	d->depth++;
	d->known[rule][at] = (int16_t)read(d, at);
	d->depth--;
	return d->known[rule][at];
}

bool dlang_begins(const struct dlang *d, int at, const char *with)
{
	return at >= 0 && !strncmp(d->s + at, with, strlen(with));
}

bool dlang_is_one_of(const struct dlang *d, int at, const char *set)
{
	return at >= 0 && d->s[at] && strchr(set, d->s[at]);
}

int dlang_number(const struct dlang *d, int at, int *number)
{
	int n = 0;

	if (at < 0 || !isdigit((unsigned char)d->s[at]))
		return DLANG_BAD;
	for (; isdigit((unsigned char)d->s[at]); at++) {
		n = n * 10 + d->s[at] - '0';
		if (n > 100000)
			n = 100000; /* more than a name has room for */
	}
	*number = n;
	return at;
}

/* Q and a number of base 26, whose last digit is a small letter: how far before the Q it is. */
int dlang_reference(const struct dlang *d, int at, int *to)
{
	int n = 0, q = at;

	if (at < 0 || d->s[at++] != 'Q')
		return DLANG_BAD;
	for (; isupper((unsigned char)d->s[at]) && n <= d->len; at++)
		n = n * 26 + d->s[at] - 'A';
	if (!islower((unsigned char)d->s[at]))
		return DLANG_BAD;
	n = n * 26 + d->s[at] - 'a';
	if (!n || n > q)
		return DLANG_BAD;
	*to = q - n;
	return at + 1;
}

static bool is_template(const struct dlang *d, int at)
{
	return dlang_begins(d, at, "__T") || dlang_begins(d, at, "__U");
}

static bool is_name(const struct dlang *d, int at)
{
	int to;

	if (at < 0)
		return false;
	if (isdigit((unsigned char)d->s[at]) || is_template(d, at))
		return true;
	return dlang_reference(d, at, &to) >= 0 && isdigit((unsigned char)d->s[to]);
}

static void show(struct dlang *d, const char *text, size_t len)
{
	if (!d->text)
		return;
	d->too_long |= len > DLANG_TEXT - d->text_len;
	if (d->too_long)
		return;
	memcpy(d->text + d->text_len, text, len);
	d->text_len += len;
}

/* Names that the compiler makes, as they are written in D. */
static void show_identifier(struct dlang *d, const char *text, size_t len)
{
	static const char *const special[][2] = {
		{ "__ctor", "this" },
		{ "__dtor", "~this" },
		{ "__postblit", "this" },
	};
	size_t i;

	for (i = 0; i < sizeof(special) / sizeof(special[0]); i++)
		if (strlen(special[i][0]) == len && !memcmp(special[i][0], text, len)) {
			show(d, special[i][1], strlen(special[i][1]));
			return;
		}
	show(d, text, len);
}

/* A length, and as many bytes. */
static int read_lname(struct dlang *d, int at)
{
	int n;

	at = dlang_number(d, at, &n);
	if (at < 0 || !n || n > d->len - at)
		return DLANG_BAD;
	show_identifier(d, d->s + at, (size_t)n);
	return at + n;
}

/* Behind parents __Sddd, which only make the name behind them unique. */
static int skip_fake_parents(const struct dlang *d, int at)
{
	int begin, n;

	for (;; at = begin + n) {
		begin = dlang_number(d, at, &n);
		if (begin < 0 || n < 4 || n > d->len - begin || !dlang_begins(d, begin, "__S") ||
		    strspn(d->s + begin + 3, "0123456789") < (size_t)(n - 3))
			return at;
	}
}

static int read_template(struct dlang *d, int at);

static int read_identifier(struct dlang *d, int at)
{
	int n, to, begin;

	at = skip_fake_parents(d, at);
	if (is_template(d, at))
		return read_template(d, at);
	if (at >= 0 && d->s[at] == 'Q') {
		at = dlang_reference(d, at, &to);
		return at >= 0 && read_lname(d, to) >= 0 ? at : DLANG_BAD;
	}
	begin = dlang_number(d, at, &n);
	if (begin < 0 || n > d->len - begin)
		return DLANG_BAD;
	/* Before D 2.077 templates had a length too. */
	if (n >= 5 && is_template(d, begin))
		return read_template(d, begin) == begin + n ? begin + n : DLANG_BAD;
	return read_lname(d, at);
}

/* A symbol as a template's argument. Before D 2.077 with a length, whose end cannot be told. */
static int read_symbol(struct dlang *d, int at)
{
	int i, n, end, digits;

	if (dlang_begins(d, at, "_D"))
		return dlang_mangled(d, at);
	digits = at < 0 ? 0 : (int)strspn(d->s + at, "0123456789");
	for (i = 1, n = 0; i <= digits && i < 6; i++) {
		n = n * 10 + d->s[at + i - 1] - '0';
		end = dlang_begins(d, at + i, "_D") ? dlang_mangled(d, at + i) : DLANG_BAD;
		if (end < 0 && is_name(d, at + i))
			end = dlang_qualified(d, at + i);
		if (end == at + i + n)
			return end;
	}
	return dlang_qualified(d, at);
}

static int read_typed_value(struct dlang *d, int at)
{
	int to = at;

	if (at >= 0 && d->s[at] == 'Q' && dlang_reference(d, at, &to) < 0)
		return DLANG_BAD;
	return dlang_value(d, dlang_type(d, at), to < 0 ? 0 : d->s[to]);
}

static int read_argument(struct dlang *d, int at)
{
	int n;

	at += d->s[at] == 'H'; /* specialized */
	switch (d->s[at]) {
	case 'S':
		return read_symbol(d, at + 1);
	case 'T':
		return dlang_type(d, at + 1);
	case 'V':
		return read_typed_value(d, at + 1);
	case 'X': /* mangled by other rules */
		at = dlang_number(d, at + 1, &n);
		return at < 0 || n > d->len - at ? DLANG_BAD : at + n;
	}
	return DLANG_BAD;
}

/* The arguments up to their Z: what is behind the identifier at 'at'. */
static int read_arguments(struct dlang *d, int at)
{
	char *text = d->text;

	d->text = NULL;
	while (at >= 0 && d->s[at] != 'Z')
		at = read_argument(d, at);
	d->text = text;
	return at < 0 ? DLANG_BAD : at + 1;
}

static int template_rule(struct dlang *d, int at)
{
	return is_name(d, at + 3) ? read_arguments(d, read_identifier(d, at + 3)) : DLANG_BAD;
}

static int read_template(struct dlang *d, int at)
{
	int end;

	if (!d->text)
		return dlang_remember(d, DLANG_TEMPLATE, at, template_rule);
	if (d->depth == DLANG_DEPTH)
		return DLANG_BAD;
	d->depth++;
	end = template_rule(d, at);
	d->depth--;
	return end;
}

/* What a function adds to its name when something is inside of it: parameters, and M with 'this'. */
static int skip_parameters(struct dlang *d, int at)
{
	char *text = d->text;
	int end = at;

	if (at < 0 || (d->s[at] != 'M' && !dlang_is_call(d, at)))
		return at;
	d->text = NULL;
	if (d->s[end] == 'M')
		end = dlang_modifiers(d, end + 1);
	end = dlang_parameters(d, end);
	d->text = text;
	return end < 0 || !d->s[end] ? at : end;
}

static int qualified_rule(struct dlang *d, int at)
{
	bool first = true;

	if (!is_name(d, at))
		return DLANG_BAD;
	do {
		if (d->s[at] == '0') { /* anonymous */
			at++;
			continue;
		}
		if (!first)
			show(d, ".", 1);
		first = false;
		at = skip_parameters(d, read_identifier(d, at));
	} while (is_name(d, at));
	return at;
}

int dlang_qualified(struct dlang *d, int at)
{
	return d->text ? qualified_rule(d, at)
	               : dlang_remember(d, DLANG_QUALIFIED, at, qualified_rule);
}

/* _D, a name, and the type of what it names: a function's result; Z for what has none. */
int dlang_mangled(struct dlang *d, int at)
{
	char *text = d->text;

	if (!dlang_begins(d, at, "_D") || d->depth == DLANG_DEPTH)
		return DLANG_BAD;
	d->depth++;
	at = dlang_qualified(d, at + 2);
	d->text = NULL;
	at = dlang_begins(d, at, "Z") ? at + 1 : dlang_type(d, at);
	d->text = text;
	d->depth--;
	return at;
}

char *dlang_demangle_short(const char *name)
{
	size_t len = strnlen(name, DLANG_MAX);
	struct dlang *d;
	char *text = NULL;

	if (!strcmp(name, "_Dmain"))
		return strdup("D main");
	if (len == DLANG_MAX || strncmp(name, "_D", 2))
		return NULL;
	/* _DTi16_D...: what adjusts 'this' by 16 bytes and goes on in the function. */
	if (!strncmp(name, "_DTi", 4)) {
		name += 4 + strspn(name + 4, "0123456789");
		len = strlen(name);
	}
	d = calloc(1, sizeof(*d));
	if (!d)
		return NULL;
	d->s = name;
	d->len = (int)len;
	d->text = d->shown;
	if (dlang_mangled(d, 0) == d->len && d->text_len && !d->too_long)
		text = strndup(d->shown, d->text_len);
	free(d);
	return text;
}
