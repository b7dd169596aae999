// SPDX-License-Identifier: Apache-2.0
/* On what kind of file system a path lies, told without asking that file system. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process/remote.h"

/* Octal escapes of /proc/PID/mountinfo (linux: fs/seq_file.c mangle_path()), in place. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; to++)
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
		    s[3] >= '0' && s[3] <= '7') {
			*to = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 4;
		} else {
			*to = *s++;
		}
	*to = 0;
}

/* How much of the path is the mount point, 0: it is not below it. */
static size_t below(const char *path, const char *mount)
{
	size_t len = strlen(mount);

	if (len == 1)
		return 1; /* the root */
	return !strncmp(path, mount, len) && (path[len] == '/' || !path[len]) ? len : 0;
}

bool remote_is_path(const char *path)
{
	char cwd[PATH_MAX] = "", *whole = NULL, *line = NULL, mount[PATH_MAX], type[32];
	FILE *f = fopen("/proc/self/mountinfo", "re");
	const char *behind;
	size_t cap = 0, best = 0, len;
	bool remote = false;

	if (*path != '/' && !getcwd(cwd, sizeof(cwd)))
		cwd[0] = 0;
	if (asprintf(&whole, "%s%s%s", cwd, *cwd ? "/" : "", path) < 0)
		whole = NULL;
	while (f && whole && getline(&line, &cap, f) > 0) {
		behind = strstr(line, " - ");
		if (!behind || sscanf(line, "%*u %*u %*s %*s %4095s", mount) != 1 ||
		    sscanf(behind, " - %31s", type) != 1)
			continue;
		unescape(mount);
		len = below(whole, mount);
		if (len < best || !len)
			continue; /* of two at one place the later one is seen */
		best = len;
		remote = remote_is_type(type);
	}
	free(line);
	free(whole);
	if (f)
		fclose(f);
	return remote;
}
