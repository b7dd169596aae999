/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EBPROF_CMD_USERS_H
#define EBPROF_CMD_USERS_H

#include <sys/types.h>

struct user {
	uid_t uid;
	gid_t gid;
	char name[64]; /* "" = a number that has no name */
};

/* The user of that name or number: 0, else -ENOENT. */
int user_find(const char *text, struct user *u);
/* Makes this process that user for good, with all its groups: 0 or -errno. */
int user_become(const struct user *u);

#endif
