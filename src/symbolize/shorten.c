// SPDX-License-Identifier: Apache-2.0
/*
 * A '<' opens template arguments unless it belongs to an operator's name or, in an expression, stands
 * behind a ')': operands have parentheses, and so has all of a comparison by '>'. A '(' opens
 * parameters unless it is (anonymous namespace), decltype (...), or the type of a conversion operator:
 * operator void (*)(int). Braces are lambdas and unnamed types, which stay.
 */
#include "symbolize/shorten.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define OPERATOR "operator"

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

static bool begins(const char *s, const char *with)
{
	return !strncmp(s, with, strlen(with));
}

/* The length of "operator" and its signs at 's', 0: none is there. A conversion has no signs. */
static size_t operator_len(const char *start, const char *s)
{
	static const char *const signs[] = {
		"()", "[]", "->*", "->", "<=>", "<<=", ">>=", "<<", ">>", "<=", ">=", "<", ">",
	};
	const size_t len = strlen(OPERATOR);
	size_t i;

	if (!begins(s, OPERATOR) || is_word(s[len]) || (s > start && is_word(s[-1])))
		return 0;
	for (i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (begins(s + len, signs[i]))
			return len + strlen(signs[i]);
	return len; /* the other signs are no brackets */
}

static char closing(char c)
{
	return c == '(' ? ')' : c == '[' ? ']' : c == '{' ? '}' : '>';
}

/*
 * Behind the bracket that closes the one at 's'; NULL: none does. 'stack' has room for the name.
 * Inside other brackets '<' and '>' may compare, and need no match.
 */
static const char *bracket_end(const char *start, const char *s, char *stack)
{
	size_t depth = 0, skip;

	do {
		skip = operator_len(start, s);
		if (skip) {
			s += skip;
			continue;
		}
		if (depth && *s == stack[depth - 1])
			depth--;
		else if (begins(s, "->"))
			s++;
		else if (*s == '<' && depth && s[-1] == ')') /* (1)<(2), (1)<<(2) */
			s += s[1] == '<';
		else if (strchr("([{", *s) || (*s == '<' && (!depth || stack[depth - 1] == '>')))
			stack[depth++] = closing(*s);
		s++;
	} while (depth && *s);
	return depth ? NULL : s;
}

/* Behind the qualifiers of a member function: they go with its parameters. */
static const char *skip_qualifiers(const char *s)
{
	static const char *const words[] = { " const", " volatile", " &&", " &", "[abi:" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]) - 1; i++)
		if (begins(s, words[i]) && !is_word(s[strlen(words[i])])) {
			s += strlen(words[i]);
			i = (size_t)-1;
		}
	return s;
}

struct shorten {
	const char *start, *s; /* what is left to read */
	char *name, *to;       /* what is written; never beyond 's' */
	char *stack;
	/* Behind "operator TYPE", and there behind the first half of "(*)(int)". */
	bool conversion, pointer;
};

static void copy(struct shorten *sh, size_t len)
{
	memmove(sh->to, sh->s, len);
	sh->to += len;
	sh->s += len;
}

static bool written(const struct shorten *sh, const char *end)
{
	size_t len = strlen(end);

	return (size_t)(sh->to - sh->name) >= len && !memcmp(sh->to - len, end, len);
}

/* "(*)", "(&)" or "(A::*)": of what is converted to, not parameters. */
static bool is_pointer(const char *s, const char *end)
{
	return s[1] == '*' || s[1] == '&' || (end - s > 5 && !memcmp(end - 4, "::*)", 4));
}

/* Is the '(' here, which ends before 'end', part of the name? */
static bool is_kept(struct shorten *sh, const char *end)
{
	bool behind = sh->pointer;

	if (begins(sh->s, "(anonymous namespace)") || written(sh, "decltype ") ||
	    written(sh, "decltype"))
		return true;
	sh->pointer = sh->conversion && is_pointer(sh->s, end);
	sh->conversion &= sh->pointer;
	return behind || sh->pointer;
}

/* At a bracket; false: nothing closes it. */
static bool shorten_bracket(struct shorten *sh)
{
	const char *end = bracket_end(sh->start, sh->s, sh->stack);

	if (!end)
		return false;
	if (*sh->s == '{' || *sh->s == '[' || (*sh->s == '(' && is_kept(sh, end))) {
		copy(sh, (size_t)(end - sh->s));
		return true;
	}
	/* "operator<< <char>" has a blank only because of the bracket. */
	if (*sh->s == '<' && written(sh, "< "))
		sh->to--;
	sh->s = *sh->s == '(' ? skip_qualifiers(end) : end;
	return true;
}

static void shorten_all(struct shorten *sh)
{
	size_t len;

	while (*sh->s) {
		len = operator_len(sh->start, sh->s);
		if (len) {
			copy(sh, len);
			sh->conversion = *sh->s == ' ' && is_word(sh->s[1]);
		} else if (strchr("<({[", *sh->s)) {
			if (!shorten_bracket(sh))
				copy(sh, strlen(sh->s));
		} else {
			copy(sh, 1);
		}
	}
	while (sh->to > sh->name && sh->to[-1] == ' ')
		sh->to--;
	*sh->to = 0;
}

int shorten_cxx(char *name)
{
	struct shorten sh = { .name = name, .to = name };
	size_t len = strlen(name);
	char *from = malloc(2 * len + 2);

	if (!from)
		return -ENOMEM;
	memcpy(from, name, len + 1);
	sh.start = sh.s = from;
	sh.stack = from + len + 1;
	shorten_all(&sh);
	free(from);
	return 0;
}

int shorten_rust(char *name)
{
	size_t len = strlen(name);
	char *from = malloc(2 * len + 2), *to = name;
	const char *s = from;
	bool path;

	if (!from)
		return -ENOMEM;
	memcpy(from, name, len + 1);
	while (s && *s) {
		/* foo::<u8>::bar; but <A as B>::foo and foo::<impl A for B>::bar stay */
		path = to - name > 2 && to[-1] == ':' && !begins(s, "<impl ");
		if (*s != '<' || to == name || !(path || is_word(to[-1]))) {
			*to++ = *s++;
			continue;
		}
		to -= path ? 2 : 0;
		s = bracket_end(from, s, from + len + 1);
	}
	*to = 0;
	free(from);
	return 0;
}
