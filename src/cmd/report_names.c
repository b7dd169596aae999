// SPDX-License-Identifier: Apache-2.0
#include "cmd/report_names.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "profile/profile.h"

/* Only then is the demangler asked; _D is left to whoever wrote the profile, as pprof does. */
static bool looks_mangled(const char *name)
{
	return !strncmp(name, "_Z", 2) || !strncmp(name, "_R", 2) || !strncmp(name, "___Z", 4) ||
	       !strncmp(name, "_GLOBAL_", 8);
}

/* Names of Java and of Go's generic methods have brackets of their own. */
static bool looks_like_cxx(const char *name)
{
	if (strstr(name, ".<") || strstr(name, "])."))
		return false;
	return strpbrk(name, "<>[]") || strstr(name, "::");
}

/* Takes out what is between brackets, and these; from a mismatch on the name stays. */
static void remove_between(char *name, char open, char close)
{
	char *first = NULL, *at;
	size_t depth = 0;

	for (at = name; *at; at++) {
		if (*at == open) {
			if (!depth++)
				first = at;
		} else if (*at == close) {
			if (!depth)
				return;
			if (--depth)
				continue;
			memmove(first, at + 1, strlen(at + 1) + 1);
			at = first - 1;
		}
	}
}

/* A demangled name, or a simplified one; NULL = out of memory. */
static char *name_of(const char *system_name, enum demangle_style style)
{
	char *name = looks_mangled(system_name) ? demangle(system_name, style) : NULL;

	/* Other systems put a _ before all names. */
	if (!name && system_name[0] == '_' && looks_mangled(system_name + 1))
		name = demangle(system_name + 1, style);
	if (name)
		return name;
	name = strdup(system_name);
	if (name && style == DEMANGLE_SHORT && looks_like_cxx(name)) {
		remove_between(name, '(', ')');
		remove_between(name, '<', '>');
	}
	return name;
}

int report_names(struct profile *p, enum demangle_style style)
{
	struct profile_function *f;
	const char *system_name;
	char *name;
	size_t i;

	for (i = 0; style != DEMANGLE_NONE && i < p->functions.cnt; i++) {
		f = table_at(&p->functions, i);
		system_name = profile_text(p, f->system_name);
		if (f->name && f->name != f->system_name && style == DEMANGLE_SHORT)
			continue;
		if (!*system_name ||
		    (!looks_mangled(system_name) && !looks_mangled(system_name + 1) &&
		     !looks_like_cxx(system_name))) {
			f->name = f->name ? f->name : f->system_name;
			continue;
		}
		name = name_of(system_name, style);
		if (!name)
			return -ENOMEM;
		f->name = profile_string(p, name);
		free(name);
	}
	return p->failed ? -ENOMEM : 0;
}
