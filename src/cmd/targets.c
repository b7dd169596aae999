// SPDX-License-Identifier: Apache-2.0
#include "cmd/targets.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "cmd/numbers.h"
#include "collect/attach.h"
#include "process/proc.h"
#include "session/engine.h"

static uint32_t tgid_of(const char *status)
{
	FILE *f = fopen(status, "re");
	unsigned int tgid = 0;
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Tgid: %u", &tgid) == 1)
			break;
	if (f)
		fclose(f);
	return tgid;
}

/* NULL when the task lives and is what it should be, else what is wrong with it. */
static const char *task_trouble(uint32_t nr, bool is_thread)
{
	int dir = proc_open(nr), err;
	struct proc_stat st;
	char path[64];

	if (dir < 0)
		return "does not exist";
	err = proc_stat_read(dir, &st);
	close(dir);
	if (err)
		return "cannot be read";
	if (strchr("ZXx", st.state))
		return "is dead already";
	if (is_thread)
		return NULL;
	/* /proc answers for a thread's number too. */
	snprintf(path, sizeof(path), "/proc/%u/status", nr);
	return tgid_of(path) == nr ? NULL : "is a thread, not a process: give it with -t";
}

static int keep_living(const char *what, uint32_t *list, size_t *cnt, bool is_thread, struct err *e)
{
	size_t i, kept = 0, all = *cnt;
	const char *trouble = NULL;

	for (i = 0; i < all; i++) {
		trouble = task_trouble(list[i], is_thread);
		if (!trouble)
			list[kept++] = list[i];
		else if (all > 1)
			log_warn("%s %u %s, skipping it", what, list[i], trouble);
	}
	*cnt = kept;
	if (!all || kept)
		return 0;
	if (all > 1)
		return err_set(e, -ESRCH, "no given %s lives; 'ps' lists what lives", what);
	return err_set(e, -ESRCH, "%s %u %s; 'ps' lists what lives", what, list[0], trouble);
}

const char *targets_cgroup_root(void)
{
	static char root[512];
	FILE *f = fopen("/proc/self/mounts", "re");
	char line[1024], where[512], type[64];

	while (f && !root[0] && fgets(line, sizeof(line), f))
		if (sscanf(line, "%*s %511s %63s", where, type) == 2 && !strcmp(type, "cgroup2"))
			snprintf(root, sizeof(root), "%s", where);
	if (f)
		fclose(f);
	return root;
}

/* A name below the v2 tree's root is a path too ("system.slice/nginx.service"). */
static int resolve_cgroups(struct targets *t, struct err *e)
{
	size_t i;

	for (i = 0; i < t->cgroup_cnt; i++) {
		char *path;

		if (t->cgroups[i][0] == '/' && !strncmp(t->cgroups[i], "/sys/", 5))
			continue;
		if (!targets_cgroup_root()[0])
			return err_set(e, -ENOENT,
			               "no cgroup v2 tree is mounted; try 'mount -t cgroup2 "
			               "none /sys/fs/cgroup'");
		if (asprintf(&path, "%s/%s", targets_cgroup_root(),
		             t->cgroups[i] + strspn(t->cgroups[i], "/")) < 0)
			return err_set(e, -ENOMEM, "out of memory");
		t->cgroups[i] = path; /* lives as long as the program */
	}
	return 0;
}

static int resolve_cpus(struct collect_options *c, struct err *e)
{
	bool *online = calloc(CPUS_MAX, sizeof(*online));
	size_t i;

	if (!online || cpus_online(online, CPUS_MAX)) {
		free(online);
		return err_set(e, -EIO, "cannot read /sys/devices/system/cpu/online");
	}
	for (i = 0; c->cpus && i < c->cpu_cnt; i++)
		if (c->cpus[i] && !online[i]) {
			free(online);
			return err_set(e, -ENODEV, "CPU %zu is not online", i);
		}
	if (c->cpus) {
		free(online);
		return 0;
	}
	c->cpus = online;
	c->cpu_cnt = CPUS_MAX;
	return 0;
}

int targets_resolve(struct engine_options *o, struct err *e)
{
	struct targets *t = &o->targets;
	int err;

	err = keep_living("process", t->pids, &t->pid_cnt, false, e);
	if (!err)
		err = keep_living("thread", t->tids, &t->tid_cnt, true, e);
	if (!err)
		err = resolve_cgroups(t, e);
	return err ? err : resolve_cpus(&o->collect, e);
}

int targets_add_command(struct targets *t, uint32_t pid)
{
	t->pids = malloc(sizeof(*t->pids));
	if (!t->pids)
		return -ENOMEM;
	t->pids[0] = pid;
	t->pid_cnt = 1;
	return 0;
}
