// SPDX-License-Identifier: Apache-2.0
/*
 * libiberty does the work (binutils' own, both of Rust's schemes too), but for D (dlang.c). Names are hostile: a few
 * hundred bytes can demangle to more than any memory holds, so the result is taken piece by piece and
 * left when there is too much of it.
 */
#include "symbolize/demangle.h"

#include <libiberty/demangle.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbolize/dlang.h"
#include "symbolize/shorten.h"

#define MANGLED_MAX 4096 /* longer ones are shown as they are; bounds the recursion too */
#define FORKS_MAX   8
#define TEXT_MAX    (DEMANGLE_MAX - sizeof(DEMANGLE_CUT) - sizeof("@plt"))

struct result {
	jmp_buf leave;
	size_t len;
	bool is_rust;
	bool cut;
	char text[DEMANGLE_MAX];
};

/* Rust's demangler holds memory only while it passes on what was punycode, which is never ASCII. */
static bool may_leave(const struct result *r, const char *piece, size_t len)
{
	size_t i;

	for (i = 0; r->is_rust && i < len; i++)
		if (piece[i] & 0x80)
			return false;
	return true;
}

static void take(const char *piece, size_t len, void *arg)
{
	struct result *r = arg;
	size_t room = TEXT_MAX - r->len;

	if (!len) /* then Rust's piece may be NULL */
		return;
	memcpy(r->text + r->len, piece, len < room ? len : room);
	r->len += len < room ? len : room;
	r->cut |= len > room;
	if (r->cut && may_leave(r, piece, len))
		longjmp(r->leave, 1);
}

/* Takes the output of one of the demanglers; false: it is not its kind of name. */
static bool run(struct result *r, int (*demangler)(const char *, int, demangle_callbackref, void *),
                const char *name, int options)
{
	r->len = 0;
	r->cut = false;
	if (setjmp(r->leave))
		return true;
	return demangler(name, options, take, r) && r->len;
}

/*
 * In a conversion operator's type libiberty reads "T_I" in both ways that there are, and what is
 * behind it each time: where they nest, 150 bytes take for ever. Real names hardly have one.
 */
static bool is_endless(const char *name)
{
	unsigned int conversions = 0, forks = 0;
	const char *s;
	size_t n;

	for (s = name; *s; s++) {
		conversions += s[0] == 'c' && s[1] == 'v';
		n = strspn(s + 1, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
		forks += *s == 'T' && s[1 + n] == '_' && s[2 + n] == 'I';
		s += *s == 'T' ? n : 0;
	}
	return conversions > FORKS_MAX && forks > FORKS_MAX;
}

static bool print_dlang(struct result *r, const char *name)
{
	char *text = dlang_demangle_short(name);
	size_t len = text ? strlen(text) : 0;

	r->is_rust = r->cut = false;
	r->len = 0;
	if (len)
		take(text, len < TEXT_MAX ? len : TEXT_MAX, r);
	free(text);
	return len;
}

static bool print(struct result *r, const char *name, enum demangle_style style)
{
	/*
	 * Never DMGL_NO_RECURSE_LIMIT: it lets names of more than 1024 bytes in, and of 4 KiB made
	 * for it libiberty takes 15 MB of stack.
	 */
	int cxx = DMGL_ANSI;

	if (name[1] == 'D')
		return print_dlang(r, name);
	/* Rust's older scheme is C++'s with a hash for the last element: it goes first. */
	r->is_rust = true;
	if (run(r, rust_demangle_callback, name, DMGL_RUST))
		return true;
	r->is_rust = false;
	if (is_endless(name))
		return false;
	if (!run(r, cplus_demangle_v3_callback, name, cxx | DMGL_PARAMS | DMGL_VERBOSE))
		return false;
	/* Without DMGL_PARAMS what is behind the name is not even looked at: hence the first run. */
	return style == DEMANGLE_FULL || run(r, cplus_demangle_v3_callback, name, cxx);
}

static char *finish(struct result *r, enum demangle_style style, bool plt)
{
	r->text[r->len] = 0;
	if (style == DEMANGLE_SHORT && (r->is_rust ? shorten_rust : shorten_cxx)(r->text))
		return NULL;
	if (!r->text[0])
		return NULL;
	r->len = strlen(r->text);
	snprintf(r->text + r->len, sizeof(r->text) - r->len, "%s%s", r->cut ? DEMANGLE_CUT : "",
	         plt ? "@plt" : "");
	return strdup(r->text);
}

char *demangle(const char *name, enum demangle_style style)
{
	size_t len = strnlen(name, MANGLED_MAX);
	bool plt = len > 4 && len < MANGLED_MAX && !strcmp(name + len - 4, "@plt");
	struct result *r;
	char *bare, *out = NULL;

	if (style == DEMANGLE_NONE || name[0] != '_' || len == MANGLED_MAX)
		return NULL;
	bare = strndup(name, len - (plt ? 4 : 0));
	r = malloc(sizeof(*r));
	if (bare && r && print(r, bare, style))
		out = finish(r, style, plt);
	free(r);
	free(bare);
	return out;
}
