// SPDX-License-Identifier: Apache-2.0
#include "environ.h"

#include <sys/syscall.h>

#include "sampler.h"

#define VARIABLE "LD_PRELOAD="
#define BY_FD    "/proc/self/fd/" /* how ebprof hands it over, open */

extern long syscall(long number, ...) __attribute__((weak));

/* What stands behind it, NULL: the text does not begin so. */
static char *behind(const char *text, const char *start)
{
	while (*start && *text == *start) {
		text++;
		start++;
	}
	return *start ? NULL : (char *)text;
}

static bool is_separator(char c)
{
	return c == ':' || c == ' ';
}

/* What the loader was given open is closed: the program's descriptors are the numbers that they would be. */
static void close_given(const char *path)
{
	const char *c = behind(path, BY_FD);
	int fd = 0;

	if (!c || *c < '0' || *c > '9' || !syscall)
		return;
	for (; *c >= '0' && *c <= '9' && fd < 1 << 20; c++)
		fd = fd * 10 + *c - '0';
	syscall(SYS_close, fd);
}

void environ_restore(void)
{
	char **at = environ_now(), *value = NULL, *rest;

	for (; at && *at; at++) {
		value = behind(*at, VARIABLE);
		if (value)
			break;
	}
	/* The first is this library, if ebprof has put it there. */
	if (!value || !behind(value, "/proc/"))
		return;
	close_given(value);
	for (rest = value; *rest && !is_separator(*rest); rest++)
		;
	if (*rest) {
		do
			*value++ = *++rest;
		while (*rest);
		return;
	}
	do
		at[0] = at[1];
	while (*at++);
}

const char *environ_value(char *const *from, const char *name)
{
	const char *c;

	for (; from && *from; from++) {
		c = behind(*from, name);
		if (c && *c == '=')
			return c + 1;
	}
	return NULL;
}

size_t environ_cnt(char *const *from)
{
	size_t cnt = 0;

	while (from && from[cnt])
		cnt++;
	return cnt;
}

/* Appends; false: there is no room. */
static bool append(char *to, size_t size, size_t *at, const char *text)
{
	for (; *text; text++) {
		if (*at + 1 >= size)
			return false;
		to[(*at)++] = *text;
	}
	to[*at] = 0;
	return true;
}

bool environ_copy(char **to, char *text, size_t size, char *const *from)
{
	size_t at = 0, i, cnt = environ_cnt(from), place = cnt;

	for (i = 0; i < cnt; i++) {
		to[i] = from[i];
		if (place == cnt && behind(from[i], VARIABLE))
			place = i;
	}
	if (!append(text, size, &at, VARIABLE) || !append(text, size, &at, preload_settings.path))
		return false;
	if (place < cnt && (!append(text, size, &at, ":") ||
	                    !append(text, size, &at, behind(from[place], VARIABLE))))
		return false;
	to[cnt] = NULL;
	to[cnt + 1] = NULL;
	to[place] = text;
	return true;
}
