// SPDX-License-Identifier: Apache-2.0
/*
 * libiberty does the work (binutils' own, both of Rust's schemes too); here a name is shortened and a
 * hostile one is bounded.
 */
#include "symbolize/demangle.h"

#include <ctype.h>
#include <libiberty/demangle.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MANGLED_MAX   4096       /* longer ones are shown as they are */
#define DEMANGLED_MAX (64 << 10) /* longer results are cut with a mark */
#define NEST_MAX      64

/* Copies "operator" and the sign that follows it, so that operator< opens no template. */
static const char *copy_operator(const char *s, char **to)
{
	static const char signs[] = "<>=-!&|+*/%^~,";
	size_t n = strlen("operator");

	memcpy(*to, s, n);
	*to += n;
	s += n;
	while (*s && strchr(signs, *s))
		*(*to)++ = *s++;
	return s;
}

/* Behind the '>' that closes the template arguments at 's', which is behind their '<'. */
static const char *skip_arguments(const char *s)
{
	char closes[NEST_MAX];
	int depth = 0;

	closes[depth++] = '>';
	for (; *s && depth > 0; s++) {
		if (*s == '-' && s[1] == '>') {
			s++;
			continue;
		}
		if (!strncmp(s, "operator", 8) && (s[8] == '<' || s[8] == '>')) {
			s += 8 + (s[9] == s[8]);
			continue;
		}
		/* Inside parentheses < and > may compare: only ( ) { } count there. */
		if (*s == closes[depth - 1])
			depth--;
		else if (depth < NEST_MAX && (*s == '(' || *s == '{' || *s == '['))
			closes[depth++] = *s == '(' ? ')' : *s == '{' ? '}' : ']';
		else if (depth < NEST_MAX && *s == '<' && closes[depth - 1] == '>')
			closes[depth++] = '>';
	}
	return s;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Drops template arguments in place. */
static void drop_arguments(char *name)
{
	const char *s = name;
	char *to = name;

	while (*s) {
		if (!strncmp(s, "operator", 8) && !is_word(s[8]) &&
		    (s == name || !is_word(s[-1]))) {
			s = copy_operator(s, &to);
			continue;
		}
		/* A '<' that follows no name is part of one, as in <lambda()>. */
		if (*s == '<' && to > name &&
		    (is_word(to[-1]) || to[-1] == ')' || strchr("<>=-!&|+*/%^~,", to[-1]))) {
			s = skip_arguments(s + 1);
			continue;
		}
		*to++ = *s++;
	}
	*to = 0;
	while (to > name && to[-1] == ' ')
		*--to = 0;
}

static char *cut(char *name)
{
	if (strlen(name) > DEMANGLED_MAX)
		memcpy(name + DEMANGLED_MAX - 3, "...", 4);
	return name;
}

/* Rust's older scheme is C++'s with a hash for the last element: both demanglers know it. */
static bool is_rust(const char *name)
{
	size_t len = strlen(name);

	if (!strncmp(name, "_R", 2))
		return true;
	return !strncmp(name, "_ZN", 3) && len > 23 && !strncmp(name + len - 20, "17h", 3) &&
	       name[len - 1] == 'E';
}

static char *demangle_bare(const char *name, enum demangle_style style)
{
	char *out = NULL;

	if (is_rust(name))
		out = rust_demangle(name, DMGL_RUST);
	if (out)
		return cut(out);
	if (strncmp(name, "_Z", 2) && strncmp(name, "___Z", 4))
		return NULL;
	if (style == DEMANGLE_FULL) {
		out = cplus_demangle_v3(name, DMGL_PARAMS | DMGL_ANSI);
		return out ? cut(out) : NULL;
	}
	out = cplus_demangle_v3(name, DMGL_ANSI);
	if (out)
		drop_arguments(cut(out));
	return out;
}

char *demangle(const char *name, enum demangle_style style)
{
	size_t len = strlen(name);
	bool plt = len > 4 && !strcmp(name + len - 4, "@plt");
	char bare[MANGLED_MAX], *out, *full = NULL;

	if (name[0] != '_' || len >= sizeof(bare))
		return NULL;
	snprintf(bare, sizeof(bare), "%.*s", (int)(len - (plt ? 4 : 0)), name);
	out = demangle_bare(bare, style);
	if (out && !*out) {
		free(out);
		out = NULL;
	}
	if (!out || !plt)
		return out;
	if (asprintf(&full, "%s@plt", out) < 0)
		full = NULL;
	free(out);
	return full;
}
