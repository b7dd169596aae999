// SPDX-License-Identifier: Apache-2.0
#include "symbolize/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "profile/profile.h"
#include "symbolize/names.h"

/* A function is its linkage name, source file and first line; it is demangled once. */
struct function_key {
	uint32_t linkage, path; /* strings */
	uint32_t start_line;
};

struct function_entry {
	struct function_key key;
	uint32_t function;
};

int lines_init(struct lines *l, struct profile *p, enum demangle_style style)
{
	*l = (struct lines){ .profile = p, .style = style, .linkage = malloc(DEMANGLE_MAX) };
	table_init(&l->functions, sizeof(struct function_key), sizeof(struct function_entry));
	return l->linkage ? 0 : -ENOMEM;
}

void lines_release(struct lines *l)
{
	table_release(&l->functions);
	free(l->linkage);
}

/*
 * The name in hand, not too long, and without the version that linkers write behind those of
 * .symtab: memcpy@@GLIBC_2.14.
 */
static const char *tidy_linkage(struct lines *l, const struct names_frame *frame)
{
	const size_t room = DEMANGLE_MAX - sizeof(DEMANGLE_CUT);
	const char *name = frame->linkage, *version = NULL;
	size_t len = strnlen(name, room + 1);

	if (len && !l->verbatim)
		version = memchr(name + 1, '@', len - 1);
	if (version && strcmp(version, "@plt"))
		len = (size_t)(version - name);
	else if (len <= room)
		return name;
	memcpy(l->linkage, name, len < room ? len : room);
	if (len > room)
		memcpy(l->linkage + room, DEMANGLE_CUT, sizeof(DEMANGLE_CUT));
	else
		l->linkage[len] = 0;
	return l->linkage;
}

/*
 * Native functions keep their linkage name, so that pprof can demangle them in another style, and
 * finds them by it. A name without lines has no file: else pprof would show the ELF as its source.
 */
static uint32_t function_of(struct lines *l, const struct names_frame *frame)
{
	const char *linkage = tidy_linkage(l, frame), *path = frame->path ?: "";
	struct function_key key = { .linkage = profile_string(l->profile, linkage),
		                    .path = profile_string(l->profile, path),
		                    .start_line = frame->start_line };
	struct function_entry *e;
	bool is_new;
	char *name;

	e = table_put(&l->functions, &key, &is_new);
	if (!e) {
		l->profile->failed = true;
		return 0;
	}
	if (is_new) {
		name = demangle(linkage, l->style);
		e->function = profile_add_function(l->profile, name ? name : linkage, linkage, path,
		                                   frame->start_line);
		free(name);
	}
	return e->function;
}

void lines_make(struct lines *l, const struct names_frame *frames, size_t cnt,
                struct profile_line *made)
{
	size_t i;

	for (i = 0; i < cnt; i++)
		made[i] = (struct profile_line){ .function = function_of(l, &frames[i]),
			                         .line = frames[i].line };
}
