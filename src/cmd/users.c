// SPDX-License-Identifier: Apache-2.0
/*
 * Users by name or number. /etc/passwd is read first: a static ebprof has no other source (name
 * services are shared libraries of the libc it was built with).
 */
#include "cmd/users.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/numbers.h"

static void user_set(struct user *u, const struct passwd *pw)
{
	u->uid = pw->pw_uid;
	u->gid = pw->pw_gid;
	snprintf(u->name, sizeof(u->name), "%s", pw->pw_name);
}

static int passwd_find(const char *text, const uint64_t *number, struct user *u)
{
	FILE *f = fopen("/etc/passwd", "re");
	struct passwd *pw;
	int err = -ENOENT;

	while (f && err && (pw = fgetpwent(f)))
		if (number ? pw->pw_uid == *number : !strcmp(pw->pw_name, text)) {
			user_set(u, pw);
			err = 0;
		}
	if (f)
		fclose(f);
	return err;
}

int user_find(const char *text, struct user *u)
{
	uint64_t n;
	int is_number = !number_parse(text, 0, UINT32_MAX - 1, &n);
	struct passwd *pw = NULL;

	if (!passwd_find(text, is_number ? &n : NULL, u))
		return 0;
#ifndef EBPROF_STATIC
	pw = is_number ? getpwuid((uid_t)n) : getpwnam(text);
#endif
	if (pw) {
		user_set(u, pw);
		return 0;
	}
	if (!is_number)
		return -ENOENT;
	*u = (struct user){ .uid = (uid_t)n, .gid = (gid_t)n };
	return 0;
}

/* The groups that /etc/group gives the user, its own first; their number. */
static size_t file_groups(const struct user *u, gid_t *groups, size_t max)
{
	FILE *f = fopen("/etc/group", "re");
	struct group *g;
	size_t n = 0;
	char **m;

	groups[n++] = u->gid;
	while (f && n < max && (g = fgetgrent(f)))
		for (m = g->gr_mem; *m; m++)
			if (!strcmp(*m, u->name) && g->gr_gid != u->gid) {
				groups[n++] = g->gr_gid;
				break;
			}
	if (f)
		fclose(f);
	return n;
}

static int set_groups(const struct user *u)
{
	gid_t groups[256];

#ifndef EBPROF_STATIC
	if (u->name[0])
		return initgroups(u->name, u->gid);
#endif
	return setgroups(u->name[0] ? file_groups(u, groups, 256) : 1,
	                 u->name[0] ? groups : &u->gid);
}

int user_become(const struct user *u)
{
	/* Groups first: they need the privileges that setuid() drops. */
	return set_groups(u) || setgid(u->gid) || setuid(u->uid) ? -errno : 0;
}
