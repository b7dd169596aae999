// SPDX-License-Identifier: Apache-2.0
/* Made by https://docs.kernel.org/userspace-api/landlock.html, of the first version of its interface. */
#include "base/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RUNS \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define READS LANDLOCK_ACCESS_FS_READ_FILE
/* All that the first version knows: its last bit is that of symbolic links. */
#define ALL (LANDLOCK_ACCESS_FS_MAKE_SYM * 2 - 1)

static const struct {
	const char *path;
	uint64_t access;
} system_files[] = {
	{ "/usr", RUNS },
	{ "/bin", RUNS },
	{ "/lib", RUNS },
	{ "/lib64", RUNS },
	{ "/nix/store", RUNS },
	{ "/gnu/store", RUNS },
	{ "/etc/ld.so.cache", READS },
};

static int allow(int rules, int fd, uint64_t access)
{
	const struct landlock_path_beneath_attr attr = { .allowed_access = access,
		                                         .parent_fd = fd };

	return syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &attr, 0) ? -errno
	                                                                                   : 0;
}

/* What is not there needs no rule. */
static int allow_system(int rules)
{
	int err = 0, fd;
	size_t i;

	for (i = 0; !err && i < sizeof(system_files) / sizeof(*system_files); i++) {
		fd = open(system_files[i].path, O_PATH | O_CLOEXEC);
		if (fd < 0)
			continue;
		err = allow(rules, fd, system_files[i].access);
		close(fd);
	}
	return err;
}

int landlock_to_system(int fd)
{
	const struct landlock_ruleset_attr attr = { .handled_access_fs = ALL };
	int rules = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	int err;

	if (rules < 0)
		return errno == ENOSYS || errno == EOPNOTSUPP ? 0 : -errno;
	err = allow_system(rules);
	if (!err)
		err = allow(rules, fd, READS);
	if (!err && syscall(SYS_landlock_restrict_self, rules, 0))
		err = -errno;
	close(rules);
	return err;
}
