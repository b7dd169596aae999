// SPDX-License-Identifier: Apache-2.0
#include "symbolize/nameless.h"

#include <stdio.h>
#include <string.h>

#include "profile/profile.h"

#define NAME_MAX_BYTES 300 /* the base of a path has 255 */

static void name_of(const struct profile *p, const struct profile_mapping *m, char *name,
                    size_t size)
{
	const char *path = m ? profile_text(p, m->file) : "", *base = strrchr(path, '/');

	base = base ? base + 1 : path;
	if (!m)
		snprintf(name, size, "[unknown]");
	else if (!*base || !strcmp(path, "//anon") || !strcmp(path, "[anon]"))
		snprintf(name, size, "[anon]");
	else if (*path == '[') /* [kernel.kallsyms]_text */
		snprintf(name, size, "%.*s]", (int)strcspn(base, "]"), base);
	else
		snprintf(name, size, "[%.280s]", base);
}

uint32_t nameless_function(struct profile *p, const struct profile_mapping *m)
{
	char name[NAME_MAX_BYTES];

	name_of(p, m, name, sizeof(name));
	return profile_add_function(p, name, name, m ? profile_text(p, m->file) : "", 0);
}

bool nameless_is(const struct profile *p, const struct profile_location *l)
{
	const struct profile_mapping *m = profile_mapping(p, l->mapping);
	const struct profile_line *line = p->lines + l->line_first;
	const struct profile_function *f;
	char name[NAME_MAX_BYTES];

	if (l->line_cnt != 1)
		return !l->line_cnt;
	f = profile_function(p, line->function);
	if (line->line || f->filename != (m ? m->file : 0) || *profile_text(p, f->name) != '[')
		return false;
	name_of(p, m, name, sizeof(name));
	return !strcmp(profile_text(p, f->name), name);
}
