// SPDX-License-Identifier: Apache-2.0
#include "profile/file_note.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profile/profile.h"

#define BEGINNING "# file without build ID: size "

static bool is_escaped(unsigned char c)
{
	return c < ' ' || c == 0x7f || c == '\\';
}

void file_note_add(struct profile *p, const struct file_note *note)
{
	const char *path = profile_text(p, note->path);
	size_t cap = sizeof(BEGINNING) + 80 + 4 * strlen(path), n;
	char *text = malloc(cap);

	if (!text) {
		p->failed = true;
		return;
	}
	n = (size_t)snprintf(text, cap, BEGINNING "%" PRIu64 " mtime %" PRId64 ".%09" PRIu32 " ",
	                     note->size, note->sec, note->nsec);
	for (; *path; path++)
		n += (size_t)snprintf(text + n, cap - n,
		                      is_escaped((unsigned char)*path) ? "\\%03o" : "%c",
		                      (unsigned char)*path);
	profile_add_comment(p, text);
	free(text);
}

/* The path as it was, in place; false: something else is behind a '\'. */
static bool unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (*s != '\\') {
			*to++ = *s;
			continue;
		}
		if (s[1] < '0' || s[1] > '3' || s[2] < '0' || s[2] > '7' || s[3] < '0' ||
		    s[3] > '7')
			return false;
		*to = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
		if (!*to++)
			return false;
		s += 3;
	}
	*to = 0;
	return true;
}

/* A copy of the path that the comment ends with, which the caller frees; NULL: it is no such comment. */
static char *parse(const char *text, struct file_note *note)
{
	int at = 0;
	char *path;

	if (strncmp(text, BEGINNING, strlen(BEGINNING)) != 0 ||
	    sscanf(text + strlen(BEGINNING), "%20" SCNu64 " mtime %20" SCNd64 ".%9" SCNu32 " %n",
	           &note->size, &note->sec, &note->nsec, &at) != 3 ||
	    !at)
		return NULL;
	path = strdup(text + strlen(BEGINNING) + at);
	if (path && *path == '/' && unescape(path))
		return path;
	free(path);
	return NULL;
}

int file_notes_read(struct profile *p, struct table *notes)
{
	struct file_note note, *have;
	bool is_new;
	size_t i;
	char *path;

	table_init(notes, sizeof(note.path), sizeof(note));
	for (i = 0; i < p->comment_cnt; i++) {
		memset(&note, 0, sizeof(note));
		path = parse(profile_text(p, p->comments[i]), &note);
		if (!path)
			continue;
		note.path = profile_string(p, path);
		free(path);
		have = table_put(notes, &note.path, &is_new);
		if (!have || p->failed)
			return -ENOMEM;
		if (is_new)
			*have = note;
	}
	return 0;
}
