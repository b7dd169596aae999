// SPDX-License-Identifier: Apache-2.0
/* Paths of sources, in the way of Go's package path/filepath on Unix. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/node.h"

/* Go back over the last element of out[0, len), which begins at 'from'. */
static size_t go_up(const char *out, size_t len, size_t from)
{
	while (len > from && out[--len] != '/')
		;
	return len;
}

/* Lexical rules of filepath.Clean: https://pkg.go.dev/path/filepath#Clean */
char *path_clean(const char *path)
{
	bool rooted = *path == '/';
	char *out = malloc(strlen(path) + 2);
	size_t len = 0, fixed, n; /* 'fixed': what no ".." takes away */

	if (!out)
		return NULL;
	if (rooted)
		out[len++] = '/';
	for (fixed = len; *path; path += n) {
		n = strcspn(path, "/");
		if (!n) {
			n = 1;
		} else if (n == 2 && !strncmp(path, "..", 2) && len > fixed) {
			len = go_up(out, len, fixed);
		} else if ((n == 2 && !strncmp(path, "..", 2) && rooted) ||
		           (n == 1 && *path == '.')) {
			continue;
		} else {
			if (len > (size_t)rooted)
				out[len++] = '/';
			memcpy(out + len, path, n);
			len += n;
			if (n == 2 && !strncmp(path, "..", 2))
				fixed = len;
		}
	}
	if (!len)
		out[len++] = '.';
	out[len] = 0;
	return out;
}

char *path_base(const char *path)
{
	size_t len = strlen(path);
	const char *slash;

	if (!len)
		return strdup(".");
	while (len && path[len - 1] == '/')
		len--;
	if (!len)
		return strdup("/");
	slash = memrchr(path, '/', len);
	return slash ? strndup(slash + 1, len - (size_t)(slash + 1 - path)) : strndup(path, len);
}

/* Behind the prefix and its slash, or NULL. */
static const char *behind(const char *path, const char *prefix, size_t len)
{
	bool ends = len && prefix[len - 1] == '/';

	if (strncmp(path, prefix, len) || (!ends && path[len] != '/'))
		return NULL;
	return path + len + !ends;
}

/* Behind the first "/BASE/" of a directory of the list, or NULL. */
static const char *behind_base(const char *path, const char *dirs)
{
	const char *found = NULL;
	char *dir, *base, *want;
	size_t n;

	for (; !found && *dirs; dirs += n + (dirs[n] == ':')) {
		n = strcspn(dirs, ":");
		dir = strndup(dirs, n);
		base = dir ? path_base(dir) : NULL;
		want = NULL;
		if (base && asprintf(&want, "/%s/", base) > 0) {
			found = strstr(path, want);
			found = found ? found + strlen(want) : NULL;
			free(want);
		}
		free(base);
		free(dir);
	}
	return found;
}

char *path_trim(const char *path, const char *trim_path, const char *source_path)
{
	static const char *const always[] = { "/proc/self/cwd/./", "/proc/self/cwd/" };
	const char *found = NULL, *list = trim_path ? trim_path : "";
	size_t i, n;

	if (!*list && source_path)
		found = behind_base(path, source_path);
	for (; !found && *list; list += n + (list[n] == ':')) {
		n = strcspn(list, ":");
		found = behind(path, list, n);
	}
	for (i = 0; !found && i < 2; i++)
		found = behind(path, always[i], strlen(always[i]));
	return strdup(found ? found : path);
}
